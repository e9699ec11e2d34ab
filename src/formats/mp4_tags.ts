import { type Box, boxes, findBox, uint32 } from "./_mp4_boxes.ts";
import { readChapterTrack } from "./_mp4_chapters.ts";
import type { FileBytes } from "./file_bytes.ts";
import { GENRES } from "./genres.ts";
import { kindOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, type TextReader } from "./text.ts";

/** More names of items than any real file has. */
const KEYS_MAX = 4_096;
/** The most chapters that Nero's list can hold. */
const LISTED_CHAPTERS_MAX = 255;
/** Well-known types of values. */
const TYPE = {
  utf8: 1,
  utf16: 2,
  shiftJis: 3,
  jpeg: 13,
  png: 14,
  signed: 21,
  unsigned: 22,
  bmp: 27,
} as const;
const PICTURE_MIME: ReadonlyMap<number, string> = new Map([
  [TYPE.jpeg, "image/jpeg"],
  [TYPE.png, "image/png"],
  [TYPE.bmp, "image/bmp"],
]);
/** Items whose values are numbers although their type does not say so. */
const NUMBERS: ReadonlySet<string> = new Set(
  "cpil pgap pcst tmpo stik rtng tves tvsn hdvd shwm \xa9mvi \xa9mvc".split(" "),
);

/** Reads the tags of an MP4 or QuickTime file: iTunes' item list, QuickTime's own, and the older text in `udta`. */
export function readMp4Tags(bytes: FileBytes, start: number, text: TextReader, tag: Tag): void {
  const moov = findBox(bytes, { name: "", at: start, end: bytes.size }, "moov");
  if (moov === undefined) return;
  const reader = new Mp4Reader(bytes, text, tag);
  for (const box of boxes(bytes, moov)) {
    if (box.name === "meta") reader.meta(box);
    else if (box.name === "udta") {
      for (const inner of boxes(bytes, box)) {
        if (inner.name === "meta") reader.meta(inner);
        else if (inner.name === "chpl") reader.chapters(inner);
        else if (inner.name.startsWith("\xa9")) reader.oldText(inner);
      }
    }
  }
  // A full list lacks the chapters after the 255th, so the chapter track is read as well.
  if (tag.chapters.length > 0 && tag.chapters.length < LISTED_CHAPTERS_MAX) return;
  const chapters = readChapterTrack(bytes, moov, text);
  if (chapters.length > tag.chapters.length) tag.chapters.splice(0, Infinity, ...chapters);
}

class Mp4Reader {
  readonly #bytes: FileBytes;
  readonly #text: TextReader;
  readonly #tag: Tag;

  constructor(bytes: FileBytes, text: TextReader, tag: Tag) {
    this.#bytes = bytes;
    this.#text = text;
    this.#tag = tag;
  }

