import { Bits } from "./bits.ts";
import { type SoundBytes, type SoundFigures, timed } from "./sound_figures.ts";

/** The bytes of a frame's header, twice as many as needed for 14 bits in 16. */
const HEADER_BYTES = 16;
/** How many bytes are looked at to learn the length of frames, with everything that is added to them. */
const LOOK_BYTES_NEAR = 256 * 1024;
const LOOK_BYTES_FAR = 16 * 1024;
const CHANNELS = [1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6, 7, 8, 8];
const RATES = [
  ...[0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000],
  ...[96_000, 192_000],
];
const SYNC = 0x7ffe_8001;

interface Frame {
  readonly length: number;
  readonly samples: number;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Figures of DTS (ETSI TS 102 114, 5.3), from its first frames. The additions of DTS-HD are skipped. */
export function dtsSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const first = frameIn(bytes.view(start, HEADER_BYTES), 0);
  if (first === undefined) return { codec: "DTS" };
  const { sampleRate, channels: numberOfChannels } = first;
  const most = bytes.isNear ? LOOK_BYTES_NEAR : LOOK_BYTES_FAR;
  const look = bytes.view(start, Math.min(most, end - start));
  let samples = 0;
  let seen = 0;
  for (let at = 0; at + HEADER_BYTES <= look.length;) {
    const frame = frameIn(look, at);
    if (frame === undefined) {
      at++;
      continue;
    }
    // The last frame that begins here may end beyond the bytes that are seen.
    seen = at;
    samples += frame.samples;
    at += frame.length;
  }
  const isAll = look.length === end - start;
  const all = isAll || seen === 0 ? samples : (samples - first.samples) * (end - start) / seen;
  return { codec: "DTS", sampleRate, numberOfChannels, ...timed(all, sampleRate, end - start) };
}

/** The frame at a position, in any of four encodings: two byte orders, with 16 or 14 bits in a word. */
function frameIn(bytes: Uint8Array, at: number): Frame | undefined {
  const [a, b] = [bytes[at], bytes[at + 1]];
  const isSwapped = (a === 0xfe && b === 0x7f) || (a === 0xff && b === 0x1f);
  const isNarrow = (a === 0x1f && b === 0xff) || (a === 0xff && b === 0x1f);
  if (!isSwapped && !isNarrow && (a !== 0x7f || b !== 0xfe)) return undefined;
  const bits = new Bits(wide(bytes.subarray(at, at + HEADER_BYTES), isSwapped, isNarrow));
  if (bits.take(32) !== SYNC) return undefined;
  bits.take(7);
  const blocks = bits.take(7);
  const length = bits.take(14) + 1;
  const channels = CHANNELS[bits.take(6)];
  const sampleRate = RATES[bits.take(4)]!;
  bits.take(15);
  const low = bits.take(2);
  if (channels === undefined || sampleRate === 0 || bits.isOver || length < 96) return undefined;
  return {
    length: isNarrow ? 2 * Math.ceil(8 * length / 14) : length,
    samples: 32 * (blocks + 1),
    sampleRate,
    channels: channels + (low === 1 || low === 2 ? 1 : 0),
  };
}

/** The bits of a header in big-endian words of 16 bits. */
function wide(bytes: Uint8Array, isSwapped: boolean, isNarrow: boolean): Uint8Array {
  if (!isSwapped && !isNarrow) return bytes;
  let bits = "";
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const [high, low] = isSwapped ? [bytes[i + 1]!, bytes[i]!] : [bytes[i]!, bytes[i + 1]!];
    bits += ((high << 8) | low).toString(2).padStart(16, "0").slice(isNarrow ? 2 : 0);
  }
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
