import assert from "node:assert/strict";
import { DiskChunkStore, nameOf } from "../../src/cache/store/mod.ts";
import { closeFile } from "../../src/posix/mod.ts";
import { checksum, DAMAGES, diskPlace, withChunk } from "../support/disk_chunks.ts";
import { bytesOf, faultOf, randomBytes } from "./chunk_store_suite.ts";

for (const damage of DAMAGES) {
  Deno.test(`open chunk files: a file that is open and ${damage.name} gives no wrong bytes, and is let go of`, async () => {
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

Deno.test("open chunk files: a repaired chunk is read anew, though its old file is open", async () => {
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

Deno.test("open chunk files: a bounded number stays open, and none of them for long", async () => {
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

Deno.test("open chunk files: when the process is out of descriptors, files that are only kept are closed", async () => {
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
    "../../src/cache/store/mod.ts",
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

Deno.test("open chunk files: a file that can't be looked at any more is closed", async () => {
  await withChunk(({ store, hash, bytes, path }) => {
    const alarms: (() => void)[] = [];
    using _ = withTimers(alarms);
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    // A share whose server forgot the file behaves so: every call on the descriptor fails.
    closeFile(descriptorsBelow(path)[0]!.fd);
    alarms.shift()!();
    assert.equal(alarms.length, 1, "the next sweep is due");
    assert.deepEqual(bytesOf(store.read(hash, 1000)), bytes);
    assert.equal(openBelow(path).length, 1);
    store.close();
  }, { keepOpen: 8 });
});

/** The files below a directory that this process has open; deleted ones under their former names. */
function openBelow(directory: string): string[] {
  return descriptorsBelow(directory).map(({ path }) => path);
}

function descriptorsBelow(directory: string): { fd: number; path: string }[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return { fd: Number(name), path: Deno.readLinkSync(`/proc/self/fd/${name}`) };
    } catch {
      return [];
    }
  }).filter(({ path }) => path.startsWith(directory));
}

/** Collects timers instead of starting them; the test calls them. */
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
