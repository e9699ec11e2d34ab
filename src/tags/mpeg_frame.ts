import type { SparseBytes } from "./sparse_bytes.ts";

/** Header of an MPEG audio frame (ISO 11172-3) or an ADTS frame (ISO 13818-7). */
export interface MpegFrame {
  /** 1, 2 or 3; 0 for ADTS. */
  readonly layer: number;
  /** Bytes up to the next frame. */
  readonly length: number;
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

/** The frame whose header is at `at`, undefined when there is none or its length can't be known. */
export function frameAt(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (a !== 0xff || b === undefined || c === undefined || (b & 0xe0) !== 0xe0) return undefined;
  if ((b & 0xf6) === 0xf0) return adtsFrame(bytes, at);
  const version = (b >> 3) & 3;
  const layer = 4 - ((b >> 1) & 3);
  const rate = SAMPLE_RATES[(c >> 2) & 3];
  if (version === 1 || layer === 4 || rate === undefined) return undefined;
  const isFirst = version === 3;
  const kilobits = BITRATES[isFirst ? layer - 1 : layer === 1 ? 3 : 4]![c >> 4];
  if (kilobits === undefined || kilobits === 0) return undefined;
  const sampleRate = isFirst ? rate : version === 2 ? rate / 2 : rate / 4;
  const padding = (c >> 1) & 1;
  if (layer === 1) {
    return { layer, length: (Math.floor(12_000 * kilobits / sampleRate) + padding) * 4 };
  }
  const samples = layer === 3 && !isFirst ? 72_000 : 144_000;
  return { layer, length: Math.floor(samples * kilobits / sampleRate) + padding };
}

/**
 * Where the first frame lies that is followed by another of its kind, or ends the file; looks no further
 * than `search` bytes behind `start`.
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

function isFrame(bytes: SparseBytes, at: number): boolean {
  const frame = frameAt(bytes.view(at, 8), 0);
  if (frame === undefined) return false;
  const next = at + frame.length;
  if (next >= bytes.size) return true;
  const following = bytes.view(next, 8);
  if (following.length < 8 || String.fromCharCode(...following.subarray(0, 3)) === "TAG") {
    return true;
  }
  return frameAt(following, 0)?.layer === frame.layer;
}

function adtsFrame(bytes: Uint8Array, at: number): MpegFrame | undefined {
  const [c, d, e, f] = [bytes[at + 2]!, bytes[at + 3], bytes[at + 4], bytes[at + 5]];
  if (d === undefined || e === undefined || f === undefined || ((c >> 2) & 15) > 12) {
    return undefined;
  }
  const length = ((d & 3) << 11) | (e << 3) | (f >> 5);
  return length < 7 ? undefined : { layer: 0, length };
}
