import type { FileBytes } from "./file_bytes.ts";
import { id3HeaderAt } from "./id3_header.ts";
import { readId3v2 } from "./id3v2.ts";
import { VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, nulSeparated, type TextReader } from "./text.ts";

const CHUNKS_MAX = 1_024;
const TEXT_CHUNKS: ReadonlySet<string> = new Set(["NAME", "AUTH", "(c) ", "ANNO"]);

/** Reads the tags of an AIFF or AIFF-C file: its `ID3 ` chunk, and the format's own text chunks. */
export function readAiffTags(bytes: FileBytes, start: number, text: TextReader, tags: Tag[]): void {
  const id3 = new Tag("ID3v2");
  const aiff = new Tag("AIFF");
  tags.push(id3, aiff);
  for (const { name, at, length } of chunks(bytes, start + 12, false)) {
    if (name.toUpperCase() === "ID3 " && id3.fields.length === 0) {
      const header = id3HeaderAt(bytes, at);
      if (header !== undefined) readId3v2(bytes, header, text, id3);
    } else if (TEXT_CHUNKS.has(name) && length <= VALUE_BYTES_MAX) {
      const values = nulSeparated(text.utf8OrLegacy(bytes.view(at, length)));
      aiff.add(name, ...values.map((value) => value.trim()).filter((value) => value !== ""));
    }
  }
}

/** Reads the `ID3 ` chunk of a DSDIFF file. */
export function readDsdiffTags(
  bytes: FileBytes,
  start: number,
  text: TextReader,
  tags: Tag[],
): void {
  const id3 = new Tag("ID3v2");
  tags.push(id3);
  for (const { name, at } of chunks(bytes, start + 16, true)) {
    if (name !== "ID3 " || id3.fields.length > 0) continue;
    const header = id3HeaderAt(bytes, at);
    if (header !== undefined) readId3v2(bytes, header, text, id3);
  }
}

/** Reads the tag of a DSF file, whose place the header gives. */
export function readDsfTags(bytes: FileBytes, start: number, text: TextReader, tags: Tag[]): void {
  const id3 = new Tag("ID3v2");
  tags.push(id3);
  const head = bytes.view(start, 28);
  if (head.length < 28) return;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const at = start + view.getUint32(20, true) + view.getUint32(24, true) * 2 ** 32;
  const header = at > start && at < bytes.size ? id3HeaderAt(bytes, at) : undefined;
  if (header !== undefined) readId3v2(bytes, header, text, id3);
}

function* chunks(
  bytes: FileBytes,
  from: number,
  isWide: boolean,
): Iterable<{ name: string; at: number; length: number }> {
  const headerBytes = isWide ? 12 : 8;
  for (let at = from, n = 0; n < CHUNKS_MAX && at + headerBytes <= bytes.size; n++) {
    const header = bytes.view(at, headerBytes);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const length = isWide ? view.getUint32(4) * 2 ** 32 + view.getUint32(8) : view.getUint32(4);
    at += headerBytes;
    const name = latin1(header.subarray(0, 4));
    yield { name, at, length: Math.min(length, bytes.size - at) };
    at += length + (length % 2);
  }
}
