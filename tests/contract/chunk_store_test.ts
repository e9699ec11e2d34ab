import assert from "node:assert/strict";
import {
  type ChunkStore,
  ChunkStoreFull,
  DiskChunkStore,
  loadChecksum,
  MemoryChunkStore,
  nameOf,
} from "../../src/chunks/mod.ts";
import { closeFile } from "../../src/posix/mod.ts";
import { bytesOf, faultOf, randomBytes, testChunkStore } from "./chunk_store_suite.ts";

const ROOT = Deno.uid() === 0;
const checksum = await loadChecksum();

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

interface DiskPlace extends Disposable {
  readonly store: DiskChunkStore;
  readonly path: string;
}

/** A store with one chunk of 1,000 bytes, and the file that holds it. */
async function withChunk(
  body: (
    at: DiskPlace & { hash: string; bytes: Uint8Array<ArrayBuffer>; file: string },
  ) => void | Promise<void>,
  { keepOpen = 0, length = 1000 } = {},
): Promise<void> {
  using place = diskPlace(keepOpen);
  const bytes = randomBytes(length);
  const hash = await nameOf(bytes);
  place.store.put(hash, bytes);
  await body({ ...place, hash, bytes, file: `${place.path}/${hash.slice(0, 2)}/${hash}` });
}

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
  // Blocks that changed places are each what they were, and not where they were.
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

interface Damage {
  readonly name: string;
  readonly fault: string;
  readonly do: (file: string) => void;
}

const DAMAGES: readonly Damage[] = [
  { name: "truncated", fault: "truncated", do: (file) => Deno.truncateSync(file, 500) },
  { name: "emptied", fault: "truncated", do: (file) => Deno.truncateSync(file, 0) },
  { name: "without its checksum", fault: "truncated", do: (file) => Deno.truncateSync(file, 1000) },
  {
    name: "longer than it was",
    fault: "corrupt",
    do: (file) => Deno.writeFileSync(file, new Uint8Array(1), { append: true }),
  },
  {
    name: "full of zeros, as after a power cut",
    fault: "corrupt",
    do: (file) => Deno.writeFileSync(file, new Uint8Array(1008)),
  },
  { name: "deleted", fault: "missing", do: (file) => Deno.removeSync(file) },
  {
    name: "replaced by a directory with something in it",
    fault: "unreadable",
    do: (file) => {
      Deno.removeSync(file);
      Deno.mkdirSync(`${file}/inner`, { recursive: true });
    },
  },
  {
    name: "replaced by a FIFO",
    fault: "unreadable",
    do: (file) => {
      Deno.removeSync(file);
      assert.equal(new Deno.Command("mkfifo", { args: [file] }).outputSync().code, 0);
    },
  },
  {
    name: "replaced by a link to a file with its bytes",
    fault: "unreadable",
    do: (file) => {
      Deno.renameSync(file, `${file}.away`);
      Deno.symlinkSync(`${file}.away`, file);
    },
  },
  {
    name: "in a directory that became a file",
    fault: "missing",
    do: (file) => {
      const directory = file.slice(0, file.lastIndexOf("/"));
      Deno.removeSync(directory, { recursive: true });
      Deno.writeTextFileSync(directory, "");
    },
  },
];

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

for (const damage of DAMAGES) {
  Deno.test(`disk chunk store: a file that is open and ${damage.name} gives no wrong bytes, and is let go of`, async () => {
    await withChunk(({ store, file, hash, bytes, path }) => {
      assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
      assert.equal(openBelow(path).length, 1);
      damage.do(file);
      const reading = store.read(hash, 1000);
      if ("bytes" in reading) assert.deepEqual(reading.bytes, bytes);
      else assert.equal(reading.fault, damage.fault);
      store.close();
      assert.deepEqual(openBelow(path), []);
      assert.equal(faultOf(store.read(hash, 1000)), damage.fault);
      store.put(hash, bytes);
      assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    }, { keepOpen: 8 });
  });
}

Deno.test("disk chunk store: a chunk that is mended is read anew, though its old file is open", async () => {
  await withChunk(({ store, file, hash, bytes, path }) => {
    assert.deepEqual(bytesOf(store.readPart(hash, 50_000, 0, 9)), bytes.subarray(0, 9));
    const content = Deno.readFileSync(file);
    Deno.writeFileSync(file, content.toReversed());
    const mending = new DiskChunkStore(path, checksum, { floor: () => 0 });
    mending.put(hash, bytes);
    assert.deepEqual(bytesOf(store.readPart(hash, 50_000, 0, 9)), bytes.subarray(0, 9));
    assert.deepEqual(openBelow(path), [file]);
  }, { keepOpen: 8, length: 50_000 });
});

