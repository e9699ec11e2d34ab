import assert from "node:assert/strict";
import { type NodeId, toNodeId } from "../../base/mod.ts";
import { ROOT_ID } from "../../../projections/tree/tree_types.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import { ChangeFeed } from "./change_feed.ts";
import { TreeProvider } from "../providers/tree.ts";
import type { KernelCache, KnownName } from "./kernel_cache.ts";
import { Router } from "./router.ts";
import { SeenFiles } from "./seen_files.ts";

const REAL = { root: "/nowhere", path: "x", size: 10, mtime_s: 100, mtime_ns: 0 };

/** Keeps what the kernel would have been told; a promise resolves when the test says so. */
class FakeKernel implements KernelCache {
  readonly told: string[] = [];
  readonly nodes = new Set<NodeId>([ROOT_ID]);
  readonly directories = new Set<number>([ROOT_ID]);
  /** Directories whose look-ups were waited for, and what had been told by then. */
  readonly waitedFor: [number, number][] = [];
  epochs = true;
  remembered: KnownName[] = [];
  #waiting: (() => void)[] = [];
  hold = false;

  knows(node: NodeId) {
    return this.nodes.has(node);
  }
  known() {
    return this.nodes.values();
  }
  isDirectory(node: number) {
    return this.directories.has(node);
  }
  entryChanged(parent: number, name: string) {
    return this.#tell(`entry ${parent} ${name}`);
  }
  entryRemoved(parent: number, name: string, node: number) {
    return this.#tell(`removed ${parent} ${name} ${node}`);
  }
  nodeChanged(node: number, content: boolean) {
    return this.#tell(`${content ? "content" : "attributes"} ${node}`);
  }
  lookupsTaken(directory: number) {
    this.waitedFor.push([directory, this.told.length]);
    return Promise.resolve();
  }
  names() {
    return this.remembered;
  }
  giveUp() {
    return Promise.resolve();
  }
  async allEntriesChanged() {
    if (!this.epochs) return false;
    await this.#tell("epoch");
    return true;
  }
  release() {
    this.hold = false;
    for (const told of this.#waiting.splice(0)) told();
  }
  #tell(what: string): Promise<void> {
    this.told.push(what);
    if (!this.hold) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function setUp(prepare: (tree: MemoryTree) => void = () => {}) {
  const tree = new MemoryTree();
  prepare(tree);
  let served = tree;
  const router = new Router({
    tree: new TreeProvider(() => served, new SeenFiles(1)),
    branches: [],
    showHidden: false,
  });
  const kernel = new FakeKernel();
  const changed: number[] = [];
  let any = 0;
  const open = new Set<number>();
  const feed = new ChangeFeed({
    router,
    kernel,
    contentChanged: (node) => changed.push(node),
    anyContentChanged: () => any++,
    isOpenAsItIs: (node) => open.has(node),
  });
  const serve = (other: MemoryTree) => served = other;
  return { tree, kernel, feed, changed, open, serve, any: () => any };
}

Deno.test("what the kernel does not know it is not told", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/b/1", REAL));
  tree.addFile("a/b/2", REAL);
  tree.setVersion("a/b/1", { ...REAL, size: 11 });
  tree.remove("a/b/2");
  await feed.read();
  assert.deepEqual(kernel.told, []);
});

Deno.test("a new name kills the memory of its absence and the listing, once a batch", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/1", REAL));
  const a = tree.at("a").id;
  kernel.nodes.add(a);
  tree.addFile("a/2", REAL);
  tree.addFile("a/3", REAL);
  await feed.read();
  assert.deepEqual(kernel.told, [`entry ${a} 2`, `entry ${a} 3`, `content ${a}`]);
});

Deno.test("what changed is told once look-ups of its directory have arrived", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/1", REAL));
  const a = tree.at("a").id;
  const { id } = tree.at("a/1");
  kernel.nodes.add(a).add(id);
  tree.setVersion("a/1", { ...REAL, size: 11 });
  await feed.read();
  assert.deepEqual(kernel.waitedFor, [[a, 0]]);
  assert.equal(kernel.told[0], `content ${id}`);
});

