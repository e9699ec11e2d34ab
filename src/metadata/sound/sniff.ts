import type { AudioFormat } from "../../../events/facts/files.ts";
import { id3HeaderAt } from "../../formats/mod.ts";
import { findFrame, frameAt } from "./mpeg_frame.ts";
import { oldMusepackVersion } from "./musepack_sound.ts";
import { MODULE_EXTENSIONS, moduleFormat } from "./module_format.ts";
import { oggStream } from "./ogg_sound.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";

/** What a file is, judged by its content. */
export interface Sniffed {
  readonly format: AudioFormat;
  /** Where the container or the first frame begins, behind ID3v2 tags. */
  readonly start: number;
}

/** More tags in a row than any program writes. */
const ID3_TAGS_MAX = 8;
/** How far behind the tags the first frame may lie, since some encoders pad with zeros. */
const FRAME_SEARCH_BYTES = 64 * 1024;
const MPEG_EXTENSIONS: ReadonlySet<string> = new Set(["mp3", "mp2", "mp1", "aac"]);
/** Sync words of DTS, in either order of bytes, with 16 and with 14 bits in a word. */
const DTS_WORDS: ReadonlySet<string> = new Set([
  ...["\x7f\xfe\x80\x01", "\xfe\x7f\x01\x80", "\x1f\xff\xe8\x00", "\xff\x1f\x00\xe8", "DTSH"],
]);
/** The first versions of Musepack have no magic word. */
const MUSEPACK_EXTENSIONS: ReadonlySet<string> = new Set(["mpc", "mp+", "mpp"]);
const ASF_HEADER = "\x30\x26\xb2\x75\x8e\x66\xcf\x11";
/** Atoms that a QuickTime or MP4 file may begin with. */
const MP4_ATOMS: ReadonlySet<string> = new Set(["ftyp", "moov", "mdat", "free", "skip", "wide"]);

/** The format by content; `extension` decides only when the content leaves it open. */
export function sniff(bytes: SparseBytes, extension: string): Sniffed | undefined {
  const id3 = id3HeaderAt(bytes, 0);
  let start = 0;
  for (let tag = id3, n = 0; tag !== undefined && n < ID3_TAGS_MAX; n++) {
    start = tag.end;
    tag = start < bytes.size ? id3HeaderAt(bytes, start) : undefined;
  }
  const format = start < bytes.size ? magicFormat(bytes, start, extension) : undefined;
  if (format !== undefined) return { format, start };
  const mpeg = mpegFormat(bytes, start, extension);
  if (mpeg !== undefined) return mpeg;
  if (id3 === undefined) return undefined;
  return { format: extension === "mp2" || extension === "aac" ? extension : "mp3", start };
}

/** AC-3 and E-AC-3 begin alike; the stream's identification tells them apart (ATSC A/52, E.1.3.1.6). */
function dolbyFormat(bytes: SparseBytes, start: number): AudioFormat | undefined {
  const id = (bytes.view(start + 5, 1)[0] ?? 0xff) >> 3;
  return id <= 10 ? "ac3" : id <= 16 ? "eac3" : undefined;
}

function magicFormat(
  bytes: SparseBytes,
  start: number,
  extension: string,
): AudioFormat | undefined {
  const text = ascii(bytes.view(start, 12));
  const four = text.slice(0, 4);
  if (four === "fLaC") return "flac";
  if (four === "OggS") return oggFormat(bytes, start);
  if (MP4_ATOMS.has(text.slice(4, 8))) {
    return extension === "m4b" || text.slice(8, 11) === "M4B" ? "m4b" : "m4a";
  }
  if (text.slice(8) === "WAVE" && (four === "RIFF" || four === "RF64" || four === "BW64")) {
    return "wav";
  }
  if (four === "FORM" && (text.slice(8) === "AIFF" || text.slice(8) === "AIFC")) return "aiff";
  if (four === "MAC ") return "ape";
  if (four === "wvpk") return "wv";
  if (four === "MPCK" || four.startsWith("MP+")) return "mpc";
  if (MUSEPACK_EXTENSIONS.has(extension) && oldMusepackVersion(bytes, start) !== undefined) {
    return "mpc";
  }
  if (four === "ADIF") return "aac";
  if (text.startsWith(ASF_HEADER)) return "wma";
  if (four === "DSD ") return "dsf";
  if (four === "FRM8") return "dff";
  if (four === "\x1a\x45\xdf\xa3") return extension === "webm" ? "webm" : "mka";
  if (four === "TTA1" || four === "TTA2") return "tta";
  if (four === "tBaK") return "tak";
  if (four === "ajkg") return "shn";
  if (text.startsWith("\x0b\x77")) return dolbyFormat(bytes, start);
  if (DTS_WORDS.has(four)) return "dts";
  if (MODULE_EXTENSIONS.has(extension)) return moduleFormat(bytes, start);
  return undefined;
}

/** The first stream that is a sound decides; a file without one is no music. */
function oggFormat(bytes: SparseBytes, start: number): AudioFormat | undefined {
  switch (oggStream(bytes, start)?.kind) {
    case "opus":
      return "opus";
    case "speex":
      return "spx";
    case "vorbis":
    case "flac":
      return "ogg";
    default:
      return undefined;
  }
}

function mpegFormat(
  bytes: SparseBytes,
  start: number,
  extension: string,
): { format: AudioFormat; start: number } | undefined {
  const search = MPEG_EXTENSIONS.has(extension) ? FRAME_SEARCH_BYTES : 0;
  const at = findFrame(bytes, start, search);
  if (at === undefined) return undefined;
  const { layer } = frameAt(bytes.view(at, 8), 0)!;
  const format = layer === 0 ? "aac" : layer === 3 ? "mp3" : layer === 2 ? "mp2" : "mp1";
  return { format, start: at };
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
