import { bigEndian, concat, latin1, randomNumbers, utf8 } from "./bytes.ts";
import { type AudioTags, mimeType, type SoundOptions } from "./tags.ts";

const SAMPLE_RATE = 44_100;
const FRAME_SAMPLES = 1024;
const FRAME_BYTES = 4;

export interface M4aOptions extends SoundOptions {
  /** Puts the index behind the audio, as encoders do that don't know the length beforehand. */
  indexLast?: boolean;
}

/** An M4A file: AAC-LC silence, mono, with iTunes tags (ISO/IEC 14496-3, -12, -14). */
export function m4aFile(tags: AudioTags, options: M4aOptions = {}): Uint8Array<ArrayBuffer> {
  const frames = Math.max(1, Math.ceil((options.seconds ?? 0.25) * SAMPLE_RATE / FRAME_SAMPLES));
  const type = box("ftyp", utf8("M4A "), bigEndian(0, 4), utf8("M4A mp42isom"));
  const audio = box("mdat", silence(frames, options.seed ?? 1));
  const lengthOfIndex = index(tags, frames, 0).length;
  const audioAt = type.length + 8 + (options.indexLast ? 0 : lengthOfIndex);
  const indexBox = index(tags, frames, audioAt);
  return concat(options.indexLast ? [type, audio, indexBox] : [type, indexBox, audio]);
}

/**
 * Raw data blocks of one channel without a single spectral line. Their gain has no effect, and varies with the seed
 * to make one file differ from another.
 */
function silence(frames: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  const out = new Uint8Array(frames * FRAME_BYTES);
  const view = new DataView(out.buffer);
  for (let i = 0; i < frames; i++) {
    // Single channel element (3 bits), tag (4), gain (8), window info with no bands (11), no pulse, shaping
    // or gain control (3), end (3).
    view.setUint32(i * FRAME_BYTES, ((random(256) << 17) | 0b111) >>> 0);
  }
  return out;
}

function index(tags: AudioTags, frames: number, audioAt: number): Uint8Array<ArrayBuffer> {
  const duration = frames * FRAME_SAMPLES;
  const matrix = concat(
    [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map((value) => bigEndian(value, 4)),
  );
  const movieHeader = fullBox(
    "mvhd",
    0,
    words(0, 0, SAMPLE_RATE, duration, 0x10000),
    bigEndian(0x0100, 2),
    new Uint8Array(10),
    matrix,
    new Uint8Array(24),
    words(2),
  );
  const trackHeader = fullBox(
    "tkhd",
    7,
    words(0, 0, 1, 0, duration),
    new Uint8Array(8),
    bigEndian(0, 2),
    bigEndian(0, 2),
    bigEndian(0x0100, 2),
    bigEndian(0, 2),
    matrix,
    words(0, 0),
  );
  const media = box(
    "mdia",
    fullBox("mdhd", 0, words(0, 0, SAMPLE_RATE, duration), bigEndian(0x55c4, 2), bigEndian(0, 2)),
    fullBox("hdlr", 0, words(0), utf8("soun"), new Uint8Array(13)),
    box(
      "minf",
      fullBox("smhd", 0, words(0)),
      box("dinf", fullBox("dref", 0, words(1), fullBox("url ", 1))),
      sampleTable(frames, audioAt),
    ),
  );
  return box("moov", movieHeader, box("trak", trackHeader, media), box("udta", metadata(tags)));
}

function sampleTable(frames: number, audioAt: number): Uint8Array<ArrayBuffer> {
  // Decoder configuration: AAC-LC (2), 44.1 kHz (4), one channel (1).
  const specific = descriptor(5, Uint8Array.of(0x12, 0x08));
  const decoder = descriptor(
    4,
    concat([Uint8Array.of(0x40, 0x15), bigEndian(0, 3), words(64_000, 1_400), specific]),
  );
  const stream = descriptor(
    3,
    concat([bigEndian(1, 2), Uint8Array.of(0), decoder, descriptor(6, Uint8Array.of(2))]),
  );
  const entry = box(
    "mp4a",
    new Uint8Array(6),
    bigEndian(1, 2),
    new Uint8Array(8),
    bigEndian(1, 2),
    bigEndian(16, 2),
    new Uint8Array(4),
    words(SAMPLE_RATE * 0x10000),
    fullBox("esds", 0, stream),
  );
  return box(
    "stbl",
    fullBox("stsd", 0, words(1), entry),
    fullBox("stts", 0, words(1, frames, FRAME_SAMPLES)),
    fullBox("stsc", 0, words(1, 1, frames, 1)),
    fullBox("stsz", 0, words(FRAME_BYTES, frames)),
    fullBox("stco", 0, words(1, audioAt)),
  );
}

/** The `ilst` of iTunes: text is data of type 1, numbers and pairs of type 0, pictures 13 or 14. */
function metadata(tags: AudioTags): Uint8Array<ArrayBuffer> {
  const items: Uint8Array[] = [];
  const text = (name: string, value: string | number | undefined) => {
    if (value !== undefined) items.push(item(name, 1, utf8(`${value}`)));
  };
  text("\u00a9nam", tags.title);
  text("\u00a9ART", tags.artist);
  text("aART", tags.albumartist);
  text("\u00a9alb", tags.album);
  text("\u00a9day", tags.year);
  text("\u00a9gen", tags.genre);
  text("\u00a9wrt", tags.composer);
  const pair = (number: number, total: number | undefined, tail: number) =>
    concat([bigEndian(0, 2), bigEndian(number, 2), bigEndian(total ?? 0, 2), new Uint8Array(tail)]);
  if (tags.track !== undefined) items.push(item("trkn", 0, pair(tags.track, tags.tracks, 2)));
  if (tags.disc !== undefined) items.push(item("disk", 0, pair(tags.disc, tags.discs, 0)));
  if (tags.compilation) items.push(item("cpil", 21, Uint8Array.of(1)));
  if (tags.picture !== undefined) {
    items.push(item("covr", mimeType(tags.picture) === "image/png" ? 14 : 13, tags.picture));
  }
  const handler = fullBox("hdlr", 0, words(0), utf8("mdirappl"), new Uint8Array(9));
  return fullBox("meta", 0, handler, box("ilst", ...items));
}

function item(name: string, type: number, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return box(name, box("data", words(type, 0), value));
}

function box(type: string, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concat(parts);
  return concat([bigEndian(body.length + 8, 4), latin1(type), body]);
}

/** A box with version 0 and flags. */
function fullBox(type: string, flags: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return box(type, bigEndian(flags, 4), ...parts);
}

function descriptor(tag: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([Uint8Array.of(tag, body.length), body]);
}

function words(...values: number[]): Uint8Array<ArrayBuffer> {
  return concat(values.map((value) => bigEndian(value, 4)));
}
