import type { PicturePlace } from "../../events/facts/files.ts";
import type { FileBytes } from "./file_bytes.ts";
import { hasId3v1, ID3V1_BYTES } from "./id3v1.ts";
import { mimeOfPicture, VALUE_BYTES_MAX } from "./pictures.ts";
import { Tag } from "./tag.ts";
import { latin1, nulSeparated, type TextReader } from "./text.ts";

export const APE_FOOTER_BYTES = 32;
const MAGIC = "APETAGEX";
const HAS_HEADER = 0x8000_0000;
const ITEMS_MAX = 1_000;
const KEY_BYTES_MAX = 255;
const COVER_TYPES: ReadonlyMap<string, number> = new Map([
  ["cover art (front)", 3],
  ["cover art (back)", 4],
  ["cover art (leaflet)", 5],
  ["cover art (media)", 6],
  ["cover art (lead artist)", 7],
  ["cover art (artist)", 8],
  ["cover art (icon)", 1],
  ["cover art (other)", 0],
]);

/** The place of an APE tag: of its items, and of the whole tag. */
export interface ApeTagPlace {
  readonly itemsAt: number;
  readonly itemsEnd: number;
  readonly start: number;
  readonly version: number;
}

/** Finds the APE tag at the end of a file (before an ID3v1 tag or a Lyrics3 block) or at its start. */
export function findApeTag(bytes: FileBytes, start: number): ApeTagPlace | undefined {
  let end = bytes.size;
  if (hasId3v1(bytes)) {
    end -= ID3V1_BYTES;
    end -= lyrics3Bytes(bytes, end);
  }
  return apeTagEndingAt(bytes, end) ?? apeTagStartingAt(bytes, start);
}

/** The length of a Lyrics3v2 block that ends at `end`, in bytes; 0 when there is none. */
export function lyrics3Bytes(bytes: FileBytes, end: number): number {
  if (end < 15) return 0;
  const footer = latin1(bytes.view(end - 15, 15));
  if (!footer.endsWith("LYRICS200")) return 0;
  const length = Number.parseInt(footer.slice(0, 6), 10) + 15;
  return length > 15 && length < end ? length : 0;
}

export function apeTagEndingAt(bytes: FileBytes, end: number): ApeTagPlace | undefined {
  if (end < APE_FOOTER_BYTES) return undefined;
  const footer = bytes.view(end - APE_FOOTER_BYTES, APE_FOOTER_BYTES);
  if (latin1(footer.subarray(0, 8)) !== MAGIC) return undefined;
  const view = dataView(footer);
  const itemsAt = end - view.getUint32(12, true);
  const hasHeader = (view.getUint32(20, true) & HAS_HEADER) !== 0;
  const start = itemsAt - (hasHeader ? APE_FOOTER_BYTES : 0);
  if (start < 0) return undefined;
  return { itemsAt, itemsEnd: end - APE_FOOTER_BYTES, start, version: view.getUint32(8, true) };
}

function apeTagStartingAt(bytes: FileBytes, start: number): ApeTagPlace | undefined {
  const header = bytes.view(start, APE_FOOTER_BYTES);
  if (header.length < APE_FOOTER_BYTES || latin1(header.subarray(0, 8)) !== MAGIC) return undefined;
  const view = dataView(header);
  const itemsAt = start + APE_FOOTER_BYTES;
  const itemsEnd = itemsAt + view.getUint32(12, true) - APE_FOOTER_BYTES;
  return itemsEnd > bytes.size
    ? undefined
    : { itemsAt, itemsEnd, start, version: view.getUint32(8, true) };
}

/**
 * Reads the items of an APE tag (wiki.hydrogenaud.io, APEv2 specification). Version 1000 does not say how text is
 * encoded.
 */
export function readApeTag(
  bytes: FileBytes,
  { itemsAt, itemsEnd, version }: ApeTagPlace,
  text: TextReader,
  tag: Tag,
): void {
  for (let at = itemsAt, n = 0; at + 9 < itemsEnd && n < ITEMS_MAX; n++) {
    const head = bytes.view(at, Math.min(8 + KEY_BYTES_MAX + 1, itemsEnd - at));
    const view = dataView(head);
    const length = view.getUint32(0, true);
    const kind = (view.getUint32(4, true) >> 1) & 3;
    const keyEnd = head.indexOf(0, 8);
    if (keyEnd < 0) return;
    const key = latin1(head.subarray(8, keyEnd));
    const valueAt = at + keyEnd + 1;
    at = valueAt + length;
    if (at > itemsEnd) return;
    if (kind === 1) {
      const picture = coverOf(bytes, key, valueAt, length);
      if (picture !== undefined) tag.pictures.push(picture);
    } else if (key.toLowerCase() === "cuesheet") {
      tag.cueSheet ??= { kind: "text", offset: valueAt, length };
    } else if (length <= VALUE_BYTES_MAX) {
      const value = bytes.view(valueAt, length);
      const decoded = version < 2000 ? text.utf8OrLegacy(value) : text.utf8(value);
      tag.add(key, ...nulSeparated(decoded));
    }
  }
}

/** A cover: a file name, a NUL, and the picture. */
function coverOf(
  bytes: FileBytes,
  key: string,
  at: number,
  length: number,
): PicturePlace | undefined {
  const type = COVER_TYPES.get(key.toLowerCase());
  if (type === undefined) return undefined;
  const head = bytes.view(at, Math.min(length, 256));
  const nameEnd = head.indexOf(0);
  const skipped = nameEnd < 0 ? 0 : nameEnd + 1;
  const mime = mimeOfPicture(head.subarray(skipped));
  const size = length - skipped;
  return { type, ...mime !== undefined && { mime }, size, offset: at + skipped, length: size };
}

function dataView(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
