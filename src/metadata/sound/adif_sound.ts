import { Bits } from "./bits.ts";
import type { SoundBytes, SoundFigures } from "./sound_figures.ts";

const HEADER_BYTES = 128;
export const AAC_RATES = [
  ...[96_000, 88_200, 64_000, 48_000, 44_100, 32_000],
  ...[24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350],
];

/** Figures of an AAC stream with one header in front (ISO 13818-7, 6.2 and 8.5). */
export function adifSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const bits = new Bits(bytes.view(start + 4, HEADER_BYTES));
  if (bits.take(1) === 1) bits.take(72);
  bits.take(2);
  const isVariable = bits.take(1) === 1;
  const bitrate = bits.take(23);
  bits.take(4);
  if (!isVariable) bits.take(20);
  bits.take(6);
  const sampleRate = AAC_RATES[bits.take(4)];
  const [front, side, back, low] = [bits.take(4), bits.take(4), bits.take(4), bits.take(2)];
  bits.take(7);
  // Mixdown elements, of which each says whether it is there.
  for (const length of [4, 4, 3]) if (bits.take(1) === 1) bits.take(length);
  let channels = low;
  for (let n = front + side + back; n > 0; n--) {
    channels += bits.take(1) === 1 ? 2 : 1;
    bits.take(4);
  }
  if (sampleRate === undefined || channels === 0 || bits.isOver) return {};
  return {
    codec: "AAC",
    sampleRate,
    numberOfChannels: channels,
    ...bitrate > 0 && { bitrate, duration: 8 * (end - start) / bitrate },
  };
}
