import { AAC_RATES } from "./adif_sound.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";

/** Header of an MPEG audio frame (ISO 11172-3) or an ADTS frame (ISO 13818-7). */
export interface MpegFrame {
  /** 1, 2 or 3; 0 for ADTS. */
  readonly layer: number;
  /** 1, 2 or 2.5; for ADTS 2 or 4. */
  readonly version: number;
  /** The bytes up to the next frame. */
  readonly length: number;
  /** Samples of each channel in the frame, and samples a second. */
  readonly samples: number;
  readonly sampleRate: number;
  /** 0 when the header does not tell. */
  readonly channels: number;
  /** Bits per second; 0 for ADTS, whose frames are of any length. */
  readonly bitrate: number;
}

/** Kilobits per second by bitrate index: MPEG-1 layers I, II, III, then MPEG-2 layers I, II and III. */
const BITRATES = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const;
const HEADER_BYTES = 8;
const AAC_SAMPLES = 1024;
/**
 * How many frames of a kind must follow one another at the beginning of a sound. The twelve set bits of an ADTS
 * header occur by chance in other sounds too, so ADTS needs more.
 */
const MPEG_FRAMES_MIN = 2;
const ADTS_FRAMES_MIN = 4;

/** The frame whose header is at `at`; undefined when there is none, or when its length can't be known. */
export function frameAt(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  if (a !== 0xff || b === undefined || c === undefined || d === undefined) return undefined;
  if ((b & 0xe0) !== 0xe0) return undefined;
  if ((b & 0xf6) === 0xf0) return adtsFrame(bytes, at);
  const versionBits = (b >> 3) & 3;
  const layer = 4 - ((b >> 1) & 3);
  const rate = SAMPLE_RATES[(c >> 2) & 3];
  if (versionBits === 1 || layer === 4 || rate === undefined) return undefined;
  const isFirst = versionBits === 3;
  const kilobits = BITRATES[isFirst ? layer - 1 : layer === 1 ? 3 : 4]![c >> 4];
  if (kilobits === undefined || kilobits === 0) return undefined;
  const sampleRate = isFirst ? rate : versionBits === 2 ? rate / 2 : rate / 4;
  const padding = (c >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && !isFirst ? 576 : 1152;
  const bitrate = 1000 * kilobits;
  return {
    layer,
    version: isFirst ? 1 : versionBits === 2 ? 2 : 2.5,
    length: layer === 1
      ? (Math.floor(12 * bitrate / sampleRate) + padding) * 4
      : Math.floor(samples / 8 * bitrate / sampleRate) + padding,
    samples,
    sampleRate,
    channels: d >> 6 === 3 ? 1 : 2,
    bitrate,
  };
}

/** Whether two frames can belong to one sound. */
export function areAlike(one: MpegFrame, other: MpegFrame): boolean {
  return one.layer === other.layer && one.version === other.version &&
    one.sampleRate === other.sampleRate;
}

/**
 * Where the first frame lies that is followed by others of its kind, or that ends the file. Searches `search` bytes
 * from `start`.
 */
export function findFrame(bytes: SparseBytes, start: number, search: number): number | undefined {
  if (isFrame(bytes, start)) return start;
  const last = Math.min(start + search, bytes.size);
  const area = bytes.view(start, Math.max(0, last - start));
  for (let i = area.indexOf(0xff); i >= 0; i = area.indexOf(0xff, i + 1)) {
    if (((area[i + 1] ?? 0) & 0xe0) === 0xe0 && isFrame(bytes, start + i)) return start + i;
  }
  return undefined;
}

function isFrame(bytes: SparseBytes, start: number): boolean {
  const first = frameAt(bytes.view(start, HEADER_BYTES), 0);
  if (first === undefined) return false;
  const least = first.layer === 0 ? ADTS_FRAMES_MIN : MPEG_FRAMES_MIN;
  let at = start + first.length;
  for (let n = 1; n < least; n++) {
    const following = at < bytes.size ? bytes.view(at, HEADER_BYTES) : undefined;
    if (following === undefined || following.length < HEADER_BYTES) {
      // A sound that ends this early ends with a frame.
      return first.layer !== 0 || at === bytes.size || n > 1;
    }
    if (["TAG", "APE", "LYR"].includes(String.fromCharCode(...following.subarray(0, 3)))) {
      return true;
    }
    const next = frameAt(following, 0);
    if (next === undefined || !areAlike(first, next)) return false;
    at += next.length;
  }
  return true;
}

function adtsFrame(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [b, c, d] = [bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  const [e, f, g] = [bytes[at + 4], bytes[at + 5], bytes[at + 6]];
  const sampleRate = AAC_RATES[(c >> 2) & 15];
  if (e === undefined || f === undefined || g === undefined || sampleRate === undefined) {
    return undefined;
  }
  const length = ((d & 3) << 11) | (e << 3) | (f >> 5);
  const channels = ((c & 1) << 2) | (d >> 6);
  return length < 7 ? undefined : {
    layer: 0,
    version: (b & 8) !== 0 ? 2 : 4,
    length,
    samples: AAC_SAMPLES * ((g & 3) + 1),
    sampleRate,
    channels: channels === 7 ? 8 : channels,
    bitrate: 0,
  };
}
