import type { AudioFormat } from "../../../events/facts/files.ts";
import {
  type FileBytes,
  findApeTag,
  hasId3v1,
  readAiffTags,
  readApeTag,
  readAsfTags,
  readDsdiffTags,
  readDsfTags,
  readFlacTags,
  readId3v1,
  readId3v2Tags,
  readMatroskaTags,
  readMp4Tags,
  readOggTags,
  readRiffTags,
  Tag,
  type TagKind,
  type TextReader,
} from "../../formats/mod.ts";
import { isOutOfMemory } from "../parser/out_of_memory.ts";
import { TagBytesExceeded } from "../bytes/sparse_bytes.ts";

/** Formats whose own tag is APEv2: an ID3v2 tag before them is foreign. */
const APE_FIRST: ReadonlySet<AudioFormat> = new Set(["ape", "wv", "mpc", "tta", "tak"]);
const MPEG: ReadonlySet<AudioFormat> = new Set(["mp3", "mp2", "mp1", "aac"]);

/**
 * The tags of a file, the preferred one first. `start` is where the container begins, behind ID3v2 tags. What a
 * reader found before an unexpected end, or before bytes that may not be read, counts.
 */
export function embeddedTags(
  bytes: FileBytes,
  { format, start }: { format: AudioFormat; start: number },
  text: TextReader,
): Tag[] {
  const inFront: Tag[] = [];
  const own: Tag[] = [];
  const behind: Tag[] = [];
  attempt(() => readId3v2Tags(bytes, text, inFront));
  attempt(() => readOwn(bytes, format, start, text, own));
  if (readsEnd(format)) attempt(() => readBehind(bytes, start, text, behind));
  const ape = behind.filter(({ kind }) => kind === "APEv2");
  const old = behind.filter(({ kind }) => kind !== "APEv2");
  return APE_FIRST.has(format)
    ? [...ape, ...inFront, ...old]
    : [...own, ...inFront, ...ape, ...old];
}

/** Whether tags at the end belong to the format: elsewhere a look there would only cost a read. */
function readsEnd(format: AudioFormat): boolean {
  return MPEG.has(format) || APE_FIRST.has(format);
}

function readOwn(
  bytes: FileBytes,
  format: AudioFormat,
  start: number,
  text: TextReader,
  tags: Tag[],
): void {
  const tagOf = (kind: TagKind) => {
    const tag = new Tag(kind);
    tags.push(tag);
    return tag;
  };
  switch (format) {
    case "flac":
      return readFlacTags(bytes, start, text, tagOf("vorbis"));
    case "ogg":
    case "opus":
    case "spx":
      return readOggTags(bytes, start, text, tagOf("vorbis"));
    case "m4a":
    case "m4b":
      return readMp4Tags(bytes, start, text, tagOf("MP4"));
    case "mka":
    case "webm":
      return readMatroskaTags(bytes, start, text, tagOf("Matroska"));
    case "wma":
      return readAsfTags(bytes, start, text, tagOf("ASF"));
    case "wav":
      return readRiffTags(bytes, start, text, tags);
    case "aiff":
      return readAiffTags(bytes, start, text, tags);
    case "dsf":
      return readDsfTags(bytes, start, text, tags);
    case "dff":
      return readDsdiffTags(bytes, start, text, tags);
  }
}

function readBehind(bytes: FileBytes, start: number, text: TextReader, tags: Tag[]): void {
  const place = findApeTag(bytes, start);
  if (place !== undefined) {
    const tag = new Tag("APEv2");
    tags.push(tag);
    attempt(() => readApeTag(bytes, place, text, tag));
  }
  if (!hasId3v1(bytes)) return;
  const tag = new Tag("ID3v1");
  tags.push(tag);
  readId3v1(bytes, text, tag);
}

/** Runs a reader. A truncated file, and bytes beyond what tags are worth, end it; what it found counts. */
function attempt(read: () => void): void {
  try {
    read();
  } catch (error) {
    const isShort = error instanceof RangeError || error instanceof TagBytesExceeded;
    if (!isShort || isOutOfMemory(error)) throw error;
  }
}
