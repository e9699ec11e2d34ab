/**
 * The compact form in which `ChunksStored` is written. There is one such event for each mebibyte or two that is
 * fetched: names of fields, and chunks as objects, would make up most of a cache log. The payload is a list of the
 * values of its fields. The facts about the version (`of`) are such a list as well. The chunks are one byte string: of
 * each chunk the 32 bytes of its hash, then its length in groups of seven bits, the lowest first, all but the last with
 * the eighth bit set. That is 35 bytes for a chunk of 64 KiB.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { hashAsBytes, hashAsText } from "./_hash_bytes.ts";

const FIELDS = ["file", "version", "offset", "chunks", "origin", "provisional", "of"] as const;
const FACTS = [
  ...["size", "mtime_s", "mtime_ns", "etag", "audio", "audio_start", "audio_end"] as const,
];
const HASH_BYTES = 32;
const LENGTH_BYTES_MAX = 8;
const SHA256 = /^[0-9a-f]{64}$/;

type Fields = Record<string, unknown>;

interface Chunk {
  readonly hash: string;
  readonly length: number;
}

/**
 * Packs a payload into a list. Undefined for a payload of another version, and when the name of a chunk is no SHA-256.
 */
export function packChunksStored(data: Fields): unknown[] | undefined {
  const { chunks, of } = data;
  const isWhole = FIELDS.every((name) => Object.hasOwn(data, name));
  if (!isWhole || !Array.isArray(chunks) || !chunks.every(isNamed)) return undefined;
  const packed = { ...data, chunks: packChunks(chunks), of: packFacts(of) };
  return FIELDS.map((name) => (packed as Fields)[name]);
}

/**
 * Unpacks the payload from a list. A byte string that ends within a chunk stays as it is: the vocabulary refuses it.
 */
export function unpackChunksStored(list: readonly unknown[]): Fields {
  const data: Fields = Object.fromEntries(FIELDS.map((name, i) => [name, list[i]]));
  if (data.chunks instanceof Uint8Array) data.chunks = unpackChunks(data.chunks);
  if (Array.isArray(data.of)) data.of = unpackFacts(data.of);
  return data;
}

function packFacts(of: unknown): unknown {
  if (of === null || typeof of !== "object") return of;
  return FACTS.map((name) => hashAsBytes((of as Fields)[name] ?? null));
}

function unpackFacts(list: readonly unknown[]): Fields {
  return Object.fromEntries(
    FACTS.map((name, i) => [name, hashAsText(list[i])]).filter(([, value]) => value !== null),
  );
}

function packChunks(chunks: readonly Chunk[]): Uint8Array {
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

function unpackChunks(bytes: Uint8Array): readonly Chunk[] | Uint8Array {
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
    if (at >= bytes.length) return bytes;
    length += bytes[at++]! * scale;
    chunks.push({ hash, length });
  }
  return chunks;
}

function isNamed(chunk: unknown): chunk is Chunk {
  const { hash, length } = (chunk ?? {}) as Partial<Chunk>;
  return typeof hash === "string" && SHA256.test(hash) && Number.isSafeInteger(length) &&
    length! >= 0;
}
