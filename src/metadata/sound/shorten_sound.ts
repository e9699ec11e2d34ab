import { Bits } from "./bits.ts";
import { dataAt, type SoundBytes, type SoundFigures, textAt } from "./sound_figures.ts";

const HEAD_BYTES = 2 * 1024;
const VERBATIM = 9;
/** The longest header of a packed file; a longer one is malformed. */
const PACKED_BYTES_MAX = 512;
const PREFIX_MAX = 64;

/** Figures of a Shorten file: those of the packed WAV, whose header it keeps. */
export function shortenSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const codec = "Shorten";
  const version = dataAt(bytes, start, 5)?.getUint8(4);
  if (version === undefined || version === 0 || version > 3) return { codec };
  const bits = new Bits(bytes.view(start + 5, HEAD_BYTES));
  const number = () => rice(bits, rice(bits, 2));
  number();
  const numberOfChannels = number();
  // Blocks, predictors, means, and bytes that some programs put in between.
  for (let n = 0; n < 3; n++) number();
  let skipped = number();
  while (skipped-- > 0 && !bits.isOver) rice(bits, 7);
  if (rice(bits, 2) !== VERBATIM) return { codec };
  const length = Math.min(rice(bits, 5), PACKED_BYTES_MAX);
  const packed = Uint8Array.from({ length }, () => rice(bits, 8));
  if (bits.isOver) return { codec };
  return { codec, numberOfChannels, ...waveFigures(packed, end - start) };
}

/** A Rice code: a unary number of zeros up to a one, then the lowest bits. */
function rice(bits: Bits, width: number): number {
  let high = 0;
  while (high < PREFIX_MAX && bits.take(1) === 0) high++;
  return high * 2 ** Math.min(width, 32) + bits.take(Math.min(width, 32));
}

function waveFigures(header: Uint8Array<ArrayBuffer>, length: number): SoundFigures {
  const view = new DataView(header.buffer);
  if (view.byteLength < 12 || textAt(view, 0) !== "RIFF") return {};
  let figures: SoundFigures = {};
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at + 4, true);
    const name = textAt(view, at);
    at += 8;
    if (name === "fmt " && at + 16 <= view.byteLength) {
      bytesPerSecond = view.getUint32(at + 8, true);
      figures = {
        sampleRate: view.getUint32(at + 4, true),
        bitsPerSample: view.getUint16(at + 14, true),
      };
    } else if (name === "data" && bytesPerSecond > 0) {
      const duration = size / bytesPerSecond;
      return { ...figures, ...duration > 0 && { duration, bitrate: 8 * length / duration } };
    }
    at += size + (size & 1);
  }
  return figures;
}
