import assert from "node:assert/strict";
import { type Entry, type Node, ROOT_ID } from "../../../projections/tree/tree_types.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import {
  type Cookie,
  LISTING_START,
  type NodeId,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";
import type { Provider } from "../providers/provider.ts";
import { TreeProvider } from "../providers/tree.ts";
import { Router } from "./router.ts";
import { SeenFiles } from "./seen_files.ts";

const REAL = { root: "/nowhere", path: "x", size: 10, mtime_s: 100, mtime_ns: 0 };
const BRANCH = toNodeId(5);
const BELOW = toNodeId(2 ** 40);

/** `.found/below/` with the track `shown` under two names. */
class Found implements Provider {
  readonly shown: Node;
  readonly forgottenNodes: NodeId[] = [];
  isLater = false;

  constructor(shown: Node) {
    this.shown = shown;
  }

  node(id: NodeId): Node | undefined {
    if (id === BRANCH) return directory(BRANCH, ROOT_ID);
    return id === BELOW ? directory(BELOW, BRANCH) : undefined;
  }
  lookup(at: NodeId, name: string): Answer<Entry | undefined> {
    return this.#answer(this.#all(at).find((entry) => entry.name === name));
  }
  entries(at: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    return this.#answer(this.#all(at).filter(({ cookie }) => cookie > after).slice(0, limit));
  }
  location() {
    return undefined;
  }
  forgotten(id: NodeId) {
    this.forgottenNodes.push(id);
  }
  lastChange() {
    return 0;
  }
  changesSince() {
    return [];
  }
  #all(at: NodeId): Entry[] {
    if (at === BRANCH) return [entry(10, "below", this.node(BELOW)!)];
    assert.equal(at, BELOW, "only its own directories are asked of a provider");
    return [entry(10, "one", this.shown), entry(11, "two", this.shown)];
  }
  #answer<T>(value: T): Answer<T> {
    return this.isLater ? Promise.resolve(value) : value;
  }
}

function directory(id: NodeId, parent: NodeId): Node {
  return {
    id,
    kind: "directory",
    parent,
    size: 0,
    mtime_s: 1,
    mtime_ns: 0,
    version: toNodeVersion(1),
  };
}

function entry(cookie: number, name: string, node: Node): Entry {
  return { cookie: toCookie(cookie), name, node, ttl: 5 };
}

function setUp(showHidden: boolean) {
  const tree = new MemoryTree();
  tree.addFile("Ada/1.flac", REAL);
  const found = new Found(tree.at("Ada/1.flac"));
  const router = new Router({
    tree: new TreeProvider(() => tree, new SeenFiles(1)),
    branches: [{ name: ".found", root: BRANCH, provider: found }],
    showHidden,
  });
  const names = async (at: NodeId, after = LISTING_START) =>
    (await router.entries(at, after, 100)).map(({ name }) => name);
  return { tree, found, router, names };
}

Deno.test("Router: a branch is entered by its name, and listed only when that is wanted", async () => {
  for (const showHidden of [false, true]) {
    const { tree, router, names } = setUp(showHidden);
    assert.deepEqual(await names(ROOT_ID), showHidden ? [".found", "Ada"] : ["Ada"]);
    assert.deepEqual(await names(ROOT_ID, toCookie(BRANCH)), ["Ada"], "a listing that goes on");
    assert.equal((await router.lookup(ROOT_ID, ".found"))?.node.id, BRANCH);
    assert.equal((await router.lookup(ROOT_ID, "Ada"))?.node.id, tree.at("Ada").id);
    assert.equal(await router.lookup(tree.at("Ada").id, ".found"), undefined);
    assert.equal(await router.lookup(ROOT_ID, ".other"), undefined);
  }
});

Deno.test("Router: each directory is its provider's, whether it answers at once or later", async () => {
  for (const isLater of [false, true]) {
    const { tree, found, router, names } = setUp(false);
    found.isLater = isLater;
    assert.deepEqual(await names(BRANCH), ["below"]);
    assert.deepEqual(await names(BELOW), ["one", "two"]);
    const [one, two] = await Promise.all(["one", "two"].map((name) => router.lookup(BELOW, name)));
    const { id } = tree.at("Ada/1.flac");
    assert.deepEqual([one?.node.id, two?.node.id], [id, id], "one node, two names");
    assert.deepEqual(router.node(id), tree.node(id));
    assert.deepEqual(await names(tree.at("Ada").id), ["1.flac"]);
  }
});

Deno.test("Router: a number alone leads to its provider, as a file handle of an exported mount does", async () => {
  const { found, router, names } = setUp(false);
  assert.equal(router.node(BELOW)?.parent, BRANCH);
  assert.deepEqual(await names(BELOW), ["one", "two"]);
  router.forgotten(BELOW);
  assert.deepEqual(found.forgottenNodes, [BELOW]);
  assert.deepEqual(await names(BELOW), [], "nobody can ask for what the kernel does not know");
  router.forgotten(BRANCH);
  assert.deepEqual(await names(BRANCH), ["below"], "a branch stays");
});
