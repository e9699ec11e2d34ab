import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryChunkStore } from "./memory_store.ts";
import type { ChunkReading, ChunkStore } from "./chunk_store.ts";
import { VerifiedChunks } from "./verified_chunks.ts";

const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1e9);

/** Chunks by small numbers, each with its own length and bytes. Counts the bytes that are read from the store. */
function numberedChunks() {
  const store = new MemoryChunkStore();
  let reads = 0;
  let parts = 0;
  const counted: ChunkStore = {
    put: (hash, bytes) => store.put(hash, bytes),
    remove: (hash) => store.remove(hash),
    list: () => store.list(),
    has: (...args) => store.has(...args),
    isSettled: () => store.isSettled(),
    settle: () => store.settle(),
    unsettle: () => store.unsettle(),
    identity: () => store.identity(),
    identify: () => store.identify(),
    read: (...args) => {
      reads++;
      return store.read(...args);
    },
    readPart: (...args) => {
      parts++;
      return store.readPart(...args);
    },
  };
  return {
    store: counted,
    reads: () => reads,
    parts: () => parts,
    put: (number: number, length: number) =>
      store.put(`${number}`, new Uint8Array(length).fill(number)),
  };
}

function holds(reading: ChunkReading, number: number, length: number): void {
  assert("bytes" in reading);
  assert.equal(reading.bytes.length, length);
  assert(reading.bytes.every((byte) => byte === number % 256));
}

Deno.test("few bytes of a chunk are read without the rest, and from memory when the chunk is remembered", () => {
  const { store, put, reads, parts } = numberedChunks();
  const chunks = new VerifiedChunks(store, 200_000);
  put(1, 50_000);
  holds(chunks.part("1", 50_000, 100, 200), 1, 100);
  assert.deepEqual([reads(), parts()], [0, 1]);
  holds(chunks.part("1", 50_000, 0, 40_000), 1, 40_000);
  holds(chunks.part("1", 50_000, 100, 200), 1, 100);
  assert.deepEqual([reads(), parts()], [1, 1]);
});

Deno.test("a chunk that was read is not read again while the memory has room for it", () => {
  const { store, put, reads } = numberedChunks();
  const chunks = new VerifiedChunks(store, 10_000);
  for (let i = 0; i < 9; i++) put(i, 1000);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 9; i++) holds(chunks.get(`${i}`, 1000), i, 1000);
  }
  assert.equal(reads(), 9);
});

Deno.test("a fault is not remembered, and a remembered chunk stays when the store loses it", () => {
  const { store, put } = numberedChunks();
  const chunks = new VerifiedChunks(store, 10_000);
  assert("fault" in chunks.get("1", 1000));
  put(1, 1000);
  holds(chunks.get("1", 1000), 1, 1000);
  assert("fault" in chunks.get("1", 999));
  store.remove("1");
  holds(chunks.get("1", 1000), 1, 1000);
});

Deno.test("a chunk that is larger than the memory is read, and not remembered", () => {
  const { store, put, reads } = numberedChunks();
  const chunks = new VerifiedChunks(store, 500);
  put(1, 500);
  holds(chunks.get("1", 500), 1, 500);
  holds(chunks.get("1", 500), 1, 500);
  assert.equal(reads(), 2);
});

Deno.test(`a chunk has its own bytes, whatever was read before (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat({ max: 40 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 3000 }),
      (lengths, asked, size) => {
        const { store, put } = numberedChunks();
        lengths.forEach((length, number) => put(number, length));
        const chunks = new VerifiedChunks(store, size);
        for (const number of asked) {
          const length = lengths[number];
          if (length === undefined) assert("fault" in chunks.get(`${number}`, 10));
          else holds(chunks.get(`${number}`, length), number, length);
        }
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("for a sequential reader every chunk is read into the same memory", () => {
  const { store, put, reads } = numberedChunks();
  const chunks = new VerifiedChunks(store, 100_000);
  const offsets = new Set<number>();
  for (let number = 0; number < 20; number++) {
    put(number, 20_000);
    for (const [from, to] of [[0, 9_000], [9_000, 20_000]] as const) {
      const reading = chunks.part(`${number}`, 20_000, from, to);
      holds(reading, number, to - from);
      assert("bytes" in reading);
      offsets.add(reading.bytes.byteOffset - from);
    }
  }
  assert.equal(reads(), 20);
  assert.equal(offsets.size, 1);
});
