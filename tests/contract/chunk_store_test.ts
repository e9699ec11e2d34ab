import assert from "node:assert/strict";
import {
  type ChunkStore,
  ChunkStoreFull,
  DiskChunkStore,
  MemoryChunkStore,
  nameOf,
} from "../../src/cache/store/mod.ts";
import { checksum, DAMAGES, type DiskPlace, diskPlace, withChunk } from "../support/disk_chunks.ts";
import { bytesOf, faultOf, randomBytes, testChunkStore } from "./chunk_store_suite.ts";

const ROOT = Deno.uid() === 0;

testChunkStore("memory", {
  create: () => Promise.resolve(disposable(new MemoryChunkStore())),
  createSmall: () => Promise.resolve(disposable(new MemoryChunkStore({ room: 110_000 }))),
});

testChunkStore("disk", {
  create: () => Promise.resolve(diskPlace()),
  createSmall: () => Promise.resolve(smallDisk()),
  ignoreSmall: !ROOT,
});

testChunkStore("disk, with files kept open,", {
  create: () => Promise.resolve(diskPlace(3)),
  createSmall: () => Promise.resolve(smallDisk()),
  ignoreSmall: !ROOT,
});

Deno.test("disk chunk store: a chunk's file is its bytes and the checksum, for its owner alone", async () => {
  await withChunk(({ file, bytes, hash, path }) => {
    const content = Deno.readFileSync(file);
    assert.deepEqual(content.subarray(0, 1000), bytes);
    const trailer = new DataView(content.buffer, 1000).getBigUint64(0, true);
    assert.equal(trailer, checksum(bytes, hash));
    assert.equal(content.length, 1008);
    assert.equal(Deno.statSync(file).mode! & 0o777, 0o600);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
    assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), [hash.slice(0, 2)]);
  });
});

Deno.test("disk chunk store: the checksum is xxHash64 from the first half of the name", () => {
  const abc = new TextEncoder().encode("abc");
  // The reference implementation's answer for "abc" and no seed: 44bc2cf5ad770999.
  assert.equal(checksum(abc, "0".repeat(64)), 0x44bc2cf5ad770999n);
  assert.notEqual(checksum(abc, `${"0".repeat(15)}1${"0".repeat(48)}`), 0x44bc2cf5ad770999n);
});

Deno.test("disk chunk store: every flipped bit of a chunk is noticed", async () => {
  await withChunk(({ store, file, bytes, hash }) => {
    const content = Deno.readFileSync(file);
    for (let at = 0; at < content.length; at++) {
      content[at]! ^= 1 << (at % 8);
      Deno.writeFileSync(file, content);
      assert.equal(faultOf(store.read(hash, 1000)), "corrupt");
      content[at]! ^= 1 << (at % 8);
    }
    Deno.writeFileSync(file, content);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
  });
});

for (const keepOpen of [0, 1]) {
  Deno.test(`disk chunk store: a part is right or a fault, whatever became of the file (${keepOpen} kept open)`, () =>
    isRightOrFault(keepOpen));
}

async function isRightOrFault(keepOpen: number): Promise<void> {
  using place = diskPlace(keepOpen);
  const bytes = randomBytes(50_000);
  const hash = await nameOf(bytes);
  place.store.put(hash, bytes);
  const file = `${place.path}/${hash.slice(0, 2)}/${hash}`;
  const content = Deno.readFileSync(file);
  const outcomes = new Set<string>();
  for (let round = 0; round < 400; round++) {
    const damaged = content.slice();
    const at = Math.floor(Math.random() * content.length);
    damaged[at]! ^= 1 << (round % 8);
    Deno.writeFileSync(file, round % 3 === 0 ? content.subarray(0, at) : damaged);
    const from = Math.floor(Math.random() * 49_000);
    const to = from + 1 + Math.floor(Math.random() * 999);
    const reading = place.store.readPart(hash, 50_000, from, to);
    if ("bytes" in reading) assert.deepEqual(reading.bytes, bytes.subarray(from, to));
    outcomes.add("bytes" in reading ? "right" : reading.fault);
  }
  assert.deepEqual([...outcomes].sort(), ["corrupt", "right", "truncated"]);
  // Blocks that changed places keep their checksums, so only the order shows the damage.
  Deno.writeFileSync(file, content);
  const swapped = content.slice();
  swapped.set(content.subarray(4096, 8192), 0);
  swapped.set(content.subarray(50_008 + 8, 50_008 + 16), 50_008);
  Deno.writeFileSync(file, swapped);
  assert.equal(faultOf(place.store.readPart(hash, 50_000, 0, 10)), "corrupt");
}

Deno.test("disk chunk store: the whole of another chunk in a chunk's place is noticed", async () => {
  await withChunk(async ({ store, file, hash, path }) => {
    const other = randomBytes(1000);
    const otherHash = await nameOf(other);
    store.put(otherHash, other);
    Deno.copyFileSync(`${path}/${otherHash.slice(0, 2)}/${otherHash}`, file);
    assert.equal(faultOf(store.read(hash, 1000)), "corrupt");
  });
});

