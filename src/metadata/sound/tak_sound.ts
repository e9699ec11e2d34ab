import { Bits } from "./bits.ts";
import { dataAt, type SoundBytes, type SoundFigures, timed } from "./sound_figures.ts";

const BLOCK_HEADER_BYTES = 4;
const BLOCKS_MAX = 64;
const KIND = { end: 0, streamInfo: 1 } as const;
const INFO_BYTES = 10;
/** The header's numbers are stored relative to these. */
const RATE_MIN = 6_000;
const BITS_MIN = 8;

/** Figures of a TAK file, from the block of its header that describes the sound. */
export function takSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  let at = start + "tBaK".length;
  for (let n = 0; n < BLOCKS_MAX; n++) {
    const header = dataAt(bytes, at, BLOCK_HEADER_BYTES);
    if (header === undefined) break;
    const kind = header.getUint8(0) & 0x7f;
    at += BLOCK_HEADER_BYTES;
    if (kind === KIND.end) break;
    if (kind === KIND.streamInfo) {
      const bits = new Bits(bytes.view(at, INFO_BYTES), "lowest");
      // The codec, its profile, and the length of a frame.
      bits.take(6 + 4 + 4);
      const samples = bits.take(35);
      bits.take(3);
      const sampleRate = bits.take(18) + RATE_MIN;
      const bitsPerSample = bits.take(5) + BITS_MIN;
      const numberOfChannels = bits.take(4) + 1;
      if (bits.isOver) break;
      const figures = { codec: "TAK", sampleRate, numberOfChannels, bitsPerSample };
      return { ...figures, ...timed(samples, sampleRate, end - start) };
    }
    at += header.getUint32(0, true) >>> 8;
  }
  return { codec: "TAK" };
}
