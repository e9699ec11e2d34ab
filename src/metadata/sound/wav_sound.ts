import {
  dataAt,
  type SoundBytes,
  type SoundFigures,
  type SoundRegion,
  textAt,
  timed,
} from "./sound_figures.ts";

const CHUNKS_MAX = 256;
const HEADER_BYTES = 8;
const UNKNOWN_SIZE = 0xffff_ffff;
const CODECS: Readonly<Record<number, string>> = {
  0x0001: "PCM",
  0x0002: "ADPCM",
  0x0003: "IEEE_FLOAT",
  0x0006: "ALAW",
  0x0007: "MULAW",
  0x0011: "DVI_ADPCM",
  0x0031: "GSM610",
  0x0050: "MPEG",
  0x0055: "MPEGLAYER3",
};
/** The format whose real number stands further behind. */
const EXTENSIBLE = 0xfffe;
/** Formats whose blocks are one sample of every channel. */
const PLAIN: ReadonlySet<number> = new Set([1, 3, 6, 7]);

/** The chunks of a WAV that matter: the last `fmt ` and `fact` before the first `data`. */
interface Wav {
  readonly format?: DataView;
  readonly samples?: number;
  readonly data?: SoundRegion;
}

/** Figures of a WAV (RIFF, and RF64 or BW64 for those beyond 4 GiB, EBU Tech 3306). */
export function wavSound(bytes: SoundBytes, start: number): SoundFigures {
  const { format, samples, data } = chunks(bytes, start);
  if (format === undefined) return {};
  const numberOfChannels = format.getUint16(2, true);
  const sampleRate = format.getUint32(4, true);
  const bytesPerSecond = format.getUint32(8, true);
  const blockBytes = format.getUint16(12, true);
  const bitsPerSample = format.getUint16(14, true);
  let kind = format.getUint16(0, true);
  if (kind === EXTENSIBLE && format.byteLength >= 26) kind = format.getUint16(24, true);
  const codec = CODECS[kind] ?? `non-PCM (${kind})`;
  const figures = { codec, sampleRate, numberOfChannels, bitsPerSample };
  if (data === undefined) return figures;
  const length = data.end - data.start;
  if (PLAIN.has(kind) && blockBytes > 0 && sampleRate > 0) {
    const bitrate = 8 * blockBytes * sampleRate;
    return { ...figures, bitrate, duration: Math.floor(length / blockBytes) / sampleRate };
  }
  const said = bytesPerSecond > 0 ? { bitrate: 8 * bytesPerSecond } : {};
  if (samples !== undefined && samples > 0) {
    return { ...figures, ...timed(samples, sampleRate, length), ...said };
  }
  if (bytesPerSecond === 0) return figures;
  return { ...figures, ...said, duration: length / bytesPerSecond };
}

/** The range of a WAV's samples. Those of an unfinished file reach to its end. */
export function wavRegion(bytes: SoundBytes, start: number): SoundRegion | undefined {
  return chunks(bytes, start).data;
}

function chunks(bytes: SoundBytes, start: number): Wav {
  let format: DataView | undefined;
  let samples: number | undefined;
  let dataBytes: number | undefined;
  for (let at = start + 12, n = 0; n < CHUNKS_MAX; n++) {
    const header = dataAt(bytes, at, HEADER_BYTES);
    if (header === undefined) break;
    const name = textAt(header, 0);
    const length = header.getUint32(4, true);
    at += HEADER_BYTES;
    const present = Math.min(length, bytes.size - at);
    if (name === "ds64") {
      const sizes = dataAt(bytes, at, 24);
      dataBytes = sizes && Number(sizes.getBigUint64(8, true));
    } else if (name === "fmt ") {
      if (present >= 16) format = dataAt(bytes, at, Math.min(present, 40));
    } else if (name === "fact") {
      samples = dataAt(bytes, at, 4)?.getUint32(0, true);
    } else if (name === "data") {
      const isOpen = length === 0 || length === UNKNOWN_SIZE;
      const said = isOpen ? dataBytes ?? bytes.size : length;
      const data = { start: at, end: Math.min(at + said, bytes.size) };
      return { ...format && { format }, ...samples !== undefined && { samples }, data };
    }
    at += length + (length & 1);
  }
  return { ...format && { format }, ...samples !== undefined && { samples } };
}
