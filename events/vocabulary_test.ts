import assert from "node:assert/strict";
import { decodeRecord, encodeBody, encodeRecord } from "./log/codec.ts";
import type { MusicEvent } from "./log/event_log.ts";
import { LogCorrupt } from "./log/errors.ts";
import { upcast } from "./log/upcast.ts";
import { CHUNKS_BESIDE_FACTS, CHUNKS_PER_EVENT, type ContentFacts } from "./facts/cache.ts";
import { CACHE_VOCABULARY, LIBRARY_VOCABULARY } from "./vocabulary.ts";
import { withIds } from "../tests/support/plain_ids.ts";

const EVERY_VOCABULARY = {
  ...LIBRARY_VOCABULARY,
  events: { ...LIBRARY_VOCABULARY.events, ...CACHE_VOCABULARY.events },
};

const hash = "ab".repeat(32);

const EVENTS = withIds<readonly MusicEvent[]>([
  {
    type: "ChunksStored",
    v: 2,
    data: {
      ...{ file: 1024, version: 7, offset: 2 ** 33, origin: "nas", provisional: false },
      chunks: [0, 1, 127, 128, 65_536, 2 ** 40].map((length) => ({ hash, length })),
      of: {
        size: 2 ** 34,
        mtime_s: -1,
        mtime_ns: 0,
        etag: "cd".repeat(16),
        audio: "ab",
        audio_end: 5,
      },
    },
  },
  {
    type: "ChunksStored",
    v: 2,
    data: {
      ...{ file: 1024, version: 8, offset: 0, chunks: [{ hash: "odd", length: 3 }], origin: null },
      ...{ provisional: true, of: null },
    },
  },
  { type: "CollectionSaved", v: 1, data: { name: "Jazz", query: "genre:jazz" } },
  { type: "CollectionSaved", v: 1, data: { name: "Mix", tracks: [1024, 1, 1024], from: 3 } },
  { type: "CollectionRenamed", v: 1, data: { name: "Mix", to: "Été" } },
  { type: "CollectionRemoved", v: 1, data: { name: "Mix" } },
  {
    type: "PlaylistRead",
    v: 1,
    data: {
      ...{ origin: "nas", file: 1, found: 9, collection: "Mix", missing: 2 },
      sought: [{ text: "J\u00f3ga.mp3", raw: "J\uefF3ga.mp3", after: 1 }, { text: "x", after: 1 }],
    },
  },
  { type: "PlaylistRead", v: 1, data: { origin: "nas", file: 1, found: 9, problem: "no list" } },
  { type: "PartsProven", v: 1, data: { file: 1024, version: 7, by: "md5" } },
  { type: "FilesUsed", v: 1, data: { files: [1024, 1] } },
  { type: "PartsCompared", v: 1, data: { file: 1024, version: 7, by: "md5", alike: true } },
  {
    type: "CopiesCompared",
    v: 1,
    data: {
      comparisons: [{
        ...{ file: 1024, version: 7, other: 1025, other_version: 8, shift: -3, alike: "sound" },
        ranges: [{ from: 3, to: 4_099 }],
      }],
      done: [{ file: 1024, version: 7 }],
    },
  },
  {
    type: "ChunksEvicted",
    v: 1,
    data: { reason: "space", part: "content", manifests: [{ file: 1024, version: 7 }] },
  },
  { type: "ChunkCorrupted", v: 1, data: { hash, reason: "it is truncated" } },
  { type: "ChunkStoreFound", v: 1, data: { store: "5d3c", holds: "nothing" } },
  { type: "TrackPlayed", v: 1, data: { track: 1024 } },
  { type: "TracksPinned", v: 1, data: { query: "Björk", tracks: [1024, 1025] } },
  { type: "TracksUnpinned", v: 1, data: { query: "Björk", tracks: [] } },
  { type: "OriginTransferred", v: 1, data: { origin: "nas", bytes: 2 ** 40 } },
  {
    type: "FilesObserved",
    v: 1,
    data: {
      ...{ origin: "bucket", scan: 1, position: "a.flac" },
      files: [{
        ...{ file: 1024, path: "a.flac", size: 100, mtime_s: -1, mtime_ns: 0, format: "flac" },
        ...{ etag: "9a0364b9", audio: "cd".repeat(16), audio_start: 42, audio_end: 100 },
      }],
    },
  },
]);

