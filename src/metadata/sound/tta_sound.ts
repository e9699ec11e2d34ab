import { dataAt, type SoundBytes, type SoundFigures, timed } from "./sound_figures.ts";

/** Figures of a True Audio file of version 1. */
export function ttaSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const head = dataAt(bytes, start, 18);
  if (head === undefined || head.getUint8(3) !== 0x31) return { codec: "TTA" };
  const sampleRate = head.getUint32(10, true);
  return {
    codec: "TTA",
    sampleRate,
    numberOfChannels: head.getUint16(6, true),
    bitsPerSample: head.getUint16(8, true),
    ...timed(head.getUint32(14, true), sampleRate, end - start),
  };
}
