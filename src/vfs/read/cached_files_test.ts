import assert from "node:assert/strict";
import type { FetchReply } from "../../control/protocol.ts";
import { FakeCache } from "../../../tests/support/fake_cache.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { type ErrnoName, FileSystemError, toSeq } from "../../base/mod.ts";
import { CachedFiles } from "./cached_files.ts";
import type { CachedFile } from "./cached_file.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZE = 1000 * KIB + 7;

/** One remote file of {@link SIZE} bytes that is open. */
class Bench implements Disposable {
  readonly tree = new MemoryTree();
  readonly content = new FakeCache();
  readonly reader: CachedFiles;
  readonly file: number;
  readonly bytes = new Uint8Array(SIZE);
  readonly open: CachedFile;

  constructor(deadlineMs?: number) {
    for (let i = 0; i < SIZE; i++) this.bytes[i] = Math.imul(i, 2654435761) >>> 13;
    this.reader = new CachedFiles(this.content, () => this.tree, deadlineMs);
    const version = { size: SIZE, mtime_s: 1, mtime_ns: 0 };
    this.file = this.tree.addFile("a", { root: "s3://b", path: "a", kind: "s3", ...version });
    this.content.files.set(this.file, this.bytes);
    this.open = this.reader.open(this.tree.location(this.file)!, false);
  }

  async store(from: number, to: number, length = 64 * KIB): Promise<void> {
    this.tree.setParts(this.file, await this.content.put(this.file, from, to, length));
    this.reader.libraryChanged();
  }

  /** Reads as the kernel's side does, and compares; whether that was at once. */
  async read(from: number, to: number): Promise<boolean> {
    const into = new Uint8Array(to - from);
    const reading = this.reader.read(this.open, from, into);
    const isSync = typeof reading === "number";
    let count = isSync ? reading : undefined;
    while (count === undefined && !isSync) {
      await reading.ready();
      count = reading.fill(into);
    }
    assert.deepEqual(into.subarray(0, count), this.bytes.subarray(from, to));
    assert.equal(this.open.waiting.size, 0);
    return isSync;
  }

  ranges(): [number, number][] {
    return this.content.fetches.map(({ from, to }) => [from, to]);
  }

  [Symbol.dispose]() {
    this.reader.shared.close();
    this.content[Symbol.dispose]();
  }
}

async function fails(errno: ErrnoName, reading: Promise<unknown>): Promise<void> {
  await assert.rejects(
    reading,
    (error) => error instanceof FileSystemError && error.errno === errno,
  );
}

Deno.test("SEMANTICS 20: what is stored is read at once, and asks nobody", async () => {
  using bench = new Bench();
  await bench.store(0, SIZE, 50_000);
  assert.ok(await bench.read(0, 128 * KIB));
  assert.ok(await bench.read(49_999, 50_001));
  assert.ok(await bench.read(SIZE - 10, SIZE + 100));
  assert.ok(await bench.read(SIZE, SIZE + 100));
  assert.deepEqual(bench.ranges(), []);
  assert.deepEqual(bench.reader.counters, { hits: 3, misses: 0 });
});

Deno.test("what is missing is fetched, rounded out, and what came with it is there for the next reads", async () => {
  using bench = new Bench();
  await bench.store(100 * KIB, 200 * KIB);
  assert.equal(await bench.read(90 * KIB, 300 * KIB), false);
  assert.deepEqual(bench.ranges(), [[80 * KIB, 304 * KIB]], "one fetch over what is stored");
  assert.ok(await bench.read(80 * KIB, 304 * KIB));
  assert.equal(await bench.read(SIZE - 10, SIZE), false);
  assert.deepEqual(bench.ranges()[1], [1000 * KIB - 8 * KIB, SIZE]);
  assert.deepEqual(bench.reader.counters, { hits: 1, misses: 2 });
});

Deno.test("what became stored is found without asking", async () => {
  using bench = new Bench();
  await bench.read(0, 4096);
  bench.content.letGo();
  bench.reader.shared.close();
  await bench.store(0, SIZE);
  assert.ok(await bench.read(0, SIZE));
  assert.equal(bench.content.fetches.length, 1);
});

Deno.test("what was asked for is found among whatever else has arrived", async () => {
  using bench = new Bench();
  bench.content.answer = (range) => {
    const reply = bench.content.share(range);
    if (!("shared" in reply)) return Promise.resolve(reply);
    const [asked] = reply.shared;
    const behind = Array.from({ length: 500 }, (_, i) => {
      const from = range.to + i * KIB;
      return { ...asked!, from, to: from + KIB, base: from, name: `behind ${i}` };
    });
    return Promise.resolve({ ...reply, shared: [asked!, ...behind] });
  };
  assert.equal(await bench.read(0, 128 * KIB), false);
  assert.deepEqual(bench.ranges(), [[0, 128 * KIB]]);
});

Deno.test("an answer that names no memory means that the library has it", async () => {
  using bench = new Bench();
  const parts = await bench.content.put(bench.file, 0, SIZE, 64 * KIB);
  bench.content.answer = () => {
    bench.tree.setParts(bench.file, parts);
    return Promise.resolve({ pid: Deno.pid, shared: [], last_seq: toSeq(1) });
  };
  assert.equal(await bench.read(0, 128 * KIB), false);
  assert.ok(await bench.read(128 * KIB, 256 * KIB));
});

Deno.test("SEMANTICS 21: what failed after a long wait is not waited for again when the kernel asks at once", async () => {
  using bench = new Bench(1_000);
  bench.content.answer = () => new Promise(() => {});
  await fails("EIO", bench.read(0, 128 * KIB));
  await fails("EIO", bench.read(4 * KIB, 8 * KIB));
  assert.equal(bench.content.fetches.length, 1);
  bench.content.answer = (range) => Promise.resolve(bench.content.share(range));
  assert.equal(await bench.read(128 * KIB, 256 * KIB), false, "nothing else fails");
  assert.equal(await bench.read(0, 128 * KIB), false, "nor does it twice");
});

