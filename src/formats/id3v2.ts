/**
 * ID3v2.2, 2.3 and 2.4 (id3.org), as programs write them and not only as they should: unsynchronised tags and frames,
 * extended headers, iTunes' 2.4 with plain frame sizes, three-letter names in 2.3, compressed frames. Large frames
 * are skipped without being read.
 *
 * @module
 */
import type { FileBytes } from "./file_bytes.ts";
import { framesOf, type Id3Frame } from "./_id3_frames.ts";
import { type Id3Header, id3HeaderAt } from "./id3_header.ts";
import { cleanMime, kindOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, nulSeparated, type TextReader } from "./text.ts";

/** Encoding, MIME type, type and description of a picture. */
const PICTURE_HEAD_BYTES = 1024;
/** More tags in a row than any program writes. */
const TAGS_MAX = 8;
const CHAPTER_HEAD_BYTES = 16;
/** The encoding, a byte order mark, and `CUESHEET` in two bytes a character with its end. */
const CUE_HEAD_BYTES = 1 + 2 + 2 * 9;

/** Reads the frames of one tag. */
export function readId3v2(
  bytes: FileBytes,
  header: Id3Header,
  text: TextReader,
  tag: Tag,
): void {
  const reader = new FrameReader(text, tag);
  const dates = new Map<string, string>();
  for (const frame of framesOf(bytes, header)) {
    if (DATE_PARTS.has(frame.id)) {
      const [value] = reader.texts(frame);
      if (value !== undefined && !dates.has(frame.id)) dates.set(frame.id, value);
    } else {
      reader.read(frame);
    }
  }
  const date = dateOf(dates);
  if (date !== undefined) tag.add("TYER", date);
}

/** Reads every ID3v2 tag before the sound, one after the other. The first is the one that counts. */
export function readId3v2Tags(bytes: FileBytes, text: TextReader, tags: Tag[]): void {
  let header = id3HeaderAt(bytes, 0);
  for (let n = 0; header !== undefined && n < TAGS_MAX; n++) {
    const tag = new Tag("ID3v2");
    tags.push(tag);
    readId3v2(bytes, header, text, tag);
    header = header.end < bytes.size ? id3HeaderAt(bytes, header.end) : undefined;
  }
}

const DATE_PARTS: ReadonlySet<string> = new Set(["TYER", "TDAT", "TIME"]);

/** Version 2.3 has the year, the day and month, and the time in frames of their own. */
function dateOf(parts: ReadonlyMap<string, string>): string | undefined {
  const year = parts.get("TYER")?.trim();
  if (year === undefined) return undefined;
  const day = /^(\d\d)(\d\d)$/.exec(parts.get("TDAT")?.trim() ?? "");
  if (day === null || !/^\d{4}$/.test(year) || Number(day[1]) > 31 || Number(day[2]) > 12) {
    return year;
  }
  return `${year}-${day[2]}-${day[1]}`;
}

class FrameReader {
  readonly #text: TextReader;
  readonly #tag: Tag;

  constructor(text: TextReader, tag: Tag) {
    this.#text = text;
    this.#tag = tag;
  }

  read(frame: Id3Frame): void {
    const { id } = frame;
    if (id === "APIC" || id === "PIC") return this.#picture(frame);
    if (id === "TXXX" && this.#isCueSheet(frame)) return;
    if (frame.size > VALUE_BYTES_MAX) return;
    if (id === "TXXX") return this.#described(frame, 0);
    if (id === "WXXX") return this.#link(frame);
    if (id === "COMM" || id === "USLT") return this.#described(frame, 3);
    if (id === "TIPL" || id === "TMCL" || id === "IPLS") return this.#people(frame);
    if (id === "UFID") return this.#identifier(frame);
    if (id === "POPM") return this.#rating(frame);
    if (id === "PCNT") return this.#counter(frame);
    if (id === "RVA2") return this.#volume(frame);
    if (id === "CHAP") return this.#chapter(frame);
    if (id === "PCST") return this.#tag.add(id, "1");
    if (id.startsWith("T") || TEXT_FRAMES.has(id)) this.#tag.add(id, ...this.texts(frame));
    else if (id.startsWith("W")) this.#tag.add(id, ...this.#address(frame));
  }

  /** An address. iTunes writes it as text, with a byte for the encoding before it. */
  #address(frame: Id3Frame): string[] {
    const body = frame.body();
    return body[0]! <= 3 ? this.texts(frame) : [this.#untilNul(body)];
  }

  /** The values of a frame that holds nothing but text. */
  texts(frame: Id3Frame): string[] {
    const body = frame.body();
    return body.length < 2 ? [] : this.#values(body[0]!, body.subarray(1));
  }

  #values(encoding: number, bytes: Uint8Array): string[] {
    return nulSeparated(this.#decoded(encoding, bytes)).map((value) => value.replace(/^\ufeff/, ""))
      .filter((value) => value !== "");
  }

  #decoded(encoding: number, bytes: Uint8Array): string {
    switch (encoding) {
      case 0:
        return this.#text.legacy(bytes);
      case 1:
        return this.#text.utf16(bytes, false);
      case 2:
        return this.#text.utf16(bytes, true);
      case 3:
        return this.#text.utf8(bytes);
      default:
        return "";
    }
  }

