import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import {
  CHUNK_ROOM,
  type ChunkReading,
  type ChunkStore,
  ChunkStoreFull,
  nameOf,
} from "../../src/cache/store/mod.ts";

/** A store under test. A small one has room for some 100 KB. */
export interface ChunkPlace extends Disposable {
  readonly store: ChunkStore;
}

export interface ChunkPlaces {
  create(): Promise<ChunkPlace>;
  createSmall(): Promise<ChunkPlace>;
  /** Skips the tests of a small store, when this user may not make one. */
  ignoreSmall?: boolean;
}

/** What every chunk store must do, whatever it keeps its chunks in. */
export function testChunkStore(name: string, places: ChunkPlaces): void {
  function test(criterion: string, body: (store: ChunkStore) => Promise<void> | void): void {
    Deno.test(`${name} chunk store: ${criterion}`, async () => {
      using place = await places.create();
      await body(place.store);
    });
  }

  test("is empty at first", (store) => {
    assert.deepEqual([...store.list()], []);
    assert.equal(faultOf(store.read("0".repeat(64), 10)), "missing");
    assert.equal(store.remove("0".repeat(64)), false);
  });

  test("gives back the bytes that were put, even when their memory changes afterwards", async (store) => {
    for (const size of [0, 1, 7, 8, 9, 65_536, 262_144]) {
      const bytes = randomBytes(size);
      const hash = await nameOf(bytes);
      const copy = bytes.slice();
      store.put(hash, copy);
      copy.fill(0);
      assert.deepEqual(bytesOf(store.read(hash, size)), bytes);
    }
  });

  test("tells which chunks lie there by name and length", async (store) => {
    for (const size of [1, 4_096, 4_097, 262_144]) {
      const bytes = randomBytes(size);
      const hash = await nameOf(bytes);
      assert.equal(store.has(hash, size), false);
      store.put(hash, bytes);
      assert.equal(store.has(hash, size), true);
      assert.equal(store.has(hash, size + 1), false);
      store.remove(hash);
      assert.equal(store.has(hash, size), false);
    }
  });

  test("is settled until a chunk is put or removed", async (store) => {
    assert.equal(store.isSettled(), false, "nobody looked at it");
    store.identify();
    const bytes = randomBytes(1_000);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    // A file system's times go by ticks: a chunk that came just now has the same time as one that comes next.
    await until("what came lies behind", 5_000, () => {
      store.settle();
      return store.isSettled();
    });
    assert.ok("bytes" in store.read(hash, bytes.length));
    assert.equal(store.isSettled(), true, "reading changes nothing");
    store.remove(hash);
    assert.equal(store.isSettled(), false);
    await until("what went lies behind", 5_000, () => {
      store.settle();
      return store.isSettled();
    });
    store.put(hash, bytes);
    assert.equal(store.isSettled(), false);
  });

  test("has the identity that it was given last", (store) => {
    assert.equal(store.identity(), undefined);
    const first = store.identify();
    assert.equal(store.identity(), first);
    assert.deepEqual([...store.list()], [], "which is no chunk");
    const second = store.identify();
    assert.notEqual(second, first);
    assert.equal(store.identity(), second);
  });

  test("puts a view of larger memory", async (store) => {
    const bytes = randomBytes(1000).subarray(100, 300);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    assert.deepEqual(bytesOf(store.read(hash, 200)), bytes.slice());
  });

  test("reads into the caller's memory, and not beyond its end", async (store) => {
    const bytes = randomBytes(500);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    const memory = new Uint8Array(1000).fill(0xaa);
    const found = bytesOf(store.read(hash, 500, memory.subarray(100)));
    assert.equal(found.buffer, memory.buffer);
    assert.equal(found.byteOffset, 100);
    assert.deepEqual(found, bytes);
    assert(memory.subarray(0, 100).every((byte) => byte === 0xaa));
    assert(memory.subarray(600 + CHUNK_ROOM).every((byte) => byte === 0xaa));
  });

  test("reads any part of a chunk, and reports missing chunks", async (store) => {
    for (const size of [1, 4_096, 4_097, 65_536, 100_001, 262_144]) {
      const bytes = randomBytes(size);
      const hash = await nameOf(bytes);
      store.put(hash, bytes);
      for (const [from, to] of [[0, 1], [0, size], [size - 1, size], [size >> 1, size]]) {
        assert.deepEqual(bytesOf(store.readPart(hash, size, from!, to!)), bytes.slice(from, to));
      }
      for (let i = 0; i < 20; i++) {
        const from = Math.floor(Math.random() * size);
        const to = from + 1 + Math.floor(Math.random() * Math.min(9_000, size - from - 1));
        assert.deepEqual(bytesOf(store.readPart(hash, size, from, to)), bytes.slice(from, to));
      }
    }
    assert.equal(faultOf(store.readPart("0".repeat(64), 50_000, 10, 20)), "missing");
  });

  test("keeps a chunk once, however often it is put", async (store) => {
    const bytes = randomBytes(300);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    store.put(hash, bytes);
    assert.equal([...store.list()].length, 1);
    assert.deepEqual(bytesOf(store.read(hash, 300)), bytes);
  });

  test("takes a chunk of another length for no such chunk", async (store) => {
    const bytes = randomBytes(300);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    assert.equal(faultOf(store.read(hash, 301)), "truncated");
    assert.equal(faultOf(store.read(hash, 10_000)), "truncated");
    assert.equal(faultOf(store.read(hash, 299)), "corrupt");
    assert.equal(faultOf(store.read(hash, 0)), "corrupt");
  });

  test("lists every chunk with its size, and forgets those that are removed", async (store) => {
    const sizes = new Map<string, number>();
    for (let i = 0; i < 300; i++) {
      const bytes = randomBytes(10 + i);
      const hash = await nameOf(bytes);
      store.put(hash, bytes);
      sizes.set(hash, bytes.length + 8);
    }
    const listed = () => new Map(Array.from(store.list(), ({ hash, size }) => [hash, size]));
    assert.deepEqual(listed(), sizes);
    for (const hash of [...sizes.keys()].slice(0, 200)) {
      assert.equal(store.remove(hash), true);
      assert.equal(store.remove(hash), false);
      assert.equal(faultOf(store.read(hash, sizes.get(hash)! - 8)), "missing");
      sizes.delete(hash);
    }
    assert.deepEqual(listed(), sizes);
  });

  Deno.test({
    name:
      `${name} chunk store: says when it is full, keeps what it has, and goes on when there is room`,
    ignore: places.ignoreSmall ?? false,
    fn: async () => {
      using place = await places.createSmall();
      const { store } = place;
      const stored: [string, Uint8Array<ArrayBuffer>][] = [];
      const putNext = async () => {
        const bytes = randomBytes(20_000);
        const hash = await nameOf(bytes);
        store.put(hash, bytes);
        stored.push([hash, bytes]);
      };
      const failure = await (async () => {
        for (let i = 0; i < 100; i++) await putNext();
      })().catch((error: unknown) => error);
      assert(failure instanceof ChunkStoreFull, String(failure));
      assert(stored.length > 1);
      assert.equal([...store.list()].length, stored.length);
      for (const [hash, bytes] of stored) {
        assert.deepEqual(bytesOf(store.read(hash, 20_000)), bytes);
      }
      // Putting a chunk that is there already takes no room.
      store.put(...stored[0]!);
      store.remove(stored.shift()![0]);
      store.remove(stored.shift()![0]);
      await putNext();
      for (const [hash, bytes] of stored) {
        assert.deepEqual(bytesOf(store.read(hash, 20_000)), bytes);
      }
    },
  });
}

export function bytesOf(reading: ChunkReading): Uint8Array<ArrayBuffer> {
  assert("bytes" in reading, JSON.stringify(reading));
  return reading.bytes;
}

export function faultOf(reading: ChunkReading): string {
  assert("fault" in reading, "there are bytes");
  return reading.fault;
}

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
