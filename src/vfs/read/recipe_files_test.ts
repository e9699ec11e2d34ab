import assert from "node:assert/strict";
import { toNodeId } from "../../base/mod.ts";
import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import { FakeCache } from "../../../tests/support/fake_cache.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { RecipeBranch } from "../../../tests/support/recipe_branch.ts";
import { SilentKernel } from "../../../tests/support/silent_kernel.ts";
import { nameOf } from "../../cache/store/mod.ts";
import { Recipe, type Segment } from "../../segments/mod.ts";
import type { OpenFile, PendingRead } from "../filesystem.ts";
import { LibraryFileSystem } from "../library_filesystem.ts";

const KIB = 1024;
const NODE = RecipeBranch.FILE;
const FILE_BYTES = 4 * KIB * KIB;

/** A file of an S3 origin, and a node that is read by a recipe. */
class Bench implements Disposable {
  readonly tree = new MemoryTree();
  readonly cache = new FakeCache();
  readonly file: number;
  readonly branch = new RecipeBranch();
  readonly fs = new LibraryFileSystem(this.tree, {
    onDrift: () => {},
    cache: this.cache,
    branches: [this.branch.branch],
  });

  constructor() {
    this.file = this.add("a");
  }

  add(path: string): number {
    const version = { size: FILE_BYTES, mtime_s: 1, mtime_ns: 0 };
    const file = this.tree.addFile(path, { root: "s3://b", path, kind: "s3", ...version });
    this.cache.files.set(file, new Uint8Array(FILE_BYTES).fill(7));
    return file;
  }

  make(version: number, ...segments: Segment<FileLocation>[]): void {
    this.branch.make(version, new Recipe(segments));
  }

  range(from: number, to: number, file = this.file): Segment<FileLocation> {
    return { kind: "file", file: this.tree.location(file)!, from, to };
  }

  async read(file: OpenFile, offset: number, length: number): Promise<number[]> {
    const into = new Uint8Array(length);
    const reading = this.fs.read(file.handle, offset, into);
    let count = typeof reading === "number" ? reading : undefined;
    while (count === undefined) {
      await (reading as PendingRead).ready();
      count = (reading as PendingRead).fill(into);
    }
    return [...into.subarray(0, count)];
  }

  [Symbol.dispose]() {
    this.cache[Symbol.dispose]();
  }
}

Deno.test("a recipe of another version is another file: what was opened of the one before is ESTALE", async () => {
  using bench = new Bench();
  bench.make(1, { kind: "bytes", bytes: new Uint8Array([1, 2, 3]) });
  const old = await bench.fs.open(NODE);
  assert.deepEqual(await bench.read(old, 1, 10), [2, 3]);
  assert.ok(!bench.fs.hasOldOpen(NODE));
  bench.make(2, { kind: "bytes", bytes: new Uint8Array([4, 5]) });
  const opened = await bench.fs.open(NODE);
  assert.ok(opened.direct && bench.fs.hasOldOpen(NODE));
  await assert.rejects(bench.read(old, 0, 1), { errno: "ESTALE" });
  assert.throws(() => bench.fs.attributes(NODE, old.handle), { errno: "ESTALE" });
  assert.deepEqual(await bench.read(opened, 0, 10), [4, 5]);
  bench.fs.release(old.handle);
  assert.ok(!bench.fs.hasOldOpen(NODE));
  await assert.rejects(bench.read(old, 0, 1), { errno: "EBADF" });
  bench.branch.made = undefined;
  assert.throws(() => bench.fs.open(NODE), { errno: "ENOENT" });
  bench.fs.release(opened.handle);
  assert.equal(bench.fs.openFiles, 0);
});

Deno.test("the file behind a segment has one version as well: with another, its bytes are ESTALE", async () => {
  using bench = new Bench();
  bench.make(1, { kind: "bytes", bytes: new Uint8Array([1]) }, bench.range(100, 102));
  const opened = await bench.fs.open(NODE);
  assert.deepEqual(await bench.read(opened, 0, 10), [1, 7, 7]);
  bench.tree.setVersion("a", { size: FILE_BYTES, mtime_s: 2, mtime_ns: 0 });
  await bench.fs.open(toNodeId(bench.file));
  await assert.rejects(bench.read(opened, 0, 10), { errno: "ESTALE" });
  assert.deepEqual(await bench.read(opened, 0, 1), [1], "other segments are what they were");
});

Deno.test("a recipe that is read first when a version that it names has gone is ESTALE there", async () => {
  using bench = new Bench();
  const whole = bench.range(0, 100);
  bench.make(1, { kind: "bytes", bytes: new Uint8Array([1]) }, whole);
  const opened = await bench.fs.open(NODE);
  bench.tree.setVersion("a", { size: FILE_BYTES, mtime_s: 2, mtime_ns: 0 });
  await assert.rejects(bench.read(opened, 0, 10), { errno: "ESTALE" });
  assert.equal(bench.cache.fetches.length, 0);
  bench.fs.release(opened.handle);
  const next = await bench.fs.open(NODE);
  await assert.rejects(bench.read(next, 0, 10), { errno: "ESTALE" }, "a new open changes nothing");
  bench.make(2, { kind: "bytes", bytes: new Uint8Array([1]) }, bench.range(0, 100));
  assert.deepEqual(await bench.read(await bench.fs.open(NODE), 0, 3), [1, 7, 7]);
});

