/**
 * Hashes are texts in the program and bytes on the disk, where they take half the room. At the places below, a text
 * that is a hash in lower-case hex becomes bytes. Any other text stays a text (an origin may choose any tag for a
 * version), so that each is read as it was. Records of format 1 have texts there, and are read the same way.
 * `ChunksStored` is written in a compact form of its own, except when its payload does not fit that form.
 *
 * @module
 */
import { packChunksStored, unpackChunksStored } from "./_chunks_stored.ts";
import { hashAsBytes, hashAsText } from "./_hash_bytes.ts";

interface Place {
  /** A list in the payload whose members have the field; the payload itself has it when absent. */
  readonly list?: string;
  readonly fields: readonly string[];
}

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["ChunksStored", { list: "chunks", fields: ["hash"] }],
  ["ChunkCorrupted", { fields: ["hash"] }],
  ["FilesObserved", { list: "files", fields: ["audio", "etag"] }],
]);

type Fields = Record<string, unknown>;

/** The payload of an event of this type as it is written. Does not change `data`. */
export function withHashesAsBytes(type: string, data: unknown): unknown {
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  if (type === "ChunksStored") {
    const packed = packChunksStored(data);
    if (packed !== undefined) return packed;
  }
  if (place.list === undefined) return written(data, place.fields);
  const list = data[place.list];
  if (!Array.isArray(list)) return data;
  return { ...data, [place.list]: list.map((each: unknown) => written(each, place.fields)) };
}

/** The payload as the program uses it. Changes `data`, which was just read. */
export function withHashesAsText(type: string, data: unknown): unknown {
  if (type === "ChunksStored" && Array.isArray(data)) return unpackChunksStored(data);
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  const holders = place.list === undefined ? [data] : data[place.list];
  if (!Array.isArray(holders)) return data;
  for (const holder of holders) {
    if (!isObject(holder)) continue;
    for (const name of place.fields) {
      if (holder[name] instanceof Uint8Array) holder[name] = hashAsText(holder[name]);
    }
  }
  return data;
}

function written(holder: unknown, fields: readonly string[]): unknown {
  if (!isObject(holder)) return holder;
  const copy = { ...holder };
  for (const name of fields) if (Object.hasOwn(copy, name)) copy[name] = hashAsBytes(copy[name]);
  return copy;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
