import { dataAt, type SoundBytes, type SoundFigures } from "./sound_figures.ts";

export const AC3_RATES = [48_000, 44_100, 32_000];
/** Kilobits per second by half of the code of a frame's size (ATSC A/52, table 5.18). */
const KILOBITS = [
  ...[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640],
];
/** Channels by audio mode, without the channel for low frequencies. */
export const AC3_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];

/** Figures of AC-3, from its first frame, since all frames are alike. */
export function ac3Sound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const head = dataAt(bytes, start, 8);
  if (head === undefined) return {};
  const code = head.getUint8(4);
  const [sampleRate, kilobits] = [AC3_RATES[code >> 6], KILOBITS[(code & 0x3f) >> 1]];
  if (sampleRate === undefined || kilobits === undefined) return { codec: "AC-3" };
  const mode = head.getUint8(6) >> 5;
  const bitrate = 1000 * kilobits;
  // The number of bits before the one for low frequencies depends on the mode.
  let before = 3;
  if (mode === 2 || ((mode & 1) !== 0 && mode !== 1)) before += 2;
  if ((mode & 4) !== 0) before += 2;
  const hasLow = (head.getUint16(6) >> (15 - before)) & 1;
  return {
    codec: "AC-3",
    sampleRate,
    numberOfChannels: AC3_CHANNELS[mode]! + hasLow,
    bitrate,
    duration: 8 * (end - start) / bitrate,
  };
}