Deno.test("memory that is gone is asked for again, three times", async () => {
  using bench = new Bench();
  let gone = 2;
  bench.content.answer = (range) => {
    const reply = bench.content.share(range) as Extract<FetchReply, { pid: number }>;
    if (gone-- > 0) reply.shared[0]!.name = "another";
    return Promise.resolve(reply);
  };
  await bench.read(0, 4096);
  assert.equal(bench.content.fetches.length, 3);
  gone = 3;
  await fails("EIO", bench.read(500 * KIB, 501 * KIB));
  assert.equal(bench.content.fetches.length, 6);
  assert.equal(bench.open.waiting.size, 0);
});

Deno.test("SEMANTICS 22: a chunk that is not what it should be is a miss", async () => {
  using bench = new Bench();
  await bench.store(0, SIZE);
  const parts = bench.tree.storedParts(bench.file, bench.open.version, 0, SIZE, 100);
  const bad = parts[1]!;
  bench.content.store.remove(bad.hash);
  bench.content.onCorrupt = () => {
    bench.tree.setParts(bench.file, parts.filter((part) => part !== bad));
    assert.equal(bench.content.fetches.length, 0, "told before it is asked for");
  };
  assert.equal(await bench.read(0, SIZE), false);
  assert.deepEqual(bench.content.corrupted, [bad.hash]);
  assert.deepEqual(bench.ranges(), [[bad.offset, bad.offset + bad.length]]);
});

Deno.test("a part that was evicted is a miss, and no fault of its chunk", async () => {
  using bench = new Bench();
  await bench.store(0, SIZE);
  await bench.read(0, 100);
  for (const { hash } of [...bench.content.store.list()]) bench.content.store.remove(hash);
  bench.tree.setParts(bench.file, []);
  await bench.read(300 * KIB, 310 * KIB);
  assert.deepEqual(bench.content.corrupted, []);
  assert.equal(bench.content.fetches.length, 1);
});

Deno.test("SEMANTICS 21: a read that can't be had fails with the reason, and in time", async () => {
  using bench = new Bench(50);
  bench.content.answer = () => Promise.resolve({ errno: "ESTALE", message: "it changed" });
  await fails("ESTALE", bench.read(0, 100));
  bench.content.answer = () => Promise.reject(new Error("no engine"));
  await fails("EIO", bench.read(0, 100));
  bench.content.answer = () => new Promise(() => {});
  await fails("EIO", bench.read(0, 100));
  assert.ok(bench.content.signals.at(-1)!.aborted);
  assert.equal(bench.open.waiting.size, 0);
});

Deno.test("a read that nobody waits for any more, or whose file is closed, is given up", async () => {
  using bench = new Bench();
  bench.content.answer = () => new Promise(() => {});
  const reading = bench.reader.read(bench.open, 0, new Uint8Array(10));
  assert.ok(typeof reading !== "number");
  const ready = reading.ready();
  await Promise.resolve();
  reading.cancel(new FileSystemError("EINTR"));
  await fails("EINTR", ready);
  assert.ok(bench.content.signals[0]!.aborted);

  const other = bench.reader.read(bench.open, 0, new Uint8Array(10));
  assert.ok(typeof other !== "number");
  const never = other.ready();
  bench.reader.close(bench.open);
  await fails("EBADF", never);
  assert.equal(bench.open.waiting.size, 0);
});

Deno.test("a reader in sequence has more fetched ahead, except of what is stored", async () => {
  using bench = new Bench();
  await bench.store(0, 400 * KIB, 50 * KIB);
  for (let at = 0; at < 640 * KIB; at += 128 * KIB) await bench.read(at, at + 128 * KIB);
  const { file, open: { version } } = bench;
  assert.deepEqual(bench.content.aheads, [
    { file, version, from: 400 * KIB, to: 768 * KIB },
    { file, version, from: 768 * KIB, to: SIZE },
  ]);
  using other = new Bench();
  await other.store(0, SIZE);
  for (let at = 0; at < SIZE; at += 128 * KIB) await other.read(at, at + 128 * KIB);
  assert.deepEqual(other.content.aheads, []);
  assert.deepEqual(other.content.heards, [other.file]);
});

Deno.test("pictures before the sound, however large, are not heard, and the sound behind them is", () => {
  const reader = (audio_start: number | null) => {
    const content = new FakeCache();
    const tree = new MemoryTree();
    const version = { size: 40 * MIB, mtime_s: 1, mtime_ns: 0 };
    const file = tree.addFile("a", { root: "s3://b", path: "a", kind: "s3", ...version });
    content.files.set(file, new Uint8Array(40 * MIB));
    const reader = new CachedFiles(content, () => tree);
    return {
      content,
      reader,
      open: reader.open({ ...tree.location(file)!, audio_start }, false),
    };
  };
  const readTo = ({ reader, open }: { reader: CachedFiles; open: CachedFile }, to: number) => {
    const into = new Uint8Array(128 * KIB);
    for (let at = 0; at < to; at += into.length) reader.read(open, at, into);
    reader.close(open);
  };
  const scanned = reader(14 * MIB);
  readTo(scanned, 15 * MIB);
  assert.deepEqual(scanned.content.heards, []);
  const heard = reader(14 * MIB);
  readTo(heard, 14 * MIB + 3 * MIB);
  assert.equal(heard.content.heards.length, 1);
  const unknown = reader(null);
  readTo(unknown, 3 * MIB);
  assert.equal(unknown.content.heards.length, 1);
});
