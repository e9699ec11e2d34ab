import assert from "node:assert/strict";
import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import { FakeCache } from "../../../tests/support/fake_cache.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { RecipeBranch } from "../../../tests/support/recipe_branch.ts";
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
    const version = { size: FILE_BYTES, mtime_s: 1, mtime_ns: 0 };
    this.file = this.tree.addFile("a", { root: "s3://b", path: "a", kind: "s3", ...version });
    this.cache.files.set(this.file, new Uint8Array(FILE_BYTES).fill(7));
  }

  make(version: number, ...segments: Segment<FileLocation>[]): void {
    this.branch.make(version, new Recipe(segments));
  }

  range(from: number, to: number): Segment<FileLocation> {
    return { kind: "file", file: this.tree.location(this.file)!, from, to };
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
  await bench.fs.open(bench.file);
  await assert.rejects(bench.read(opened, 0, 10), { errno: "ESTALE" });
  assert.deepEqual(await bench.read(opened, 0, 1), [1], "other segments are what they were");
});

Deno.test("a segment is read ahead to its end, and no further", async () => {
  using bench = new Bench();
  const header = { kind: "bytes" as const, bytes: new Uint8Array(10) };
  const [from, to] = [1_000 * KIB, 1_900 * KIB];
  bench.make(1, header, bench.range(from, to));
  const opened = await bench.fs.open(NODE);
  for (let at = 0; at < 640 * KIB; at += 64 * KIB) await bench.read(opened, at, 64 * KIB);
  assert.ok(bench.cache.aheads.length > 0);
  assert.equal(Math.max(...bench.cache.aheads.map((range) => range.to)), to);
  assert.ok(bench.cache.aheads.every((range) => range.from >= from));
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
