import type { OggEnd } from "./ogg_end.ts";
import { dataAt, type SoundBytes, type SoundFigures, textAt, timed } from "./sound_figures.ts";

const OPUS_RATE = 48_000;
const PAGE_HEADER_BYTES = 27;
/** More pages than a header needs; one with large pictures has some hundreds. */
const PAGES_MAX = 4096;
/** The most streams of one file; all of them begin before any continues. */
const STREAMS_MAX = 16;
const NO_GRANULE = -1n;
const VORBIS_BLOCK_MAX = 8192;
/** 120 ms. */
const OPUS_PACKET_MAX = 5760;

/** A stream of an Ogg file that is a sound, with its first packet. */
export interface OggStream {
  readonly kind: "vorbis" | "opus" | "speex" | "flac";
  readonly serial: number;
  readonly packetAt: number;
}

/** The first stream that is a sound; video streams are skipped. */
export function oggStream(bytes: SoundBytes, start: number): OggStream | undefined {
  let at = start;
  for (let n = 0; n < STREAMS_MAX; n++) {
    const page = pageAt(bytes, at);
    if (page === undefined || !page.begins) return undefined;
    const magic = dataAt(bytes, page.dataAt, Math.min(8, bytes.size - page.dataAt));
    const text = magic === undefined ? "" : textAt(magic, 0, magic.byteLength);
    const { serial, dataAt: packetAt } = page;
    if (text.startsWith("\x01vorbis")) return { kind: "vorbis", serial, packetAt };
    if (text.startsWith("OpusHead")) return { kind: "opus", serial, packetAt };
    if (text.startsWith("Speex   ")) return { kind: "speex", serial, packetAt };
    if (text.startsWith("\x7fFLAC")) return { kind: "flac", serial, packetAt };
    at = page.end;
  }
  return undefined;
}

/** Figures of a sound in Ogg. Its last page tells the length. */
export function oggSound(
  bytes: SoundBytes,
  start: number,
  last: OggEnd | undefined,
): SoundFigures {
  const stream = oggStream(bytes, start);
  if (stream === undefined) return {};
  const head = dataAt(bytes, stream.packetAt, Math.min(80, bytes.size - stream.packetAt));
  const figures = head && headerFigures(stream.kind, head);
  if (figures === undefined) return {};
  const { delay, nominal, packetSamples, ...known } = figures;
  if (last === undefined) return { ...known, ...nominal !== undefined && { bitrate: nominal } };
  const first = firstPage(bytes, start, stream.serial);
  const before = first === undefined ? 0 : samplesBefore(first, {
    most: packetSamples,
    usual: stream.kind === "opus"
      ? opusSamples(bytes.view(first.dataAt, 2))
      : stream.kind === "vorbis"
      ? packetSamples / 2
      : packetSamples,
  });
  const length = bytes.size - (first?.at ?? start);
  return { ...known, ...timed(last.granule - delay - before, known.sampleRate, length) };
}

interface HeaderFigures extends SoundFigures {
  readonly sampleRate: number;
  /** Samples at the beginning that are not played. */
  readonly delay: number;
  /** The most samples of a packet. */
  readonly packetSamples: number;
  /** The encoder's target in bits per second. */
  readonly nominal?: number;
}

function headerFigures(kind: OggStream["kind"], head: DataView): HeaderFigures | undefined {
  const size = head.byteLength;
  switch (kind) {
    case "vorbis": {
      if (size < 28) return undefined;
      const nominal = head.getInt32(20, true);
      return {
        codec: "Vorbis I",
        sampleRate: head.getUint32(12, true),
        numberOfChannels: head.getUint8(11),
        delay: 0,
        packetSamples: size < 29 ? VORBIS_BLOCK_MAX : 2 ** (head.getUint8(28) >> 4),
        ...nominal > 0 && { nominal },
      };
    }
    case "opus":
      if (size < 19) return undefined;
      return {
        codec: "Opus",
        sampleRate: OPUS_RATE,
        numberOfChannels: head.getUint8(9),
        delay: head.getUint16(10, true),
        packetSamples: OPUS_PACKET_MAX,
      };
    case "speex": {
      if (size < 80) return undefined;
      const nominal = head.getInt32(52, true);
      return {
        codec: `Speex ${textAt(head, 8, 20).split("\0", 1)[0]}`,
        sampleRate: head.getUint32(36, true),
        numberOfChannels: head.getUint32(48, true),
        delay: 0,
        packetSamples: head.getUint32(56, true) * Math.max(1, head.getUint32(64, true)),
        ...nominal > 0 && { nominal },
      };
    }
    case "flac": {
      if (size < 13 + 4 + 18) return undefined;
      const word = head.getUint32(17 + 10);
      return {
        codec: "FLAC",
        sampleRate: word >>> 12,
        numberOfChannels: ((word >>> 9) & 7) + 1,
        bitsPerSample: ((word >>> 4) & 31) + 1,
        delay: 0,
        packetSamples: head.getUint16(17 + 2),
      };
    }
  }
}

/**
 * The number of samples before the first page of a stream that was cut out of a longer one, like a radio's, whose
 * positions go on. 0 when the packets of that page can hold all the samples that it counts.
 */
function samplesBefore(
  { granule, packets }: Page,
  { most, usual }: { most: number; usual: number },
): number {
  const end = Number(granule);
  return end > (packets + 1) * most ? end - packets * usual : 0;
}

/** Samples of an Opus packet by its first two bytes (RFC 6716, 3.1). */
function opusSamples([about = 0, count = 1]: Uint8Array): number {
  const kind = about >> 3;
  const each = kind < 12
    ? [480, 960, 1920, 2880][kind & 3]!
    : kind < 16
    ? [480, 960][kind & 1]!
    : [120, 240, 480, 960][kind & 3]!;
  const code = about & 3;
  return each * (code === 0 ? 1 : code === 3 ? count & 63 : 2);
}

/** The first page of the stream that holds more than headers. */
function firstPage(bytes: SoundBytes, start: number, serial: number): Page | undefined {
  let at = start;
  for (let n = 0; n < PAGES_MAX; n++) {
    const page = pageAt(bytes, at);
    if (page === undefined) return undefined;
    if (page.serial === serial && page.granule !== NO_GRANULE && page.granule !== 0n) return page;
    at = page.end;
  }
  return undefined;
}

interface Page {
  readonly at: number;
  /** The number of packets that end on the page. */
  readonly packets: number;
  readonly serial: number;
  readonly granule: bigint;
  readonly begins: boolean;
  readonly dataAt: number;
  readonly end: number;
}

function pageAt(bytes: SoundBytes, at: number): Page | undefined {
  const header = dataAt(bytes, at, PAGE_HEADER_BYTES);
  if (header === undefined || textAt(header, 0) !== "OggS") return undefined;
  const segments = header.getUint8(26);
  const [serial, granule] = [header.getUint32(14, true), header.getBigInt64(6, true)];
  const begins = (header.getUint8(5) & 2) !== 0;
  const packetAt = at + PAGE_HEADER_BYTES + segments;
  const lacing = bytes.view(at + PAGE_HEADER_BYTES, segments);
  const end = lacing.reduce((sum, length) => sum + length, packetAt);
  const packets = lacing.reduce((sum, length) => sum + (length < 255 ? 1 : 0), 0);
  return { at, packets, serial, granule, begins, dataAt: packetAt, end };
}
