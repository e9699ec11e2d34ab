import type { FileBytes } from "./file_bytes.ts";
import { kindOfPicture, mimeOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, type TextReader } from "./text.ts";
import type { PicturePlace } from "../../events/facts/files.ts";

/** More comments than any real file has: the count in a header is only a claim. */
const COMMENTS_MAX = 10_000;
const NAME_BYTES_MAX = 256;
/** The base64 of a picture's header with a MIME type and description of usual length. */
const PICTURE_HEAD_BYTES = 1_024;
const CHAPTER = /^CHAPTER(\d{3})(NAME)?$/i;

/** The places of comments in the file. */
export interface CommentPlace {
  readonly placeOf: (position: number) => number;
  /** Whether headers of Ogg pages stand between the bytes of a comment. */
  readonly paged: boolean;
}

/** Reads Vorbis comments (xiph.org/vorbis/doc/v-comment.html), as FLAC, Ogg and Speex have them. */
export function readVorbisComments(
  bytes: FileBytes,
  from: number,
  end: number,
  { text, tag, place }: { text: TextReader; tag: Tag; place: CommentPlace },
): void {
  const vendorBytes = uint32(bytes, from);
  let at = from + 4 + vendorBytes;
  if (at + 4 > end) return;
  const count = Math.min(uint32(bytes, at), COMMENTS_MAX);
  at += 4;
  const chapters = new Map<string, { start?: number; title?: string }>();
  for (let n = 0; n < count && at + 4 <= end; n++) {
    const length = uint32(bytes, at);
    at += 4;
    if (at + length > end) return;
    const head = bytes.view(at, Math.min(length, NAME_BYTES_MAX));
    const equals = head.indexOf(0x3d);
    if (equals > 0) {
      const name = latin1(head.subarray(0, equals));
      const valueAt = at + equals + 1;
      const valueBytes = length - equals - 1;
      const upper = name.toUpperCase();
      const chapter = CHAPTER.exec(name);
      if (upper === "METADATA_BLOCK_PICTURE" || upper === "COVERART") {
        const picture = encodedPicture(bytes, valueAt, valueBytes, upper === "COVERART", place);
        if (picture !== undefined) tag.pictures.push(picture);
      } else if (upper === "CUESHEET") {
        tag.cueSheet ??= range("text", place, valueAt, valueBytes);
      } else if (valueBytes <= VALUE_BYTES_MAX) {
        const value = text.utf8OrLegacy(bytes.view(valueAt, valueBytes));
        if (chapter === null) tag.add(name, value);
        else noteChapter(chapters, chapter, value);
      }
    }
    at += length;
  }
  for (const { start, title } of chapters.values()) {
    if (start !== undefined) tag.chapters.push({ title: title ?? "", start_ms: start });
  }
}

function noteChapter(
  chapters: Map<string, { start?: number; title?: string }>,
  [, number, isName]: RegExpExecArray,
  value: string,
): void {
  const chapter = chapters.get(number!) ?? {};
  chapters.set(number!, chapter);
  if (isName !== undefined) {
    chapter.title = value;
    return;
  }
  const time = /^(\d+):(\d\d):(\d\d)(?:\.(\d{1,3}))?/.exec(value.trim());
  if (time === null) return;
  const [, hours, minutes, seconds, fraction = ""] = time;
  chapter.start = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000 +
    Number(fraction.padEnd(3, "0"));
}

function range<Kind extends string>(
  kind: Kind,
  { placeOf, paged }: CommentPlace,
  at: number,
  length: number,
): { kind: Kind; offset: number; length: number; paged?: true } {
  const offset = placeOf(at);
  const last = length === 0 ? offset : placeOf(at + length - 1) + 1;
  return {
    kind,
    offset,
    length: last - offset,
    ...paged && last - offset > length && { paged: true },
  };
}

/** A picture in base64: a FLAC picture block with its head, or the bare picture. */
function encodedPicture(
  bytes: FileBytes,
  at: number,
  length: number,
  isBare: boolean,
  place: CommentPlace,
): PicturePlace | undefined {
  const head = fromBase64(bytes.view(at, Math.min(length & ~3, PICTURE_HEAD_BYTES)));
  if (head === undefined) return undefined;
  const { kind: _, ...where } = range("text", place, at, length);
  const size = Math.floor(length / 4) * 3;
  if (isBare) {
    const mime = mimeOfPicture(head);
    return { type: 3, ...mime !== undefined && { mime }, ...where, size, encoding: "base64" };
  }
  const block = pictureBlock(head);
  if (block === undefined) return undefined;
  const { dataAt: _dataAt, ...about } = block;
  return { ...about, ...where, encoding: "base64-flac" };
}

/** Parses the head of a FLAC picture block (RFC 9639, 8.8). */
export function pictureBlock(
  head: Uint8Array<ArrayBuffer>,
): { type: number; mime?: string; claimed?: true; size: number; dataAt: number } | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 8) return undefined;
  const mimeBytes = view.getUint32(4);
  let at = 8 + mimeBytes;
  if (at + 4 > head.length) return undefined;
  const told = latin1(head.subarray(8, at)).toLowerCase();
  at += 4 + view.getUint32(at) + 16;
  if (at + 4 > head.length) return undefined;
  const dataAt = at + 4;
  return {
    type: view.getUint32(0),
    ...kindOfPicture(head.subarray(dataAt), told === "" ? undefined : told),
    size: view.getUint32(at),
    dataAt,
  };
}

function fromBase64(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(latin1(bytes)), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function uint32(bytes: FileBytes, at: number): number {
  const [a, b, c, d] = bytes.view(at, 4);
  return d === undefined ? Number.MAX_SAFE_INTEGER : a! + b! * 2 ** 8 + c! * 2 ** 16 + d * 2 ** 24;
}