Deno.test("disk chunk store: so many files stay open and no more, and none of them for long", async () => {
  using place = diskPlace(3);
  const { store, path } = place;
  const chunks: [string, Uint8Array][] = [];
  for (let i = 0; i < 20; i++) {
    const bytes = randomBytes(10_000);
    const hash = await nameOf(bytes);
    store.put(hash, bytes);
    chunks.push([hash, bytes]);
  }
  const alarms: (() => void)[] = [];
  using _ = withTimers(alarms);
  for (let round = 0; round < 200; round++) {
    const [hash, bytes] = chunks[Math.floor(Math.random() * (round % 2 === 0 ? 20 : 4))]!;
    assert.deepEqual(bytesOf(store.readPart(hash, 10_000, 5000, 5010)), bytes.slice(5000, 5010));
    assert.ok(openBelow(path).length <= 3);
  }
  assert.equal(openBelow(path).length, 3);
  const sweep = () => {
    assert.equal(alarms.length, 1);
    alarms.shift()!();
  };
  sweep();
  assert.equal(openBelow(path).length, 3, "they were in use");
  const [hash, bytes] = chunks.find(([hash]) => openBelow(path)[1]!.endsWith(hash))!;
  store.remove(hash);
  assert.deepEqual(bytesOf(store.readPart(hash, 10_000, 0, 10)), bytes.slice(0, 10));
  sweep();
  assert.equal(openBelow(path).length, 2, "what was deleted is gone");
  assert.equal(faultOf(store.readPart(hash, 10_000, 0, 10)), "missing");
  sweep();
  sweep();
  assert.deepEqual(openBelow(path), []);
  assert.equal(alarms.length, 0);
});

Deno.test("disk chunk store: where too many files are open, those that are only kept make room", async () => {
  using place = diskPlace();
  const names: string[] = [];
  for (let i = 0; i < 200; i++) {
    const bytes = randomBytes(5_000);
    const hash = await nameOf(bytes);
    place.store.put(hash, bytes);
    names.push(hash);
  }
  const program = `
    const { DiskChunkStore, loadChecksum } = await import("${new URL(
    "../../src/chunks/mod.ts",
    import.meta.url,
  )}");
    const store = new DiskChunkStore("${place.path}", await loadChecksum(), { keepOpen: 8192 });
    const names = ${JSON.stringify(names)};
    const readings = names.map((hash) => store.read(hash, 5_000));
    console.log(JSON.stringify(readings.filter((reading) => "fault" in reading)));`;
  const deno = [Deno.execPath(), "eval", "--no-check", program];
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 120 && exec "$@"', "sh", ...deno],
    cwd: new URL("../..", import.meta.url).pathname,
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "[]\n", new TextDecoder().decode(stderr));
});

Deno.test("disk chunk store: a file that can't be looked at any more is let go of", async () => {
  await withChunk(({ store, hash, bytes, path }) => {
    const alarms: (() => void)[] = [];
    using _ = withTimers(alarms);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    // As a share does whose server forgot it: every call on the descriptor fails.
    closeFile(descriptorBelow(path));
    alarms.shift()!();
    assert.equal(alarms.length, 1, "the next sweep is due");
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    assert.equal(openBelow(path).length, 1);
    store.close();
  }, { keepOpen: 8 });
});

function descriptorBelow(directory: string): number {
  const [name] = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name).filter((name) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(directory);
    } catch {
      return false;
    }
  });
  return Number(name);
}

/** Files below a directory that this process has open; of those that were deleted, their former names. */
function openBelow(directory: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      return [];
    }
  }).filter((path) => path.startsWith(directory));
}

/** Timers that are set go off when the test says so. */
function withTimers(alarms: (() => void)[]): Disposable {
  const { setTimeout } = globalThis;
  const { unrefTimer } = Deno;
  globalThis.setTimeout = ((alarm: () => void) => alarms.push(alarm)) as never;
  Deno.unrefTimer = () => {};
  return {
    [Symbol.dispose]: () => {
      globalThis.setTimeout = setTimeout;
      Deno.unrefTimer = unrefTimer;
    },
  };
}

Deno.test("disk chunk store: a chunk that may not be read is a fault", async () => {
  await withChunk(({ store, file, hash, bytes }) => {
    Deno.chmodSync(file, 0);
    assert.equal(faultOf(withoutRights(() => store.read(hash, 1000))), "unreadable");
    Deno.chmodSync(file, 0o600);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
  });
});

/** Root may read everything: its thread touches files as somebody else for as long as `work` takes. */
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

Deno.test("disk chunk store: what a writer left that was killed is in nobody's way", async () => {
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

Deno.test("disk chunk store: a name that is none leads nowhere", () => {
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

function diskPlace(keepOpen = 0): DiskPlace {
  const parent = Deno.makeTempDirSync({ prefix: "musicfs-chunks-" });
  const path = `${parent}/cache/chunks`;
  const store = new DiskChunkStore(path, checksum, { floor: () => 0, keepOpen });
  return {
    store,
    path,
    [Symbol.dispose]: () => {
      store.close();
      Deno.removeSync(parent, { recursive: true });
    },
  };
}

/** 160 KiB; without a floor of its own the store keeps the default share of it free. */
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