Deno.test("pages of a file that is open as it is are not dropped: that would wait for its readers", async () => {
  const { tree, kernel, feed, open } = setUp((tree) => tree.addFile("a/1", REAL));
  const { id } = tree.at("a/1");
  kernel.nodes.add(id);
  open.add(id);
  tree.setVersion("a/1", REAL);
  await feed.read();
  assert.deepEqual(kernel.told, [`attributes ${id}`]);
  kernel.epochs = false;
  tree.pruneChanges();
  tree.addFile("2", REAL);
  tree.pruneChanges();
  await feed.read();
  assert.ok(!kernel.told.includes(`content ${id}`));
});

Deno.test("newer files make their directories newer", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/1", REAL));
  tree.addFile("a/2", { ...REAL, mtime_s: 200 });
  await feed.read();
  assert.deepEqual(kernel.told, [`attributes ${ROOT_ID}`]);
});

Deno.test("a removed file is deleted for its watchers, a moved one is not", async () => {
  const { tree, kernel, feed } = setUp((tree) => {
    tree.addFile("gone", REAL);
    tree.addFile("moved", REAL);
  });
  const gone = tree.at("gone").id;
  const moved = tree.at("moved").id;
  kernel.nodes.add(gone).add(moved);
  tree.remove("gone");
  tree.move("moved", "elsewhere");
  await feed.read();
  assert.deepEqual(kernel.told, [
    `removed ${ROOT_ID} gone ${gone}`,
    `entry ${ROOT_ID} moved`,
    `entry ${ROOT_ID} elsewhere`,
    `content ${ROOT_ID}`,
  ]);
});

Deno.test("a changed file is untold until the kernel was told", async () => {
  const { tree, kernel, feed, changed } = setUp((tree) => tree.addFile("1", REAL));
  const { id } = tree.at("1");
  kernel.nodes.add(id);
  assert.equal(feed.untold(id, tree.lastChange()), undefined);
  kernel.hold = true;
  tree.setVersion("1", { ...REAL, size: 11 });
  const untold = feed.untold(id, tree.lastChange());
  assert.ok(untold, "the feed is read by asking");
  assert.deepEqual(changed, [id]);
  assert.equal(feed.untold(id, tree.lastChange()), untold);
  kernel.release();
  await untold;
  await feed.read();
  assert.equal(feed.untold(id, tree.lastChange()), undefined);
});

Deno.test("very many changes are one new epoch", async () => {
  const { tree, kernel, feed, any } = setUp();
  for (let i = 0; i < 3000; i++) tree.addFile(`${i}`, REAL);
  await feed.read();
  assert.deepEqual(kernel.told, ["epoch", `content ${ROOT_ID}`]);
  assert.equal(any(), 1);
  await feed.read();
  assert.equal(kernel.told.length, 2, "and the feed was read to its end");
});

Deno.test("one name of several goes: it is no longer so, and the file behind it is there", async () => {
  const { tree, kernel, feed, changed } = setUp((tree) => {
    tree.addFile("a/1", REAL);
    tree.link("a/1", "b/1");
    tree.link("a/1", "b/twice");
  });
  const [a, b, id] = ["a", "b", "a/1"].map((path) => tree.at(path).id);
  for (const node of [a, b, id]) kernel.nodes.add(node!);
  tree.unlink("b/1");
  await feed.read();
  assert.deepEqual(kernel.told, [`entry ${b} 1`, `content ${b}`]);
  kernel.told.length = 0;
  tree.setVersion("b/twice", { ...REAL, size: 11 });
  await feed.read();
  assert.deepEqual(kernel.told, [`content ${id}`], "a node is told of once");
  assert.deepEqual(
    kernel.waitedFor.map(([directory]) => directory),
    [a, b],
    "every holder's look-ups",
  );
  assert.equal(changed.includes(id!), true);
  kernel.told.length = 0;
  tree.remove("a/1");
  await feed.read();
  assert.deepEqual(kernel.told.filter((line) => !line.startsWith("content")), [
    `removed ${a} 1 ${id}`,
    `removed ${b} twice ${id}`,
  ]);
});

Deno.test("an epoch leaves listings alone, so known directories are named beside it", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/1", REAL));
  const a = tree.at("a").id;
  kernel.nodes.add(a).add(tree.at("a/1").id);
  kernel.directories.add(a);
  tree.addFile("a/2", REAL);
  tree.pruneChanges();
  await feed.read();
  assert.deepEqual(kernel.told, ["epoch", `content ${ROOT_ID}`, `content ${a}`]);
});