  meta(box: Box): void {
    // In QuickTime `meta` is a plain box; in MP4 it has a version and flags.
    const first = latin1(this.#bytes.view(box.at + 4, 4));
    const inside = /^[a-zA-Z]{4}$/.test(first) ? box : { ...box, at: box.at + 4 };
    const keys: string[] = [];
    for (const inner of boxes(this.#bytes, inside)) {
      if (inner.name === "keys") keys.push(...this.#keys(inner));
      if (inner.name !== "ilst") continue;
      for (const item of boxes(this.#bytes, inner)) this.#item(item, keys);
    }
  }

  /** The names of QuickTime's items, which refer to them by number. */
  *#keys({ at: from, end }: Box): Iterable<string> {
    let at = from + 8;
    for (let n = 0; n < KEYS_MAX && at + 8 <= end; n++) {
      const length = uint32(this.#bytes.view(at, 4), 0);
      if (length < 8 || at + length > end || length > VALUE_BYTES_MAX) return;
      yield this.#text.utf8(this.#bytes.view(at + 8, length - 8));
      at += length;
    }
  }

  #item(item: Box, keys: readonly string[]): void {
    let name = item.name;
    const number = keys.length === 0 ? 0 : charNumber(name);
    if (number > 0 && number <= keys.length) name = keys[number - 1]!;
    let mean = "";
    for (const inner of boxes(this.#bytes, item)) {
      if (inner.name === "mean") mean = this.#short(inner);
      else if (inner.name === "name") name = `----:${mean}:${this.#short(inner)}`;
      else if (inner.name === "data" && inner.end - inner.at >= 8) this.#value(name, inner);
    }
  }

  #short({ at, end }: Box): string {
    return this.#text.utf8(this.#bytes.view(at + 4, Math.min(end - at - 4, 1_024)));
  }

  #value(name: string, { at, end }: Box): void {
    const type = uint32(this.#bytes.view(at, 4), 0) & 0xff_ffff;
    const from = at + 8;
    const length = end - from;
    if (name === "covr") return this.#picture(type, from, length);
    if (name.toUpperCase().endsWith(":CUESHEET")) {
      this.#tag.cueSheet ??= { kind: "text", offset: from, length };
      return;
    }
    if (length > VALUE_BYTES_MAX) return;
    const value = this.#bytes.view(from, length);
    const said = this.#said(name, type, value);
    if (said !== undefined && said !== "") this.#tag.add(name, said);
  }

  #said(name: string, type: number, value: Uint8Array): string | undefined {
    if (name === "trkn" || name === "disk") return pair(value);
    if (name === "gnre") return GENRES[integer(value, false) - 1];
    if (type === TYPE.utf8) return this.#text.utf8OrLegacy(value);
    if (type === TYPE.utf16) return this.#text.utf16(value, true);
    if (type === TYPE.shiftJis) return this.#text.shiftJis(value);
    if (type === TYPE.signed || NUMBERS.has(name)) return String(integer(value, true));
    if (type === TYPE.unsigned) return String(integer(value, false));
    // The type "reserved": some programs use it for text.
    return type === 0 && isText(value) ? this.#text.utf8OrLegacy(value) : undefined;
  }

  #picture(type: number, offset: number, length: number): void {
    if (length === 0) return;
    const head = this.#bytes.view(offset, Math.min(length, 16));
    // MP4 does not say what a picture shows. Players take the first for the front cover.
    this.#tag.pictures.push({
      type: 3,
      ...kindOfPicture(head, PICTURE_MIME.get(type)),
      size: length,
      offset,
      length,
    });
  }

  /** QuickTime's old text: its length, its language, and the text. */
  oldText({ name, at, end }: Box): void {
    const [a, b] = this.#bytes.view(at, 2);
    if (b === undefined) return;
    const length = (a! << 8) | b;
    if (length === 0 || at + 4 + length > end) return;
    this.#tag.add(name, this.#text.utf8OrLegacy(this.#bytes.view(at + 4, length)));
  }

  /** Nero's chapters: a start in units of 100 ns, and a title. */
  chapters({ at: from, end }: Box): void {
    const [version] = this.#bytes.view(from, 1);
    let at = from + (version === 0 ? 4 : 8);
    const count = this.#bytes.view(at, 1)[0] ?? 0;
    at += 1;
    for (let n = 0; n < count && at + 9 <= end; n++) {
      const head = this.#bytes.view(at, 9);
      const start = uint32(head, 0) * 2 ** 32 + uint32(head, 4);
      const title = this.#text.utf8OrLegacy(this.#bytes.view(at + 9, head[8]!));
      this.#tag.chapters.push({ title, start_ms: Math.round(start / 10_000) });
      at += 9 + head[8]!;
    }
  }
}

/** `3/12` of a track or disc: two bytes each, after two unused ones. */
function pair(value: Uint8Array): string | undefined {
  if (value.length < 4) return undefined;
  const no = (value[2]! << 8) | value[3]!;
  const of = value.length < 6 ? 0 : (value[4]! << 8) | value[5]!;
  if (no === 0 && of === 0) return undefined;
  return of === 0 ? String(no) : `${no}/${of}`;
}

function integer(value: Uint8Array, isSigned: boolean): number {
  if (value.length === 0 || value.length > 8) return 0;
  let number = 0n;
  for (const byte of value) number = (number << 8n) | BigInt(byte);
  return Number(isSigned ? BigInt.asIntN(8 * value.length, number) : number);
}

function isText(value: Uint8Array): boolean {
  return value.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13);
}

function charNumber(name: string): number {
  let number = 0;
  for (let i = 0; i < name.length; i++) number = number * 256 + name.charCodeAt(i);
  return number;
}
