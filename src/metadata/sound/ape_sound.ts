import { dataAt, type SoundBytes, type SoundFigures, timed } from "./sound_figures.ts";

/** The first version with a descriptor in front of its header. */
const DESCRIPTOR_VERSION = 3980;
const FLAG_8_BITS = 1;
const FLAG_24_BITS = 8;

/** Figures of a Monkey's Audio file, of any version. */
export function apeSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const head = dataAt(bytes, start, 32);
  if (head === undefined) return {};
  const version = head.getUint16(4, true);
  const codec = "Monkey's Audio";
  if (version < DESCRIPTOR_VERSION) {
    const [level, flags] = [head.getUint16(6, true), head.getUint16(8, true)];
    const frames = head.getUint32(24, true);
    const samples = frames === 0
      ? 0
      : (frames - 1) * blocksPerFrame(version, level) + head.getUint32(28, true);
    const sampleRate = head.getUint32(12, true);
    return {
      codec,
      sampleRate,
      numberOfChannels: head.getUint16(10, true),
      bitsPerSample: (flags & FLAG_8_BITS) !== 0 ? 8 : (flags & FLAG_24_BITS) !== 0 ? 24 : 16,
      ...timed(samples, sampleRate, end - start),
    };
  }
  const header = dataAt(bytes, start + head.getUint32(8, true), 24);
  if (header === undefined) return {};
  const frames = header.getUint32(12, true);
  const samples = frames === 0
    ? 0
    : (frames - 1) * header.getUint32(4, true) + header.getUint32(8, true);
  const sampleRate = header.getUint32(20, true);
  return {
    codec,
    sampleRate,
    numberOfChannels: header.getUint16(18, true),
    bitsPerSample: header.getUint16(16, true),
    ...timed(samples, sampleRate, end - start),
  };
}

function blocksPerFrame(version: number, level: number): number {
  if (version >= 3950) return 4 * 73_728;
  return version >= 3900 || (version >= 3800 && level === 4000) ? 73_728 : 9_216;
}