Deno.test("a walk over everything ends when the next has begun, and both are told then", async () => {
  const { tree, kernel, feed } = setUp();
  kernel.epochs = false;
  for (let i = 0; i < 1000; i++) kernel.nodes.add(toNodeId(10_000 + i));
  kernel.hold = true;
  const everythingChanges = (name: string) => {
    tree.addFile(name, REAL);
    tree.pruneChanges();
    return feed.read();
  };
  const both = [everythingChanges("1"), everythingChanges("2")];
  await Promise.resolve();
  await Promise.resolve();
  kernel.release();
  await Promise.all(both);
  assert.equal(kernel.told.length, 256 + 1001);
});

Deno.test("a tree that fails while its changes are read is read again", () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("1", REAL));
  const { id } = tree.at("1");
  kernel.nodes.add(id);
  tree.setVersion("1", { ...REAL, size: 11 });
  for (let i = 0; i < 1500; i++) tree.addFile(`${10_000 + i}`, REAL);
  const changesSince = tree.changesSince.bind(tree);
  let asked = 0;
  tree.changesSince = (...after) => {
    if (++asked === 2) throw new Error("disk I/O error");
    return changesSince(...after);
  };
  assert.throws(() => feed.read(), /disk I\/O error/);
  assert.equal(kernel.told.length, 0);
  kernel.hold = true;
  assert.ok(feed.untold(id, tree.lastChange()), "it was not read about");
  assert.equal(kernel.told.filter((line) => line === `content ${id}`).length, 1);
  assert.equal(kernel.told.filter((line) => line.startsWith("entry ")).length, 1500);
});

Deno.test("without epochs every known node is named", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("a/1", REAL));
  kernel.epochs = false;
  for (let i = 0; i < 1000; i++) kernel.nodes.add(toNodeId(10_000 + i));
  tree.addFile("a/2", REAL);
  tree.pruneChanges();
  await feed.read();
  assert.equal(kernel.told.length, 1001);
  assert.ok(kernel.told.every((line) => line.startsWith("content ")));
});

Deno.test("without epochs every name that means something else by now is named, and no other", async () => {
  const { tree, kernel, feed } = setUp((tree) => {
    for (const path of ["d/same", "d/gone", "d/moved", "d/other"]) tree.addFile(path, REAL);
  });
  kernel.epochs = false;
  const d = tree.at("d").id;
  const name = (name: string) => ({ parent: d, name, node: tree.at(`d/${name}`).id });
  kernel.remembered = ["same", "gone", "moved", "other"].map(name);
  kernel.remembered.push({ parent: d, name: "new", node: undefined });
  kernel.remembered.push({ parent: d, name: "never", node: undefined });
  kernel.remembered.push({ parent: ROOT_ID, name: "d", node: d });
  kernel.remembered.push({
    parent: toNodeId(7),
    name: "in what is no directory",
    node: toNodeId(8),
  });
  tree.remove("d/gone");
  tree.move("d/moved", "d/new");
  tree.remove("d/other");
  tree.addFile("d/other", REAL);
  tree.pruneChanges();
  tree.addFile("x", REAL);
  tree.pruneChanges();
  await feed.read();
  assert.deepEqual(kernel.told.filter((line) => line.startsWith("entry")).sort(), [
    ...["gone", "moved", "new", "other"].map((name) => `entry ${d} ${name}`),
    "entry 7 in what is no directory",
  ]);
});

Deno.test("while everything is being told, an open names its own file first", async () => {
  const { tree, kernel, feed } = setUp((tree) => tree.addFile("1", REAL));
  kernel.hold = true;
  tree.pruneChanges();
  tree.addFile("2", REAL);
  tree.pruneChanges();
  const { id } = tree.at("1");
  const untold = feed.untold(id, tree.lastChange());
  assert.ok(untold);
  assert.equal(kernel.told.at(-1), `content ${id}`);
  kernel.release();
  await untold;
  await feed.read();
  assert.equal(feed.untold(id, tree.lastChange()), undefined);
});

Deno.test("another tree starts anew from its own feed", async () => {
  const { kernel, feed, serve } = setUp((tree) => tree.addFile("1", REAL));
  const other = new MemoryTree();
  other.addFile("1", REAL);
  serve(other);
  await feed.replaced();
  assert.deepEqual(kernel.told, ["epoch", `content ${ROOT_ID}`]);
  other.addFile("2", REAL);
  await feed.read();
  assert.deepEqual(kernel.told.slice(2), [`entry ${ROOT_ID} 2`, `content ${ROOT_ID}`]);
});
