import { bigEndian, concat, littleEndian, randomNumbers, utf8 } from "./bytes.ts";
import { id3Tag } from "./id3.ts";
import type { AudioTags, SoundOptions } from "./tags.ts";

/** A low rate, so that a second takes only 16 KB. */
const SAMPLE_RATE = 8_000;

/**
 * The bytes of a WAV file before its 16-bit mono samples of `dataBytes`, with `LIST`/`INFO` tags: for a file whose
 * samples are written elsewhere.
 */
export function wavHeader(tags: AudioTags, dataBytes: number): Uint8Array<ArrayBuffer> {
  return wavParts(tags, dataBytes, new Uint8Array(0));
}

/** A WAV file with `LIST`/`INFO` tags before the samples, when the tags are ASCII, and an `id3 ` chunk after them. */
export function wavFile(tags: AudioTags, options: SoundOptions = {}): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(samples(options).buffer);
  const id3 = chunk("id3 ", id3Tag(tags, "2.4"), littleEndian);
  return concat([wavParts(tags, data.length, id3), data, id3]);
}

/** An AIFF file with an `ID3 ` chunk behind the samples. */
export function aiffFile(tags: AudioTags, options: SoundOptions = {}): Uint8Array<ArrayBuffer> {
  const pcm = samples(options);
  const sound = new Uint8Array(8 + pcm.length * 2);
  const view = new DataView(sound.buffer);
  pcm.forEach((sample, index) => view.setInt16(8 + index * 2, sample));
  const common = concat([
    bigEndian(1, 2),
    bigEndian(pcm.length, 4),
    bigEndian(16, 2),
    // The rate as an 80-bit float: 8,000 = 1.953125 * 2^12, with an explicit leading bit.
    bigEndian(16_383 + 12, 2),
    bigEndian(SAMPLE_RATE * 2 ** 19, 4),
    bigEndian(0, 4),
  ]);
  const body = concat([
    utf8("AIFF"),
    chunk("COMM", common, bigEndian),
    chunk("SSND", sound, bigEndian),
    chunk("ID3 ", id3Tag(tags, "2.3"), bigEndian),
  ]);
  return concat([utf8("FORM"), bigEndian(body.length, 4), body]);
}

function wavParts(tags: AudioTags, dataBytes: number, behind: Uint8Array) {
  const format = concat([
    littleEndian(1, 2),
    littleEndian(1, 2),
    littleEndian(SAMPLE_RATE, 4),
    littleEndian(SAMPLE_RATE * 2, 4),
    littleEndian(2, 2),
    littleEndian(16, 2),
  ]);
  const info: [string, string | undefined][] = [
    ["INAM", tags.title],
    ["IART", tags.artist],
    ["IPRD", tags.album],
    ["ICRD", tags.year?.toString()],
    ["IGNR", tags.genre],
    ["ITRK", tags.track?.toString()],
  ];
  const fields = info.filter((field): field is [string, string] => field[1] !== undefined);
  // Programs disagree about the encoding of these fields, so they are written only when all text is ASCII.
  // deno-lint-ignore no-control-regex
  const plain = fields.every(([, value]) => /^[\x00-\x7f]*$/.test(value));
  const list = concat([
    utf8("INFO"),
    ...fields.map(([id, value]) => chunk(id, utf8(`${value}\0`), littleEndian)),
  ]);
  const head = concat([
    utf8("WAVE"),
    chunk("fmt ", format, littleEndian),
    ...(plain ? [chunk("LIST", list, littleEndian)] : []),
    utf8("data"),
    littleEndian(dataBytes, 4),
  ]);
  const size = head.length + dataBytes + behind.length;
  return concat([utf8("RIFF"), littleEndian(size, 4), head]);
}

/** A chunk. It is padded to an even length, which its size does not count. */
function chunk(id: string, body: Uint8Array, size: (value: number, width: number) => Uint8Array) {
  return concat([utf8(id), size(body.length, 4), body, new Uint8Array(body.length % 2)]);
}

/** A low square wave with a little noise, so that two files do not sound the same. */
function samples(options: SoundOptions): Int16Array {
  const random = randomNumbers(options.seed ?? 1);
  const out = new Int16Array(Math.max(1, Math.round((options.seconds ?? 0.25) * SAMPLE_RATE)));
  const half = 16 + random(64);
  for (let i = 0; i < out.length; i++) {
    out[i] = (Math.floor(i / half) % 2 === 0 ? 1 : -1) * 200 + random(64) - 32;
  }
  return out;
}
