import { dataAt, type SoundBytes, type SoundFigures, textAt, timed } from "./sound_figures.ts";

const HEADER_BYTES = 32;
const RATES = [
  ...[6_000, 8_000, 9_600, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100],
  ...[48_000, 64_000, 88_200, 96_000, 192_000],
];
const FLAG_MONO = 0x4;
const FLAG_LAST_OF_SAMPLES = 0x1000;
const FLAG_DSD = 0x8000_0000;
const UNKNOWN_SAMPLES = 0xffff_ffff;
/** Flags in a sub-block's number, and the numbers that are searched for. */
const ID_MASK = 0x3f;
const ID_LARGE = 0x80;
const ID_CHANNELS = 0x0d;
const ID_DSD = 0x0e;
const ID_RATE = 0x27;
const SUB_BLOCKS_MAX = 64;
/** How far from the end the last block is searched for. */
const LOOKS_BYTES = [16 * 1024, 256 * 1024, 1024 * 1024];

interface Block {
  readonly totalSamples: number | undefined;
  readonly index: number;
  readonly samples: number;
  readonly flags: number;
  readonly end: number;
}

/** Figures of a WavPack file (version 4 and later) whose blocks lie from `start` to `end`. */
export function wavpackSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  let at = start;
  let block = blockAt(bytes, at);
  // A file may begin with blocks that hold only the header of the packed file.
  for (let n = 0; block?.samples === 0 && block.totalSamples === undefined && n < 4; n++) {
    at = block.end;
    block = blockAt(bytes, at);
  }
  if (block === undefined) return {};
  const { flags } = block;
  const parts = subBlocks(bytes, at + HEADER_BYTES, Math.min(block.end, end));
  const rate = parts.rate ?? RATES[(flags >>> 23) & 15];
  if (rate === undefined) return {};
  // Eight samples of one bit count as one.
  const isDsd = (flags & FLAG_DSD) !== 0;
  const isWhole = (flags & FLAG_LAST_OF_SAMPLES) !== 0;
  const channels = parts.channels ?? (isWhole ? (flags & FLAG_MONO) !== 0 ? 1 : 2 : undefined);
  const sampleRate = isDsd ? rate * 2 ** (parts.dsdPower ?? 0) : rate;
  const samples = block.totalSamples ?? endOfSamples(bytes, start, end);
  return {
    codec: isDsd ? "DSD" : "PCM",
    sampleRate: isDsd ? 8 * sampleRate : sampleRate,
    ...channels !== undefined && { numberOfChannels: channels },
    bitsPerSample: isDsd ? 1 : ((flags & 3) + 1) * 8 - ((flags >>> 13) & 31),
    ...timed(samples, sampleRate, end - start),
  };
}

function blockAt(bytes: SoundBytes, at: number): Block | undefined {
  const header = dataAt(bytes, at, HEADER_BYTES);
  if (header === undefined || textAt(header, 0) !== "wvpk") return undefined;
  const total = header.getUint32(12, true);
  const size = header.getUint32(4, true) + 8;
  if (size < HEADER_BYTES) return undefined;
  return {
    totalSamples: total === UNKNOWN_SAMPLES
      ? undefined
      : total + header.getUint8(11) * 2 ** 32 - header.getUint8(11),
    index: header.getUint32(16, true) + header.getUint8(10) * 2 ** 32,
    samples: header.getUint32(20, true),
    flags: header.getUint32(24, true),
    end: at + size,
  };
}

function subBlocks(
  bytes: SoundBytes,
  from: number,
  end: number,
): { rate?: number; channels?: number; dsdPower?: number } {
  const found: { rate?: number; channels?: number; dsdPower?: number } = {};
  for (let at = from, n = 0; at + 4 <= end && n < SUB_BLOCKS_MAX; n++) {
    const header = dataAt(bytes, at, 4);
    if (header === undefined) break;
    const id = header.getUint8(0);
    const isLarge = (id & ID_LARGE) !== 0;
    const words = isLarge ? header.getUint32(0, true) >>> 8 : header.getUint8(1);
    at += isLarge ? 4 : 2;
    const kind = id & ID_MASK;
    const data = words > 0 && words < 8 ? dataAt(bytes, at, 2 * words) : undefined;
    if (kind === ID_RATE && data !== undefined && words >= 2) {
      found.rate = data.getUint32(0, true) & 0x7fff_ffff;
      // The fourth byte is padding when three were written.
      if ((id & 0x40) !== 0) found.rate &= 0xff_ffff;
    }
    if (kind === ID_CHANNELS && data !== undefined) found.channels = data.getUint8(0);
    if (kind === ID_DSD) found.dsdPower = dataAt(bytes, at, 1)?.getUint8(0) ?? 0;
    at += 2 * words;
  }
  return found;
}

/** The number of samples up to the end of the last block, for a file whose encoder did not know it. */
function endOfSamples(bytes: SoundBytes, start: number, end: number): number {
  for (const look of LOOKS_BYTES) {
    const from = Math.max(start, end - look);
    if (end - from > bytes.left) return 0;
    const tail = bytes.view(from, end - from);
    for (let at = tail.length - HEADER_BYTES; at >= 0; at--) {
      if (tail[at] !== 0x77 || tail[at + 1] !== 0x76) continue;
      const block = blockAt(bytes, from + at);
      if (block !== undefined && block.samples > 0) return block.index + block.samples;
    }
    if (from === start) break;
  }
  return 0;
}
