import type { FileBytes } from "./file_bytes.ts";
import { cleanMime, kindOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { type TextReader } from "./text.ts";

/** More elements in one element than any file has that is no attack. */
const ELEMENTS_MAX = 10_000;
/** How many elements of a segment are searched for tags when no index gives their places. */
const SEGMENT_ELEMENTS_MAX = 64;
const ID = {
  segment: 0x1853_8067,
  seekHead: 0x114d_9b74,
  info: 0x1549_a966,
  chapters: 0x1043_a770,
  tags: 0x1254_c367,
  attachments: 0x1941_a469,
  cluster: 0x1f43_b675,
} as const;
const WANTED: ReadonlySet<number> = new Set([ID.info, ID.chapters, ID.tags, ID.attachments]);
/** The names of target values (matroska.org/technical/tagging.html). */
const TARGETS: ReadonlyMap<number, string> = new Map([
  ...[[70, "collection"], [60, "edition"], [50, "album"], [40, "part"]] as [number, string][],
  ...[[30, "track"], [20, "subtrack"], [10, "shot"]] as [number, string][],
]);

interface Element {
  readonly id: number;
  /** The range of its content in the file. */
  readonly at: number;
  readonly end: number;
}

/**
 * Reads tags, chapters and pictures of a Matroska or WebM file. A field is named with its target, as in
 * `album:TITLE`; a field without a target, as ffmpeg writes it, belongs to the track.
 */
export function readMatroskaTags(
  bytes: FileBytes,
  start: number,
  text: TextReader,
  tag: Tag,
): void {
  const segment = find(bytes, start, bytes.size, ID.segment);
  if (segment === undefined) return;
  const reader = new MatroskaReader(bytes, text, tag);
  const seen = new Set<number>();
  const sought = new Map<number, number>();
  let n = 0;
  for (const element of elements(bytes, segment.at, segment.end)) {
    if (element.id === ID.seekHead) {
      for (const [id, at] of reader.index(element)) sought.set(id, segment.at + at);
    } else if (WANTED.has(element.id)) {
      seen.add(element.id);
      reader.read(element);
    } else if (element.id === ID.cluster && sought.size > 0) {
      break;
    }
    if (++n === SEGMENT_ELEMENTS_MAX) break;
  }
  for (const [id, at] of sought) {
    if (seen.has(id) || !WANTED.has(id)) continue;
    const element = find(bytes, at, segment.end, id, 1);
    if (element !== undefined) reader.read(element);
  }
}

class MatroskaReader {
  readonly #bytes: FileBytes;
  readonly #text: TextReader;
  readonly #tag: Tag;

  constructor(bytes: FileBytes, text: TextReader, tag: Tag) {
    this.#bytes = bytes;
    this.#text = text;
    this.#tag = tag;
  }

  /** The places of the segment's elements, relative to the segment, by their ids. */
  *index(seekHead: Element): Iterable<[id: number, at: number]> {
    for (const seek of this.#children(seekHead, 0x4dbb)) {
      let id: number | undefined;
      let at: number | undefined;
      for (const field of this.#children(seek)) {
        if (field.id === 0x53ab) id = this.#number(field);
        else if (field.id === 0x53ac) at = this.#number(field);
      }
      if (id !== undefined && at !== undefined) yield [id, at];
    }
  }

  read(element: Element): void {
    if (element.id === ID.info) {
      for (const title of this.#children(element, 0x7ba9)) {
        this.#add("segment:title", this.#string(title));
      }
    } else if (element.id === ID.tags) {
      for (const tag of this.#children(element, 0x7373)) this.#readTag(tag);
    } else if (element.id === ID.chapters) {
      // Players show the first of several editions.
      const [edition] = this.#children(element, 0x45b9);
      if (edition === undefined) return;
      for (const atom of this.#children(edition, 0xb6)) this.#chapter(atom);
    } else {
      for (const file of this.#children(element, 0x61a7)) this.#attachment(file);
    }
  }

  #readTag(tag: Element): void {
    let target = "track";
    for (const targets of this.#children(tag, 0x63c0)) {
      for (const field of this.#children(targets)) {
        if (field.id === 0x68ca) target = TARGETS.get(this.#number(field)) ?? target;
      }
    }
    for (const simple of this.#children(tag, 0x67c8)) {
      let name = "";
      let value: Element | undefined;
      for (const field of this.#children(simple)) {
        if (field.id === 0x45a3) name = this.#string(field);
        else if (field.id === 0x4487) value = field;
      }
      if (value === undefined) continue;
      const { at, end } = value;
      if (name.toUpperCase() !== "CUESHEET") this.#add(`${target}:${name}`, this.#string(value));
      else this.#tag.cueSheet ??= { kind: "text", offset: at, length: end - at };
    }
  }

  #chapter(atom: Element): void {
    let start: number | undefined;
    let end: number | undefined;
    let title = "";
    for (const field of this.#children(atom)) {
      if (field.id === 0x91) start = this.#number(field);
      else if (field.id === 0x92) end = this.#number(field);
      else if (field.id === 0x80) {
        for (const text of this.#children(field, 0x85)) title ||= this.#string(text);
      }
    }
    if (start === undefined) return;
    this.#tag.chapters.push({
      ...{ title, start_ms: Math.round(start / 1e6) },
      ...end !== undefined && end > start && { end_ms: Math.round(end / 1e6) },
    });
  }

  /** Records an attachment that is a picture. One called `cover` is the front cover. */
  #attachment(file: Element): void {
    let name = "";
    let mime: string | undefined;
    let data: Element | undefined;
    for (const field of this.#children(file)) {
      if (field.id === 0x466e) name = this.#string(field);
      else if (field.id === 0x4660) mime = cleanMime(this.#string(field));
      else if (field.id === 0x465c) data = field;
    }
    if (data === undefined || !mime?.startsWith("image/")) return;
    const length = data.end - data.at;
    const type = /cover/i.test(name) ? 3 : 0;
    const head = this.#bytes.view(data.at, Math.min(length, 16));
    this.#tag.pictures.push({
      ...{ type, ...kindOfPicture(head, mime), size: length, offset: data.at, length },
    });
  }

  #add(name: string, value: string): void {
    if (value !== "") this.#tag.add(name, value);
  }

  #children(within: Element, id?: number): Element[] {
    const children: Element[] = [];
    for (const child of elements(this.#bytes, within.at, within.end)) {
      if (id === undefined || child.id === id) children.push(child);
    }
    return children;
  }

  #string({ at, end }: Element): string {
    if (end - at > VALUE_BYTES_MAX) return "";
    const bytes = this.#bytes.view(at, end - at);
    const nul = bytes.indexOf(0);
    return this.#text.utf8(nul < 0 ? bytes : bytes.subarray(0, nul)).trim();
  }

  #number({ at, end }: Element): number {
    let number = 0;
    for (const byte of this.#bytes.view(at, Math.min(8, end - at))) number = number * 256 + byte;
    return number;
  }
}

