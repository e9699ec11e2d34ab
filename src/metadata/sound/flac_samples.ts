import type { SoundBytes } from "./sound_figures.ts";

/** How far from the end the last frame is searched for: a frame is seldom larger than the second value. */
const LOOKS_BYTES = [16 * 1024, 64 * 1024, 512 * 1024];
const HEADER_BYTES_MAX = 16;
/** The codes of block sizes that stand in the header itself. */
const BLOCK_8_BITS = 6;
const BLOCK_16_BITS = 7;

/**
 * The number of samples of a FLAC whose encoder did not know it, from its last frame (RFC 9639, 9.1); 0 when that is
 * not found. `usualBlock` is STREAMINFO's block size.
 */
export function flacSamples(
  bytes: SoundBytes,
  { start, end, usualBlock }: { start: number; end: number; usualBlock: number },
): number {
  for (const look of LOOKS_BYTES) {
    const from = Math.max(start, end - look);
    if (end - from > bytes.left) return 0;
    const tail = bytes.view(from, end - from);
    for (let at = tail.length - 6; at >= 0; at--) {
      if (tail[at] !== 0xff || (tail[at + 1]! & 0xfe) !== 0xf8) continue;
      const samples = samplesBehind(tail.subarray(at, at + HEADER_BYTES_MAX), usualBlock);
      if (samples !== undefined) return samples;
    }
    if (from === start) break;
  }
  return 0;
}

/** The number of samples up to the end of the frame with this header; undefined when it is no frame header. */
function samplesBehind(header: Uint8Array, usualBlock: number): number | undefined {
  const isVariable = (header[1]! & 1) !== 0;
  const [blockCode, rateCode] = [header[2]! >> 4, header[2]! & 15];
  const number = codedNumber(header, 4);
  if (number === undefined || blockCode === 0 || rateCode === 15) return undefined;
  let at = number.next;
  const block = blockCode === BLOCK_8_BITS
    ? header[at]! + 1
    : blockCode === BLOCK_16_BITS
    ? header[at]! * 256 + header[at + 1]! + 1
    : blockCode === 1
    ? 192
    : blockCode < BLOCK_8_BITS
    ? 576 * 2 ** (blockCode - 2)
    : 256 * 2 ** (blockCode - 8);
  at += blockCode === BLOCK_8_BITS ? 1 : blockCode === BLOCK_16_BITS ? 2 : 0;
  at += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  if (at >= header.length || crc8(header.subarray(0, at)) !== header[at]) return undefined;
  return number.value * (isVariable ? 1 : usualBlock) + block;
}

/** A number in the encoding of UTF-8, extended to seven bytes. */
function codedNumber(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  const first = bytes[at] ?? 0xff;
  if (first < 0x80) return { value: first, next: at + 1 };
  const more = Math.clz32(~(first << 24)) - 1;
  if (more < 1 || more > 6) return undefined;
  let value = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const byte = bytes[at + i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, next: at + 1 + more };
}

function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) !== 0 ? (crc << 1) ^ 0x107 : crc << 1;
  }
  return crc;
}
