import assert from "node:assert/strict";
import { MemoryTree } from "../../tests/support/memory_tree.ts";
import { SilentKernel } from "../../tests/support/silent_kernel.ts";
import { FileSystemError, LISTING_START, type NodeId, ROOT_ID } from "../base/mod.ts";
import type { OpenFile } from "./filesystem.ts";
import { fails, LibraryBench } from "../../tests/support/library_bench.ts";

/** A tree that says how often it was asked where a file lies, and does before what it is told to. */
class AskedTree extends MemoryTree {
  asked = 0;
  before = () => {};

  override location(id: NodeId) {
    this.asked++;
    this.before();
    return super.location(id);
  }
}

Deno.test("an open of what was just named is answered before it is looked where that lies", async () => {
  using bench = new LibraryBench(new AskedTree());
  const { fs } = bench;
  const tree = bench.tree as AskedTree;
  const id = bench.put("a", "0123456789");
  fs.lookup(ROOT_ID, "a");
  const first = fs.open(id) as OpenFile;
  assert.equal(tree.asked, 0);
  fs.opened(first.handle);
  assert.equal(tree.asked, 1);
  assert.equal(await bench.read(first), "0123456789");
  // Another open may go the way of the first alone, and the kernel has pages now.
  const second = fs.open(id) as OpenFile;
  assert.equal(tree.asked, 2);
  fs.opened(second.handle);
  assert.equal(tree.asked, 2);
  for (const { handle } of [first, second]) fs.release(handle);
  // Who goes before the answer arrives leaves nothing behind.
  const other = bench.put("b", "b");
  fs.entries(ROOT_ID, LISTING_START, 10);
  fs.release((fs.open(other) as OpenFile).handle);
  assert.equal(fs.openFiles, 0);
});

Deno.test("what was named before the tree changed is asked for at open", async () => {
  using bench = new LibraryBench(new AskedTree());
  const { fs, tree } = bench;
  const kernel = new SilentKernel();
  fs.connect(kernel);
  const id = bench.put("a", "old");
  const gone = bench.put("b", "b");
  await fs.treeChanged();
  fs.entries(ROOT_ID, LISTING_START, 10);
  Deno.writeTextFileSync(`${bench.root}/a`, "another");
  tree.setVersion("a", bench.version("a"));
  tree.remove("b");
  kernel.changed.length = 0;
  const opening = fs.open(id);
  assert.ok(opening instanceof Promise);
  const file = await opening;
  assert.ok(kernel.changed.includes(id));
  assert.equal(await bench.read(file), "another");
  await fails("ENOENT", () => fs.open(gone));
});

Deno.test("a large file that the kernel may read by itself is looked for at open", () => {
  using bench = new LibraryBench(new AskedTree());
  const { fs } = bench;
  const id = bench.put("a", "x".repeat(256 * 1024));
  fs.lookup(ROOT_ID, "a");
  assert.equal((fs.open(id, true) as OpenFile).passable, true);
  const other = bench.put("b", "x".repeat(256 * 1024));
  fs.lookup(ROOT_ID, "b");
  const asked = (bench.tree as AskedTree).asked;
  fs.open(other, false);
  assert.equal((bench.tree as AskedTree).asked, asked);
});

Deno.test("an open that was answered before the library changed gives no bytes of another version", async () => {
  for (const change of ["another version", "removed"]) {
    using bench = new LibraryBench(new AskedTree());
    const { fs } = bench;
    const tree = bench.tree as AskedTree;
    const kernel = new SilentKernel();
    fs.connect(kernel);
    const id = bench.put("a", "old");
    await fs.treeChanged();
    fs.lookup(ROOT_ID, "a");
    const file = fs.open(id) as OpenFile;
    tree.before = () => {
      tree.before = () => {};
      Deno.writeTextFileSync(`${bench.root}/a`, "another");
      if (change === "removed") tree.remove("a");
      else tree.setVersion("a", bench.version("a"));
    };
    fs.opened(file.handle);
    await fails("ESTALE", () => bench.read(file));
    fs.release(file.handle);
    if (change === "removed") continue;
    const next = await fs.open(id);
    fs.opened(next.handle);
    assert.ok(kernel.changed.includes(id));
    assert.equal(await bench.read(next), "another");
  }
});

Deno.test("reads of an open that was answered before the library failed are errors", async () => {
  using bench = new LibraryBench(new AskedTree());
  const { fs } = bench;
  const id = bench.put("a", "0123456789");
  fs.lookup(ROOT_ID, "a");
  const file = fs.open(id) as OpenFile;
  (bench.tree as AskedTree).before = () => {
    throw new FileSystemError("EIO", "the disk is gone");
  };
  fs.opened(file.handle);
  await fails("EIO", () => bench.read(file));
  fs.release(file.handle);
  await fails("EBADF", () => bench.read(file));
});
