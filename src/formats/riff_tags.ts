import type { FileBytes } from "./file_bytes.ts";
import { id3HeaderAt } from "./id3_header.ts";
import { readId3v2 } from "./id3v2.ts";
import { VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, TextReader } from "./text.ts";

const CHUNKS_MAX = 1_024;
const BEXT_FIELDS: readonly (readonly [name: string, at: number, length: number])[] = [
  ["bext:description", 0, 256],
  ["bext:originator", 256, 32],
  ["bext:originator_reference", 288, 32],
  ["bext:origination_date", 320, 10],
  ["bext:origination_time", 330, 8],
];

/** Reads the tags of a WAV, RF64 or BW64 file: its `id3 ` chunk, and LIST/INFO with a recorder's notes. */
export function readRiffTags(
  bytes: FileBytes,
  start: number,
  text: TextReader,
  tags: Tag[],
): void {
  const id3 = new Tag("ID3v2");
  const info = new Tag("RIFF");
  tags.push(id3, info);
  const infos: { name: string; value: Uint8Array }[] = [];
  let codePage = 0;
  try {
    for (const { name, at, length } of chunks(bytes, start)) {
      if (name === "LIST" && latin1(bytes.view(at, 4)) === "INFO") {
        infos.push(...infoFields(bytes, at + 4, at + length));
      } else if (name.toLowerCase() === "id3 " && id3.fields.length === 0) {
        const header = id3HeaderAt(bytes, at);
        if (header !== undefined) readId3v2(bytes, header, text, id3);
      } else if (name === "CSET" && length >= 2) {
        const [low, high] = bytes.view(at, 2);
        codePage = low! | (high! << 8);
      } else if (name === "bext") {
        const head = bytes.view(at, Math.min(length, 338));
        for (const [field, from, wide] of BEXT_FIELDS) {
          const value = padded(head.subarray(from, from + wide), text);
          if (value !== "") info.add(field, value);
        }
      }
    }
  } finally {
    // The chunk with the code page may come after the fields that it is for.
    const reader = readerOf(codePage, text);
    for (const { name, value } of infos) {
      const decoded = padded(value, reader);
      if (decoded !== "") info.add(name, decoded);
    }
  }
}

/** The reader for text in the file's own code page (CSET), when TextDecoder knows that; the usual one otherwise. */
function readerOf(codePage: number, text: TextReader): TextReader {
  if (codePage === 0 || codePage === 65_001) return text;
  try {
    return new TextReader(codePage === 28_591 ? "latin1" : `windows-${codePage}`);
  } catch {
    return text;
  }
}

function* chunks(
  bytes: FileBytes,
  start: number,
): Iterable<{ name: string; at: number; length: number }> {
  let at = start + 12;
  let dataBytes: number | undefined;
  for (let n = 0; n < CHUNKS_MAX && at + 8 <= bytes.size; n++) {
    const header = bytes.view(at, 8);
    const name = latin1(header.subarray(0, 4));
    let length = uint32(header, 4);
    at += 8;
    if (name === "ds64") dataBytes = wide(bytes.view(at, 24), 8);
    if (length === 0xffff_ffff && name === "data") length = dataBytes ?? bytes.size - at;
    yield { name, at, length: Math.min(length, bytes.size - at) };
    at += length + (length & 1);
  }
}

function* infoFields(
  bytes: FileBytes,
  from: number,
  end: number,
): Iterable<{ name: string; value: Uint8Array }> {
  for (let at = from, n = 0; n < CHUNKS_MAX && at + 8 <= end; n++) {
    const header = bytes.view(at, 8);
    const length = uint32(header, 4);
    at += 8;
    if (at + length > end) return;
    const name = latin1(header.subarray(0, 4));
    if (length <= VALUE_BYTES_MAX) yield { name, value: bytes.view(at, length) };
    at += length + (length & 1);
  }
}

/** The text up to its first NUL. */
function padded(bytes: Uint8Array, text: TextReader): string {
  const end = bytes.indexOf(0);
  return text.utf8OrLegacy(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}

function uint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! + bytes[at + 1]! * 2 ** 8 + bytes[at + 2]! * 2 ** 16 + bytes[at + 3]! * 2 ** 24;
}

function wide(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length < at + 8) return undefined;
  return uint32(bytes, at) + uint32(bytes, at + 4) * 2 ** 32;
}
