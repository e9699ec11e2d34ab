import type { AudioFormat } from "../../../events/facts/files.ts";
import { hasId3v1 } from "../../formats/mod.ts";
import { wavRegion } from "./wav_sound.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";

/** The bytes of a file that stay the same when only its tags are written anew. */
export interface AudioRegion {
  readonly start: number;
  readonly end: number;
}

const ID3V1_BYTES = 128;
const APE_FOOTER_BYTES = 32;
const APE_HAS_HEADER = 0x8000_0000;
/** The most chunks, atoms or blocks before the audio; a file with more is not worth the walk. */
const CHUNKS_MAX = 64;
const FLAC_HEADER_BYTES = 4;
const FLAC_LAST_BLOCK = 0x80;

/** The range of the audio; undefined for formats that need no range to recognise the sound. */
export function audioRegion(
  format: AudioFormat,
  bytes: SparseBytes,
  start: number,
): AudioRegion | undefined {
  switch (format) {
    case "mp3":
    case "mp2":
    case "mp1":
    case "tta":
    case "tak":
    case "aac":
    case "ape":
    case "wv":
    case "mpc":
      return { start, end: endOfAudio(bytes) };
    case "m4a":
    case "m4b":
      return isFragmented(bytes, start) ? undefined : chunk(bytes, start, "mdat", atomHeader);
    case "wav":
      return wavRegion(bytes, start);
    case "aiff":
      return chunk(bytes, start + 12, "SSND", iffHeader);
    case "dsf":
      return chunk(bytes, start + 28, "data", dsfHeader);
    case "dff":
      return chunk(bytes, start + 16, "DSD ", dffHeader) ??
        chunk(bytes, start + 16, "DST ", dffHeader);
    default:
      return undefined;
  }
}

/** Where the frames of a FLAC begin, behind its last metadata block (RFC 9639, 8.1). */
export function flacFramesAt(bytes: SparseBytes, start: number): number | undefined {
  for (let at = start + "fLaC".length, n = 0; n < CHUNKS_MAX; n++) {
    const header = bytes.view(at, FLAC_HEADER_BYTES);
    if (header.length < FLAC_HEADER_BYTES) return undefined;
    const [kind, a, b, c] = header;
    at += FLAC_HEADER_BYTES + ((a! << 16) | (b! << 8) | c!);
    if ((kind! & FLAC_LAST_BLOCK) !== 0) return at;
  }
  return undefined;
}

/** Where ID3v1, Lyrics3 and APEv2 tags at the end of a file begin; its size when there are none. */
export function endOfAudio(bytes: SparseBytes): number {
  let end = bytes.size;
  if (hasId3v1(bytes)) {
    end -= ID3V1_BYTES;
    if (text(bytes, end - 9, 9) === "LYRICS200") {
      const length = Number.parseInt(text(bytes, end - 15, 6), 10) + 15;
      if (length > 15 && length < end) end -= length;
    }
  }
  if (end < APE_FOOTER_BYTES || text(bytes, end - APE_FOOTER_BYTES, 8) !== "APETAGEX") return end;
  const footer = dataView(bytes.view(end - APE_FOOTER_BYTES, APE_FOOTER_BYTES));
  const hasHeader = (footer.getUint32(20, true) & APE_HAS_HEADER) !== 0;
  const length = footer.getUint32(12, true) + (hasHeader ? APE_FOOTER_BYTES : 0);
  return length <= end ? end - length : end;
}

/** Whether an MP4 comes in fragments: its sound lies in many places, and the first does not stand for all. */
function isFragmented(bytes: SparseBytes, start: number): boolean {
  return chunk(bytes, start, "moof", atomHeader, "mdat") !== undefined;
}

interface ChunkHeader {
  readonly name: string;
  /** Bytes of the header, and of the header with its payload and padding. */
  readonly header: number;
  readonly total: number;
}

function chunk(
  bytes: SparseBytes,
  from: number,
  name: string,
  headerAt: (header: DataView) => ChunkHeader,
  before?: string,
): AudioRegion | undefined {
  for (let at = from, n = 0; at + 16 <= bytes.size && n < CHUNKS_MAX; n++) {
    const found = headerAt(dataView(bytes.view(at, 16)));
    if (found.name === name) {
      return { start: at + found.header, end: Math.min(at + found.total, bytes.size) };
    }
    if (found.name === before || !(found.total >= found.header)) return undefined;
    at += found.total;
  }
  return undefined;
}

/** ISO/IEC 14496-12: 32-bit size, or 1 and a 64-bit size; 0 reaches to the end of the file. */
function atomHeader(view: DataView): ChunkHeader {
  const size = view.getUint32(0);
  const name = nameAt(view, 4);
  if (size === 1) return { name, header: 16, total: wide(view, 8) };
  return { name, header: 8, total: size === 0 ? Number.MAX_SAFE_INTEGER : size };
}

function iffHeader(view: DataView): ChunkHeader {
  const size = view.getUint32(4);
  return { name: nameAt(view, 0), header: 8, total: 8 + size + (size & 1) };
}

/** DSF sizes count the header itself. */
function dsfHeader(view: DataView): ChunkHeader {
  const total = view.getUint32(4, true) + view.getUint32(8, true) * 2 ** 32;
  return { name: nameAt(view, 0), header: 12, total };
}

function dffHeader(view: DataView): ChunkHeader {
  const size = wide(view, 4);
  return { name: nameAt(view, 0), header: 12, total: 12 + size + (size % 2) };
}

function wide(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function nameAt(view: DataView, at: number): string {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => view.getUint8(at + i));
  return String.fromCharCode(a!, b!, c!, d!);
}

function text(bytes: SparseBytes, at: number, length: number): string {
  return at < 0 ? "" : String.fromCharCode(...bytes.view(at, length));
}

function dataView(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
