import { createHash } from "node:crypto";
import { bigEndian, concat, crc, randomNumbers, utf8 } from "./bytes.ts";
import { type AudioTags, mimeType, type SoundOptions } from "./tags.ts";
import { vorbisComment } from "./vorbis_comment.ts";

const SAMPLE_RATE = 44_100;
const BLOCK_SAMPLES = 4096;
/** A last block of up to this many samples is written sample by sample, so that files have both kinds of subframe. */
const VERBATIM_SAMPLES_MAX = 512;

/** Frame numbers of up to three bytes are enough for 100 minutes. */
const FRAMES_MAX = 0x10000;

const crc8 = crc(0x07, 8);
const crc16 = crc(0x8005, 16);

export interface FlacOptions extends SoundOptions {
  /** Bytes of padding after the tags, where a tagger would write later. 64 when absent. */
  padding?: number;
}

/**
 * A FLAC file, 16 bit stereo. Each block holds one level a channel, which a constant subframe stores in a few bytes.
 * Checksums and the MD5 of the samples are right, so that `flac -t` passes (RFC 9639).
 */
export function flacFile(tags: AudioTags, options: FlacOptions = {}): Uint8Array<ArrayBuffer> {
  const samples = Math.max(1, Math.round((options.seconds ?? 0.25) * SAMPLE_RATE));
  if (samples > BLOCK_SAMPLES * FRAMES_MAX) {
    throw new RangeError(`Cannot make ${options.seconds} s of FLAC: at most 6,000 s fit`);
  }
  const random = randomNumbers(options.seed ?? 1);
  const frames: Uint8Array[] = [];
  const md5 = createHash("md5");
  for (let first = 0, number = 0; first < samples; first += BLOCK_SAMPLES, number++) {
    const count = Math.min(BLOCK_SAMPLES, samples - first);
    const pcm = new Int16Array(count * 2);
    if (count <= VERBATIM_SAMPLES_MAX) {
      for (let i = 0; i < pcm.length; i++) pcm[i] = random(512) - 256;
    } else {
      // The left and the right level, as one pattern of 32 bits, fill the block.
      const left = random(512) - 256;
      const right = random(512) - 256;
      new Uint32Array(pcm.buffer).fill((((right & 0xffff) << 16) | (left & 0xffff)) >>> 0);
    }
    md5.update(new Uint8Array(pcm.buffer));
    frames.push(frame(number, pcm));
  }
  const blocks: [type: number, body: Uint8Array][] = [
    [0, streamInfo(samples, frames, md5.digest())],
    [4, vorbisComment(tags)],
  ];
  if (tags.picture !== undefined) blocks.push([6, picture(tags.picture)]);
  blocks.push([1, new Uint8Array(options.padding ?? 64)]);
  const metadata = blocks.map(([type, body], index) =>
    concat([
      Uint8Array.of(type | (index === blocks.length - 1 ? 0x80 : 0)),
      bigEndian(body.length, 3),
      body,
    ])
  );
  return concat([utf8("fLaC"), ...metadata, ...frames]);
}

function streamInfo(samples: number, frames: Uint8Array[], md5: Uint8Array) {
  const sizes = frames.map((bytes) => bytes.length);
  // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of samples: 64 in all, split at the 32nd bit.
  const high = SAMPLE_RATE * 2 ** 12 + (1 << 9) + (15 << 4) + Math.floor(samples / 2 ** 32);
  return concat([
    bigEndian(BLOCK_SAMPLES, 2),
    bigEndian(BLOCK_SAMPLES, 2),
    bigEndian(sizes.reduce((a, b) => Math.min(a, b)), 3),
    bigEndian(sizes.reduce((a, b) => Math.max(a, b)), 3),
    bigEndian(high, 4),
    bigEndian(samples % 2 ** 32, 4),
    md5,
  ]);
}

/** One frame: header, a subframe a channel, checksum. Samples are interleaved left, right. */
function frame(number: number, pcm: Int16Array): Uint8Array<ArrayBuffer> {
  const count = pcm.length / 2;
  const whole = count === BLOCK_SAMPLES;
  const head = concat([
    Uint8Array.of(0xff, 0xf8, whole ? 0xc9 : 0x79, 0x18),
    codedNumber(number),
    whole ? new Uint8Array(0) : bigEndian(count - 1, 2),
  ]);
  const body = [head, Uint8Array.of(crc8(head)), subframe(pcm, 0), subframe(pcm, 1)];
  const bytes = concat(body);
  return concat([bytes, bigEndian(crc16(bytes), 2)]);
}

function subframe(pcm: Int16Array, channel: 0 | 1): Uint8Array<ArrayBuffer> {
  const count = pcm.length / 2;
  if (count > VERBATIM_SAMPLES_MAX) {
    return concat([Uint8Array.of(0x00), bigEndian(pcm[channel]! & 0xffff, 2)]);
  }
  const out = new Uint8Array(1 + count * 2);
  out[0] = 0x02;
  const view = new DataView(out.buffer);
  for (let i = 0; i < count; i++) view.setInt16(1 + i * 2, pcm[i * 2 + channel]!);
  return out;
}

/** Frame numbers are written the way UTF-8 writes characters. */
function codedNumber(value: number): Uint8Array<ArrayBuffer> {
  if (value < 0x80) return Uint8Array.of(value);
  if (value < 0x800) return Uint8Array.of(0xc0 | (value >> 6), 0x80 | (value & 63));
  return Uint8Array.of(0xe0 | (value >> 12), 0x80 | ((value >> 6) & 63), 0x80 | (value & 63));
}

function picture(image: Uint8Array): Uint8Array<ArrayBuffer> {
  const mime = utf8(mimeType(image));
  return concat([
    bigEndian(3, 4),
    bigEndian(mime.length, 4),
    mime,
    bigEndian(0, 4),
    new Uint8Array(16),
    bigEndian(image.length, 4),
    image,
  ]);
}
