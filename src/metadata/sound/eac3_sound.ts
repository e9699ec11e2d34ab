import { AC3_CHANNELS, AC3_RATES } from "./ac3_sound.ts";
import { Bits } from "./bits.ts";
import { type SoundBytes, type SoundFigures, timed } from "./sound_figures.ts";

const HEADER_BYTES = 6;
const SYNC = 0x0b77;
/** How many bytes are looked at; nearly all programs write frames of equal length. */
const LOOK_BYTES = 16 * 1024;
const BLOCKS = [1, 2, 3, 6];
const BLOCK_SAMPLES = 256;

interface Frame {
  /** Whether the frame adds channels to the one before it, or belongs to another programme. */
  readonly isMore: boolean;
  readonly length: number;
  readonly samples: number;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Figures of Enhanced AC-3 (ATSC A/52, annex E) by its first frames. */
export function eac3Sound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const first = frameAt(bytes, start);
  if (first === undefined) return { codec: "E-AC-3" };
  const { sampleRate, channels: numberOfChannels } = first;
  let samples = 0;
  let at = start;
  for (const last = Math.min(end, start + LOOK_BYTES); at < last;) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) break;
    if (!frame.isMore) samples += frame.samples;
    at += frame.length;
  }
  const all = at < end ? samples * (end - start) / (at - start) : samples;
  return { codec: "E-AC-3", sampleRate, numberOfChannels, ...timed(all, sampleRate, end - start) };
}

function frameAt(bytes: SoundBytes, at: number): Frame | undefined {
  const bits = new Bits(bytes.view(at, HEADER_BYTES));
  if (bits.take(16) !== SYNC) return undefined;
  const [kind, stream, words] = [bits.take(2), bits.take(3), bits.take(11)];
  const rate = bits.take(2);
  const blocks = bits.take(2);
  // A reduced rate takes the place of the number of blocks, which is the highest then.
  const sampleRate = rate === 3 ? (AC3_RATES[blocks] ?? 0) / 2 : AC3_RATES[rate]!;
  const mode = bits.take(3);
  const hasLow = bits.take(1);
  if (sampleRate === 0 || bits.isOver) return undefined;
  return {
    isMore: kind === 1 || stream !== 0,
    length: 2 * (words + 1),
    samples: BLOCK_SAMPLES * (rate === 3 ? 6 : BLOCKS[blocks]!),
    sampleRate,
    channels: AC3_CHANNELS[mode]! + hasLow,
  };
}