function find(
  bytes: FileBytes,
  from: number,
  end: number,
  id: number,
  tries: number = SEGMENT_ELEMENTS_MAX,
): Element | undefined {
  let n = 0;
  for (const element of elements(bytes, from, end)) {
    if (element.id === id) return element;
    if (++n === tries) return undefined;
  }
  return undefined;
}

/**
 * The elements in a range, one after the other (RFC 8794). An element of unknown size reaches to the end of the one
 * that holds it.
 */
function* elements(bytes: FileBytes, from: number, end: number): Iterable<Element> {
  for (let at = from, n = 0; at < end && n < ELEMENTS_MAX; n++) {
    const head = bytes.view(at, Math.min(12, end - at));
    const idBytes = head.length === 0 ? 0 : Math.clz32(head[0]!) - 23;
    if (idBytes < 1 || idBytes > 4 || head.length <= idBytes) return;
    const sizeBytes = Math.clz32(head[idBytes]!) - 23;
    if (sizeBytes > 8 || head.length < idBytes + sizeBytes) return;
    let id = 0;
    for (let i = 0; i < idBytes; i++) id = id * 256 + head[i]!;
    let size = head[idBytes]! & (0xff >> sizeBytes);
    let isUnknown = size === 0xff >> sizeBytes;
    for (let i = idBytes + 1; i < idBytes + sizeBytes; i++) {
      size = size * 256 + head[i]!;
      isUnknown &&= head[i] === 0xff;
    }
    const contentAt = at + idBytes + sizeBytes;
    const next = isUnknown ? end : contentAt + size;
    yield { id, at: contentAt, end: Math.min(next, end) };
    at = next;
  }
}
