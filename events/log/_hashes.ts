/**
 * Hashes are texts in the program and bytes on the disk, where they take half the room. A text at one of the places
 * below that is lower-case hex becomes bytes, any other stays a text (an origin's tag of a version is whatever it likes), so
 * that each comes back as it was. Records of format 1 have texts there, and are read the same.
 *
 * @module
 */
import { Buffer } from "node:buffer";

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

/** MD5, SHA-1, SHA-256. */
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The payload of an event of this type as it is written. Does not change what it is given. */
export function withHashesAsBytes(type: string, data: unknown): unknown {
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  if (place.list === undefined) return written(data, place.fields);
  const list = data[place.list];
  if (!Array.isArray(list)) return data;
  return { ...data, [place.list]: list.map((each: unknown) => written(each, place.fields)) };
}

/** The payload as the program has it. Changes what it is given, which was just read. */
export function withHashesAsText(type: string, data: unknown): unknown {
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  const holders = place.list === undefined ? [data] : data[place.list];
  if (!Array.isArray(holders)) return data;
  for (const holder of holders) {
    if (!isObject(holder)) continue;
    for (const name of place.fields) {
      const value = holder[name];
      if (!(value instanceof Uint8Array)) continue;
      holder[name] = Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex");
    }
  }
  return data;
}

function written(holder: unknown, fields: readonly string[]): unknown {
  if (!isObject(holder)) return holder;
  const hashes = fields.filter((name) => isHash(holder[name]));
  if (hashes.length === 0) return holder;
  const copy = { ...holder };
  for (const name of hashes) copy[name] = Buffer.from(holder[name] as string, "hex");
  return copy;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && HASH.test(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