Deno.test("vocabulary: events about content come out of the log as they went in", () => {
  for (const event of EVENTS) {
    const { at: _, ...read } = decodeRecord(3, encodeRecord(3, encodeBody(event, 5)));
    assert.deepEqual(upcast(read, 3, EVERY_VOCABULARY), event);
  }
});

Deno.test("vocabulary: events about stored chunks in older library logs are read in today's shape", () => {
  const chunks = [{ hash, length: 65_536 }];
  for (const origin of ["nas", null]) {
    const data = { file: 1024, version: 7, offset: 0, chunks, origin };
    const written = { type: "ChunksStored", v: 1, data };
    assert.deepEqual(upcast(written, 3, LIBRARY_VOCABULARY)?.data, {
      ...{ ...data, provisional: origin === null, of: null },
    });
  }
});

Deno.test("vocabulary: a chunk takes some 35 bytes of a record", () => {
  const event = (count: number, of: ContentFacts | null) =>
    withIds<MusicEvent>({
      ...{ type: "ChunksStored", v: 2 },
      data: {
        ...{
          file: 2 ** 31,
          version: 2 ** 31,
          offset: 2 ** 33,
          origin: null,
          provisional: false,
          of,
        },
        chunks: Array.from({ length: count }, () => ({ hash, length: 65_000 })),
      },
    });
  const bytes = (count: number, of: ContentFacts | null = null) =>
    encodeRecord(3, encodeBody(event(count, of), Date.now())).length;
  assert.ok(bytes(CHUNKS_PER_EVENT) - bytes(4) <= 35 * (CHUNKS_PER_EVENT - 4) + 2);
  // Four records fill a page of LMDB: 4,080 bytes, of which each record takes 14 beside its own.
  assert.ok(bytes(CHUNKS_PER_EVENT) <= 1006, `${bytes(CHUNKS_PER_EVENT)} bytes`);
  assert.ok(bytes(CHUNKS_PER_EVENT) > 950, `${bytes(CHUNKS_PER_EVENT)} bytes`);
  const facts = { size: 2 ** 34, mtime_s: 1.7e9, mtime_ns: 123_456_789, audio_start: 40_000 };
  const of = { ...facts, audio_end: 2 ** 34, etag: "cd".repeat(16), audio: "ef".repeat(16) };
  const first = bytes(CHUNKS_BESIDE_FACTS, of);
  assert.ok(first <= 1006 && first > 900, `${first} bytes`);
});

Deno.test("vocabulary: the error for a malformed event says what is wrong", () => {
  const malformed = [
    ["ChunksStored", { offset: -1 }, /data\.offset is not a whole number/],
    ["ChunksStored", { version: undefined }, /data\.version is not a whole number/],
    ["ChunksStored", { chunks: [{ hash, length: 0.5 }] }, /chunks\[0\]\.length is not a whole/],
    ["ChunksStored", { chunks: [{ length: 1 }] }, /chunks\[0\]\.hash is not a text/],
    ["ChunksStored", { origin: undefined }, /data\.origin is not a text/],
    ["ChunksEvicted", { reason: "age" }, /data\.reason is none of space, cleared, superseded/],
    ["ChunksEvicted", { part: "metadata" }, /data\.part is none of content, all/],
    ["ChunksEvicted", { manifests: [{ file: 1024 }] }, /manifests\[0\]\.version is not a whole/],
    ["PartsCompared", { alike: 1 }, /data\.alike is not true or false/],
    ["CopiesCompared", { comparisons: [{ file: 1 }] }, /comparisons\[0\]\.version is not a whole/],
    ["CopiesCompared", { done: [{ file: -1 }] }, /done\[0\]\.file is not a whole/],
    ["ChunkCorrupted", { hash: 5 }, /data\.hash is not a text/],
    ["TrackPlayed", { track: "1024" }, /data\.track is not a whole number/],
    ["TracksPinned", { tracks: 1024 }, /data\.tracks is not a list/],
    ["TracksUnpinned", { query: null }, /data\.query is not a text/],
    ["OriginTransferred", { bytes: NaN }, /data\.bytes is not a whole number/],
  ] as const;
  for (const [type, change, problem] of malformed) {
    const event = EVENTS.find((it) => it.type === type)!;
    const data = { ...event.data, ...change };
    const read = () => upcast({ type, v: 1, data }, 4, LIBRARY_VOCABULARY);
    assert.throws(read, (error) => error instanceof LogCorrupt && problem.test(error.message));
  }
});