Deno.test("of a node that is read by a recipe the kernel forgets the old bytes before a new open, and after any change", async () => {
  using bench = new Bench();
  const kernel = new SilentKernel();
  bench.fs.connect(kernel);
  bench.make(1, { kind: "bytes", bytes: new Uint8Array([1]) });
  const first = await bench.fs.open(NODE);
  bench.make(2, { kind: "bytes", bytes: new Uint8Array([2]) });
  const opening = bench.fs.open(NODE);
  assert.ok(opening instanceof Promise, "the open waits");
  assert.ok(kernel.changed.includes(NODE));
  const second = await opening;
  await assert.rejects(bench.read(first, 0, 1), { errno: "ESTALE" });
  // Nobody knows what has changed: what is open is compared with what there is.
  bench.make(3, { kind: "bytes", bytes: new Uint8Array([3]) });
  bench.tree.addFile("b", {
    root: "s3://b",
    path: "b",
    kind: "s3",
    size: 1,
    mtime_s: 1,
    mtime_ns: 0,
  });
  bench.tree.pruneChanges();
  await bench.fs.treeChanged();
  await assert.rejects(bench.read(second, 0, 1), { errno: "ESTALE" });
  assert.ok(bench.fs.hasOldOpen(NODE));
});

Deno.test("a file that only a recipe has open is one whose pages the kernel may have of an older version", async () => {
  using bench = new Bench();
  const kernel = new SilentKernel();
  bench.fs.connect(kernel);
  kernel.hasEpochs = false;
  kernel.kept.push(toNodeId(bench.file));
  bench.make(1, bench.range(0, 100));
  const opened = await bench.fs.open(NODE);
  await bench.read(opened, 0, 10);
  bench.add("b");
  bench.tree.pruneChanges();
  await bench.fs.treeChanged();
  assert.ok(kernel.dropped.includes(bench.file));
});

Deno.test("reading ahead goes over the borders of segments, and asks for nothing that is in none", async () => {
  using bench = new Bench();
  const header = { kind: "bytes" as const, bytes: new Uint8Array(10) };
  const other = bench.add("b");
  const first = { from: 1_000 * KIB, to: 1_400 * KIB };
  const second = { from: 3_000 * KIB, to: 3_900 * KIB };
  const third = { from: 5 * KIB, to: 90 * KIB };
  bench.make(
    1,
    header,
    bench.range(first.from, first.to),
    header,
    bench.range(second.from, second.to, other),
    bench.range(third.from, third.to),
  );
  const opened = await bench.fs.open(NODE);
  let at = 0;
  for (; at < 320 * KIB; at += 64 * KIB) await bench.read(opened, at, 64 * KIB);
  assert.ok(bench.cache.fetches.every(({ file }) => file === bench.file), "the first is read");
  const ahead = bench.cache.aheads.filter(({ file }) => file === other);
  assert.equal(ahead[0]?.from, second.from, "the second is fetched while the first is read");
  for (; at < 1_400 * KIB; at += 64 * KIB) await bench.read(opened, at, 64 * KIB);
  const isIn = ({ from, to }: typeof first) => (range: typeof first) =>
    range.from >= from && range.to <= to;
  for (const { file, ...range } of bench.cache.aheads) {
    const segments = file === other ? [second] : [first, third];
    assert.ok(segments.some((it) => isIn(it)(range)), `${range.from} to ${range.to} of ${file}`);
  }
  for (
    const [file, segment] of [[bench.file, first], [other, second], [bench.file, third]] as const
  ) {
    const ranges = bench.cache.aheads.filter((it) => it.file === file && isIn(segment)(it));
    assert.equal(Math.max(...ranges.map(({ to }) => to)), segment.to);
    for (const [i, { from }] of ranges.entries()) {
      if (i > 0) assert.ok(from >= ranges[i - 1]!.to, "nothing is asked for twice");
    }
  }
  assert.equal(bench.fs.openFiles, 3, "the recipe, and each of its files once");
  bench.fs.release(opened.handle);
  assert.equal(bench.fs.openFiles, 0);
});

Deno.test("what is stored of a file that a recipe has is not asked for ahead", async () => {
  using bench = new Bench();
  bench.make(1, bench.range(0, FILE_BYTES));
  bench.tree.setParts(bench.file, await bench.cache.put(bench.file, 0, 2_000 * KIB, 100 * KIB));
  const opened = await bench.fs.open(NODE);
  for (let at = 0; at < 3_000 * KIB; at += 128 * KIB) await bench.read(opened, at, 128 * KIB);
  assert.ok(bench.cache.aheads.length > 0);
  assert.ok(bench.cache.aheads.every(({ from }) => from >= 2_000 * KIB));
});

Deno.test("an object is compared when it is read, and is EIO when it is gone", async () => {
  using bench = new Bench();
  const bytes = new Uint8Array([5, 6, 7, 8]);
  const hash = await nameOf(bytes);
  bench.cache.store.put(hash, bytes);
  bench.make(1, { kind: "object", hash, size: 4, from: 1, to: 3 });
  const opened = await bench.fs.open(NODE);
  assert.deepEqual(await bench.read(opened, 0, 10), [6, 7]);
  bench.make(2, { kind: "object", hash: "00".repeat(32), size: 4, from: 0, to: 4 });
  await assert.rejects(bench.read(await bench.fs.open(NODE), 0, 10), { errno: "EIO" });
  assert.deepEqual(bench.cache.corrupted, ["00".repeat(32)]);
});
