/**
 * What takes much room is written otherwise than the program has it.
 *
 * Hashes are texts in the program and bytes on the disk, where they take half the room. A text at one of the places
 * below that is lower-case hex becomes bytes, any other stays a text (an origin's tag of a version is whatever it likes), so
 * that each comes back as it was. Records of format 1 have texts there, and are read the same.
 *
 * The chunks of an event are one byte string: of each the 32 bytes of its hash, then its length in groups of seven bits, the
 * lowest first, all but the last with the eighth bit set. That is 35 bytes for a chunk of 64 KiB.
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
  ["ChunksStored", { list: "chunks", fields: ["hash"] }], // where they are no byte string
  ["ChunkCorrupted", { fields: ["hash"] }],
  ["FilesObserved", { list: "files", fields: ["audio", "etag"] }],
]);

type Fields = Record<string, unknown>;

interface Chunk {
  readonly hash: string;
  readonly length: number;
}

const HASH_BYTES = 32;
const LENGTH_BYTES_MAX = 8;
const SHA256 = /^[0-9a-f]{64}$/;
/** MD5, SHA-1, SHA-256. */
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The payload of an event of this type as it is written. Does not change what it is given. */
export function withHashesAsBytes(type: string, data: unknown): unknown {
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  if (type === "ChunksStored") return withPackedChunks(data);
  if (place.list === undefined) return written(data, place.fields);
  const list = data[place.list];
  if (!Array.isArray(list)) return data;
  return { ...data, [place.list]: list.map((each: unknown) => written(each, place.fields)) };
}

/** The payload as the program has it. Changes what it is given, which was just read. */
export function withHashesAsText(type: string, data: unknown): unknown {
  const place = PLACES.get(type);
  if (place === undefined || !isObject(data)) return data;
  if (type === "ChunksStored" && unpackChunks(data)) return data;
  const holders = place.list === undefined ? [data] : data[place.list];
  if (!Array.isArray(holders)) return data;
  for (const holder of holders) {
    if (isObject(holder)) asText(holder, place.fields);
  }
  return data;
}

function asText(holder: Fields, fields: readonly string[]): void {
  for (const name of fields) {
    const value = holder[name];
    if (!(value instanceof Uint8Array)) continue;
    holder[name] = Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex");
  }
}

function withPackedChunks(data: Fields): Fields {
  const { chunks, of } = data;
  const copy = { ...data };
  if (isObject(of)) copy.of = written(of, ["audio", "etag"]);
  if (!Array.isArray(chunks)) return copy;
  const areNamed = chunks.every((it) =>
    isObject(it) && typeof it.hash === "string" && SHA256.test(it.hash) && isLength(it.length)
  );
  copy.chunks = areNamed
    ? packed(chunks as Chunk[])
    : chunks.map((each: unknown) => written(each, ["hash"]));
  return copy;
}

function packed(chunks: readonly Chunk[]): Uint8Array {
  const bytes = Buffer.alloc(chunks.length * (HASH_BYTES + LENGTH_BYTES_MAX));
  let at = 0;
  for (const { hash, length } of chunks) {
    at += bytes.write(hash, at, "hex");
    let left = length;
    for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes[at++] = 0x80 | (left & 0x7f);
    bytes[at++] = left;
  }
  return bytes.subarray(0, at);
}

/** Whether they were a byte string. One that does not come out even is left as it is: the vocabulary refuses it. */
function unpackChunks(data: Fields): boolean {
  const { chunks: bytes, of } = data;
  if (isObject(of)) asText(of, ["audio", "etag"]);
  if (!(bytes instanceof Uint8Array)) return false;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length;) {
    const hash = buffer.toString("hex", at, at += HASH_BYTES);
    let length = 0;
    let scale = 1;
    while (at < bytes.length && bytes[at]! > 0x7f) {
      length += (bytes[at++]! & 0x7f) * scale;
      scale *= 0x80;
    }
    if (at >= bytes.length) return true;
    length += bytes[at++]! * scale;
    chunks.push({ hash, length });
  }
  data.chunks = chunks;
  return true;
}

function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
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