for (const damage of DAMAGES) {
  Deno.test(`disk chunk store: a chunk that is ${damage.name} is a fault, can be put again, and removed`, async () => {
    for (const mend of ["put", "remove"] as const) {
      await withChunk(({ store, file, hash, bytes }) => {
        damage.do(file);
        assert.equal(faultOf(store.read(hash, 1000)), damage.fault);
        if (mend === "remove") {
          assert.equal(store.remove(hash), damage.fault !== "missing");
          assert.equal(faultOf(store.read(hash, 1000)), "missing");
        }
        store.put(hash, bytes);
        assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
        assert.deepEqual([...store.list()].map((chunk) => chunk.hash), [hash]);
      });
    }
  });
}

Deno.test("disk chunk store: a chunk without permission to read is a fault", async () => {
  await withChunk(({ store, file, hash, bytes }) => {
    Deno.chmodSync(file, 0);
    assert.equal(faultOf(withoutRights(() => store.read(hash, 1000))), "unreadable");
    Deno.chmodSync(file, 0o600);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
  });
});

/** Runs `work` without root's right to read everything: the thread accesses files as another user meanwhile. */
function withoutRights<T>(work: () => T): T {
  if (!ROOT) return work();
  const libc = Deno.dlopen("libc.so.6", { setfsuid: { parameters: ["u32"], result: "i32" } });
  libc.symbols.setfsuid(65534);
  try {
    return work();
  } finally {
    libc.symbols.setfsuid(0);
    libc.close();
  }
}

Deno.test("disk chunk store: a directory that is deleted is empty, and made anew", async () => {
  await withChunk(({ store, hash, bytes, path }) => {
    Deno.removeSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    assert.equal(faultOf(store.read(hash, 1000)), "missing");
    assert.equal(store.remove(hash), false);
    assert.deepEqual([...store.list()], []);
    store.put(hash, bytes);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
  });
});

Deno.test("disk chunk store: what a killed writer left hinders nobody", async () => {
  await withChunk(({ store, path, hash, bytes, file }) => {
    for (
      const leave of [
        () => Deno.writeFileSync(file, bytes.subarray(0, 300)),
        () => {
          Deno.truncateSync(file);
          Deno.writeTextFileSync(`${path}/unfinished`, "half a chunk");
        },
        () => {
          Deno.truncateSync(file);
          Deno.mkdirSync(`${path}/unfinished/x`, { recursive: true });
        },
      ]
    ) {
      leave();
      assert.equal(faultOf(store.read(hash, 1000)), "truncated");
      assert.equal([...store.list()].length, 1);
      store.put(hash, bytes);
      assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    }
  });
});

Deno.test("disk chunk store: files of other names are left alone and not listed", async () => {
  await withChunk(({ store, path, hash }) => {
    Deno.writeTextFileSync(`${path}/note`, "");
    Deno.writeTextFileSync(`${path}/${hash.slice(0, 2)}/note`, "");
    Deno.mkdirSync(`${path}/zz`);
    assert.deepEqual([...store.list()], [{ hash, size: 1008 }]);
  });
});

Deno.test("disk chunk store: a name that is no hash leads nowhere", () => {
  using place = diskPlace();
  for (const name of ["", "..", "../../../../etc/passwd", "g".repeat(64), "A".repeat(64)]) {
    assert.equal(faultOf(place.store.read(name, 10)), "missing");
    assert.equal(place.store.remove(name), false);
    assert.throws(() => place.store.put(name, new Uint8Array(1)));
  }
  assert.equal(faultOf(place.store.read("0".repeat(64), 2 ** 40)), "missing");
});

Deno.test("disk chunk store: the free-space floor is kept", async () => {
  const path = Deno.makeTempDirSync();
  try {
    const store = new DiskChunkStore(`${path}/chunks`, checksum, { floor: (total) => total });
    const bytes = randomBytes(10);
    const hash = await nameOf(bytes);
    assert.throws(() => store.put(hash, bytes), ChunkStoreFull);
    assert.deepEqual([...Deno.readDirSync(`${path}/chunks`)], []);
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
});

Deno.test({
  name:
    "disk chunk store: a disk that fills up within a chunk keeps nothing of it (needs root for tmpfs)",
  ignore: !ROOT,
  fn: async () => {
    using place = smallDisk(() => -Infinity);
    const bytes = randomBytes(250_000);
    const hash = await nameOf(bytes);
    assert.throws(() => place.store.put(hash, bytes), ChunkStoreFull);
    assert.equal(faultOf(place.store.read(hash, 250_000)), "missing");
    assert.deepEqual([...place.store.list()], []);
  },
});

function disposable(store: ChunkStore) {
  return { store, [Symbol.dispose]: () => {} };
}

/** A disk of 160 KiB. Without `floor` the store keeps the default share of it free. */
function smallDisk(floor?: () => number): DiskPlace {
  const path = Deno.makeTempDirSync({ prefix: "musicfs-disk-" });
  run("mount", "-t", "tmpfs", "-o", "size=160k,mode=700", "musicfs-test", path);
  return {
    store: new DiskChunkStore(`${path}/chunks`, checksum, floor === undefined ? {} : { floor }),
    path: `${path}/chunks`,
    [Symbol.dispose]: () => {
      run("umount", "--lazy", path);
      Deno.removeSync(path);
    },
  };
}

function run(command: string, ...args: string[]): void {
  const { code, stderr } = new Deno.Command(command, { args }).outputSync();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}
