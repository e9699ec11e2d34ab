import { dataAt, type SoundBytes, type SoundFigures, textAt, timed } from "./sound_figures.ts";

const RATES = [44_100, 48_000, 37_800, 32_000];
const FRAME_SAMPLES = 1152;
/** Samples that decoders of version 7 and older omit at the beginning. */
const DELAY_SAMPLES = 576;
const PACKETS_MAX = 16;

/** The stream version of a Musepack file without a magic number (4 to 6); undefined for other files. */
export function oldMusepackVersion(bytes: SoundBytes, start: number): number | undefined {
  const head = dataAt(bytes, start, 8);
  if (head === undefined) return undefined;
  const word = head.getUint32(0, true);
  const version = (word >>> 11) & 0x3ff;
  const blocks = word & 0x3f;
  const frames = framesOfOld(head, version);
  return version >= 4 && version <= 6 && blocks <= 1 && frames > 0 ? version : undefined;
}

/** Figures of a Musepack file of any version whose stream lies from `start` to `end`. */
export function musepackSound(bytes: SoundBytes, start: number, end: number): SoundFigures {
  const head = dataAt(bytes, start, 12);
  if (head === undefined) return {};
  const magic = textAt(head, 0);
  if (magic === "MPCK") return packetsSound(bytes, start + 4, end);
  if (magic.startsWith("MP+")) {
    const sampleRate = RATES[head.getUint8(10) & 3]!;
    const samples = head.getUint32(4, true) * FRAME_SAMPLES - DELAY_SAMPLES;
    return {
      codec: `Musepack SV${head.getUint8(3) & 15}`,
      sampleRate,
      numberOfChannels: 2,
      ...timed(samples, sampleRate, end - start),
    };
  }
  const version = oldMusepackVersion(bytes, start);
  if (version === undefined) return {};
  const frames = framesOfOld(head, version) - (version < 6 ? 1 : 0);
  return {
    codec: `Musepack SV${version}`,
    sampleRate: RATES[0]!,
    numberOfChannels: 2,
    ...timed(frames * FRAME_SAMPLES, RATES[0]!, end - start),
  };
}

function framesOfOld(head: DataView, version: number): number {
  return version >= 5 ? head.getUint32(4, true) : head.getUint16(6, true);
}

/** Figures of version 8, which consists of packets: `SH` describes the others. */
function packetsSound(bytes: SoundBytes, from: number, end: number): SoundFigures {
  for (let at = from, n = 0; n < PACKETS_MAX; n++) {
    const header = dataAt(bytes, at, Math.min(12, bytes.size - at));
    if (header === undefined || header.byteLength < 3) return {};
    const size = variable(header, 2);
    if (size === undefined || size.value < 3) return {};
    if (textAt(header, 0, 2) === "SH") return streamHeader(bytes, size.next + at, at, end);
    at += size.value;
  }
  return {};
}

function streamHeader(
  bytes: SoundBytes,
  at: number,
  packetAt: number,
  end: number,
): SoundFigures {
  const view = dataAt(bytes, at, Math.min(32, bytes.size - at));
  if (view === undefined || view.byteLength < 9) return {};
  const samples = variable(view, 5);
  const silence = samples && variable(view, samples.next);
  if (silence === undefined || silence.next + 2 > view.byteLength) return {};
  const word = view.getUint16(silence.next);
  const sampleRate = RATES[(word >>> 13) & 7];
  if (sampleRate === undefined) return {};
  return {
    codec: "Musepack SV8",
    sampleRate,
    numberOfChannels: ((word >>> 4) & 15) + 1,
    ...timed(samples!.value - silence.value, sampleRate, end - packetAt),
  };
}

/** A number in bytes of seven bits; the eighth says that another one follows. */
function variable(view: DataView, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from; at < view.byteLength && at < from + 8; at++) {
    const byte = view.getUint8(at);
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, next: at + 1 };
  }
  return undefined;
}
