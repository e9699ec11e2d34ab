import type { FileBytes } from "./file_bytes.ts";
import { cleanMime, kindOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, type TextReader } from "./text.ts";

const OBJECTS_MAX = 1_024;
const ATTRIBUTES_MAX = 10_000;
const OBJECT_HEADER_BYTES = 24;
const PICTURE_HEAD_BYTES = 1_024;
/** The first bytes of the identifiers of objects that hold tags: enough to tell them apart. */
const OBJECT = {
  header: "\x30\x26\xb2\x75",
  content: "\x33\x26\xb2\x75",
  extendedContent: "\x40\xa4\xd0\xd2",
  headerExtension: "\xb5\x03\xbf\x5f",
  metadata: "\xea\xcb\xf8\xc5",
  metadataLibrary: "\x94\x1c\x23\x44",
} as const;
const CONTENT_NAMES = ["Title", "Author", "Copyright", "Description", "Rating"] as const;
const TYPE = { text: 0, bytes: 1, flag: 2, int32: 3, int64: 4, int16: 5 } as const;

/**
 * Reads the tags of an ASF file (WMA). The first value of a field stands in the content description, further values
 * in the metadata library, and either may come first in the file.
 */
export function readAsfTags(bytes: FileBytes, start: number, text: TextReader, tag: Tag): void {
  const head = bytes.view(start, 30);
  if (head.length < 30 || latin1(head.subarray(0, 4)) !== OBJECT.header) return;
  const end = Math.min(start + uint64(head, 16), bytes.size);
  const found = [...objects(bytes, start + 30, end)];
  const reader = new AsfReader(bytes, text, tag);
  for (const { id, at } of found) if (id === OBJECT.content) reader.content(at);
  for (const { id, at, end } of found) if (id === OBJECT.extendedContent) reader.extended(at, end);
  for (const extension of found) {
    if (extension.id !== OBJECT.headerExtension) continue;
    const inside = [...objects(bytes, extension.at + 22, extension.end)];
    for (const wanted of [OBJECT.metadata, OBJECT.metadataLibrary]) {
      for (const { id, at, end } of inside) if (id === wanted) reader.library(at, end);
    }
  }
}

class AsfReader {
  readonly #bytes: FileBytes;
  readonly #text: TextReader;
  readonly #tag: Tag;

  constructor(bytes: FileBytes, text: TextReader, tag: Tag) {
    this.#bytes = bytes;
    this.#text = text;
    this.#tag = tag;
  }

  content(from: number): void {
    const lengths = this.#bytes.view(from, 10);
    let at = from + 10;
    for (const [i, name] of CONTENT_NAMES.entries()) {
      const length = uint16(lengths, 2 * i);
      const value = this.#utf16(at, length);
      if (value !== "") this.#tag.add(name, value);
      at += length;
    }
  }

  extended(from: number, end: number): void {
    const count = Math.min(uint16(this.#bytes.view(from, 2), 0), ATTRIBUTES_MAX);
    let at = from + 2;
    for (let n = 0; n < count && at + 6 <= end; n++) {
      const nameBytes = uint16(this.#bytes.view(at, 2), 0);
      const name = this.#utf16(at + 2, nameBytes);
      const head = this.#bytes.view(at + 2 + nameBytes, 4);
      const valueAt = at + 2 + nameBytes + 4;
      const length = uint16(head, 2);
      if (valueAt + length > end) return;
      this.#attribute(name, uint16(head, 0), valueAt, length);
      at = valueAt + length;
    }
  }

  library(from: number, end: number): void {
    const count = Math.min(uint16(this.#bytes.view(from, 2), 0), ATTRIBUTES_MAX);
    let at = from + 2;
    for (let n = 0; n < count && at + 12 <= end; n++) {
      const head = this.#bytes.view(at, 12);
      const nameBytes = uint16(head, 4);
      const length = uint32(head, 8);
      const valueAt = at + 12 + nameBytes;
      if (valueAt + length > end) return;
      this.#attribute(this.#utf16(at + 12, nameBytes), uint16(head, 6), valueAt, length);
      at = valueAt + length;
    }
  }

  #attribute(name: string, type: number, at: number, length: number): void {
    if (name === "WM/Picture") return this.#picture(at, length);
    if (length > VALUE_BYTES_MAX) return;
    if (type === TYPE.text) {
      const value = this.#utf16(at, length);
      if (value !== "") this.#tag.add(name, value);
      return;
    }
    const value = this.#bytes.view(at, length);
    if (type === TYPE.flag) this.#tag.add(name, value.some((byte) => byte !== 0) ? "1" : "0");
    else if (type === TYPE.int16) this.#tag.add(name, String(uint16(value, 0)));
    else if (type === TYPE.int32) this.#tag.add(name, String(uint32(value, 0)));
    else if (type === TYPE.int64) this.#tag.add(name, String(uint64(value, 0)));
  }

  /** A picture: its type, length, MIME type and description, then its bytes. */
  #picture(at: number, length: number): void {
    const head = this.#bytes.view(at, Math.min(length, PICTURE_HEAD_BYTES));
    const size = uint32(head, 1);
    const mimeEnd = wideEnd(head, 5);
    const textEnd = mimeEnd === undefined ? undefined : wideEnd(head, mimeEnd);
    if (textEnd === undefined || size > length - textEnd) return;
    const told = this.#text.utf16(head.subarray(5, mimeEnd! - 2), false);
    this.#tag.pictures.push({
      ...{ type: head[0]!, ...kindOfPicture(head.subarray(textEnd), cleanMime(told)) },
      ...{ size, offset: at + textEnd, length: size },
    });
  }

  #utf16(at: number, length: number): string {
    const value = this.#text.utf16(this.#bytes.view(at, Math.min(length, VALUE_BYTES_MAX)), false);
    const end = value.indexOf("\0");
    return (end < 0 ? value : value.slice(0, end)).trim();
  }
}

function* objects(
  bytes: FileBytes,
  from: number,
  end: number,
): Iterable<{ id: string; at: number; end: number }> {
  for (let at = from, n = 0; n < OBJECTS_MAX && at + OBJECT_HEADER_BYTES <= end; n++) {
    const head = bytes.view(at, OBJECT_HEADER_BYTES);
    const length = uint64(head, 16);
    if (length < OBJECT_HEADER_BYTES || at + length > end) return;
    const id = latin1(head.subarray(0, 4));
    yield { id, at: at + OBJECT_HEADER_BYTES, end: at + length };
    at += length;
  }
}

/** The position after the NUL that ends UTF-16 text; undefined when there is none. */
function wideEnd(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at + 1 < bytes.length; at += 2) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at + 2;
  }
  return undefined;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) + uint16(bytes, at + 2) * 2 ** 16;
}

function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) + uint32(bytes, at + 4) * 2 ** 32;
}