  /** Splits a description, which ends with the NUL of its encoding, from the bytes after it. */
  #split(encoding: number, bytes: Uint8Array): [description: string, rest: Uint8Array] {
    const wide = encoding === 1 || encoding === 2;
    let end = 0;
    if (wide) {
      while (end + 1 < bytes.length && (bytes[end] !== 0 || bytes[end + 1] !== 0)) end += 2;
    } else {
      while (end < bytes.length && bytes[end] !== 0) end++;
    }
    const description = this.#decoded(encoding, bytes.subarray(0, end)).replace(/^\ufeff/, "");
    return [description, bytes.subarray(end + (wide ? 2 : 1))];
  }

  /** Records the place of a cue sheet, of any length, when the first bytes of the frame name one. */
  #isCueSheet(frame: Id3Frame): boolean {
    const [encoding, ...head] = frame.head(CUE_HEAD_BYTES);
    if (encoding === undefined) return false;
    const [description] = this.#split(encoding, Uint8Array.from(head));
    if (description.toUpperCase() !== "CUESHEET") return false;
    const { at, end, isPlain } = frame;
    if (isPlain) this.#tag.cueSheet ??= { kind: "id3", offset: at, length: end - at };
    return true;
  }

  #described(frame: Id3Frame, languageBytes: number): void {
    const body = frame.body();
    const encoding = body[0];
    if (encoding === undefined) return;
    const [description, rest] = this.#split(encoding, body.subarray(1 + languageBytes));
    const name = description === "" ? frame.id : `${frame.id}:${description}`;
    this.#tag.add(name, ...this.#values(encoding, rest));
  }

  #link(frame: Id3Frame): void {
    const body = frame.body();
    if (body.length < 2) return;
    const [description, rest] = this.#split(body[0]!, body.subarray(1));
    this.#tag.add(description === "" ? "WXXX" : `WXXX:${description}`, this.#untilNul(rest));
  }

  #people(frame: Id3Frame): void {
    const values = this.texts(frame);
    for (let i = 0; i + 1 < values.length; i += 2) {
      const [role, name] = [values[i]!, values[i + 1]!];
      if (frame.id === "TMCL") this.#tag.add("TMCL", `${name} (${role})`);
      else this.#tag.add(`TIPL:${role}`, name);
    }
  }

  #identifier(frame: Id3Frame): void {
    const body = frame.body();
    const end = body.indexOf(0);
    if (end < 0) return;
    this.#tag.add(`UFID:${latin1(body.subarray(0, end))}`, latin1(body.subarray(end + 1)));
  }

  #rating(frame: Id3Frame): void {
    const body = frame.body();
    const end = body.indexOf(0);
    const rating = body[end + 1];
    if (end >= 0 && rating !== undefined && rating > 0) this.#tag.add("POPM", String(rating));
  }

  #counter(frame: Id3Frame): void {
    let count = 0;
    for (const byte of frame.body()) count = count * 256 + byte;
    if (Number.isSafeInteger(count)) this.#tag.add("PCNT", String(count));
  }

  /**
   * The relative volume adjustment of the master channel, in 1/512 dB: the way to write ReplayGain before that name
   * existed.
   */
  #volume(frame: Id3Frame): void {
    const body = frame.body();
    const end = body.indexOf(0);
    if (end < 0 || body[end + 1] !== 1 || body.length < end + 4) return;
    const gain = ((body[end + 2]! << 24) >> 16 | body[end + 3]!) / 512;
    this.#tag.add(`RVA2:${latin1(body.subarray(0, end))}`, `${gain.toFixed(2)} dB`);
  }

  #picture(frame: Id3Frame): void {
    const head = frame.head(PICTURE_HEAD_BYTES);
    const encoding = head[0];
    if (encoding === undefined) return;
    let at = 1;
    let mime: string;
    if (frame.id === "PIC" && head[4]! <= 20) {
      mime = latin1(head.subarray(1, 4));
      at = 4;
    } else {
      const end = head.indexOf(0, 1);
      if (end < 0) return;
      mime = latin1(head.subarray(1, end));
      at = end + 1;
    }
    const type = head[at];
    if (type === undefined) return;
    const [, rest] = this.#split(encoding, head.subarray(at + 1));
    const begins = head.length - rest.length;
    if (rest.length === 0 && head.length < frame.size) return;
    const place = frame.placeOf(begins);
    if (place === undefined || place.length === 0) return;
    this.#tag.pictures.push({ type, ...kindOfPicture(rest, cleanMime(mime)), ...place });
  }

  #chapter(frame: Id3Frame): void {
    const body = frame.body();
    const idEnd = body.indexOf(0);
    if (idEnd < 0 || body.length < idEnd + 1 + CHAPTER_HEAD_BYTES) return;
    const view = new DataView(body.buffer, body.byteOffset + idEnd + 1);
    const [start_ms, end_ms] = [view.getUint32(0), view.getUint32(4)];
    const inside = body.slice(idEnd + 1 + CHAPTER_HEAD_BYTES);
    const found = new Tag("ID3v2");
    const reader = new FrameReader(this.#text, found);
    const frames = framesOf(bytesOf(inside), {
      ...frame.header,
      flags: 0,
      bodyAt: 0,
      bodyLength: inside.length,
    });
    for (const inner of frames) if (inner.id === "TIT2") reader.read(inner);
    this.#tag.chapters.push({ title: found.fields[0]?.value ?? "", start_ms, end_ms });
  }

  #untilNul(bytes: Uint8Array): string {
    const end = bytes.indexOf(0);
    return this.#text.legacy(end < 0 ? bytes : bytes.subarray(0, end)).trim();
  }
}

/** Frames of text whose names do not begin with T. */
const TEXT_FRAMES: ReadonlySet<string> = new Set(["MVNM", "MVIN", "GRP1"]);

function bytesOf(bytes: Uint8Array<ArrayBuffer>): FileBytes {
  return { size: bytes.length, view: (at, length) => bytes.subarray(at, at + length) };
}
