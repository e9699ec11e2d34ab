import assert from "node:assert/strict";
import type { Entry, Node } from "../../../projections/tree/tree_types.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import {
  type Cookie,
  FileSystemError,
  LISTING_START,
  type NodeId,
  SEARCH_DEADLINE_MS,
  SEARCH_FRESH_MS,
  SEARCH_ID,
  SEARCH_KEPT_MS,
  SEARCH_LISTINGS_MAX,
  SEARCH_NAMES_MAX,
  SEARCH_RECENT_MAX,
} from "../../base/mod.ts";
import { type SearchAnswer, SearchProvider } from "./search.ts";

const REAL = { root: "/nowhere", path: "x", size: 10, mtime_s: 100, mtime_ns: 0 };

/** A provider over a tree with some tracks. The test says what is found, and when. */
class World {
  readonly tree = new MemoryTree();
  readonly time = new ManualTime();
  readonly tracks: readonly Node[];
  readonly asked: string[] = [];
  /** Told of changes that are to be read. */
  changed = 0;
  readonly givenUp: NodeId[] = [];
  answer: (query: string, signal: AbortSignal) => Promise<SearchAnswer>;
  readonly provider: SearchProvider;

  constructor(tracks = 5) {
    for (let i = 0; i < tracks; i++) this.tree.addFile(`Ada/${i}.flac`, REAL);
    this.tracks = Array.from({ length: tracks }, (_, i) => this.tree.at(`Ada/${i}.flac`));
    this.answer = () => Promise.resolve(this.found(this.tracks));
    this.provider = new SearchProvider({
      tree: () => this.tree,
      ask: (query, signal) => {
        this.asked.push(query);
        return this.answer(query, signal);
      },
      onChanged: () => this.changed++,
      onGivenUp: (directories) => this.givenUp.push(...directories),
      time: this.time,
    });
  }

  found(tracks: readonly Node[], prefix = "track"): SearchAnswer {
    const nodes = tracks.map(({ id }) => id);
    return { nodes, names: nodes.map((id) => `${prefix} ${id}.flac`) };
  }

  directory(query: string): NodeId {
    const entry = this.provider.lookup(SEARCH_ID, query);
    assert.ok(entry !== undefined && !(entry instanceof Promise), "named at once");
    assert.equal(entry.name, query);
    return entry.node.id;
  }

  async list(directory: NodeId, after: Cookie = LISTING_START, limit = 1_000) {
    return await this.provider.entries(directory, after, limit);
  }

  async names(directory: NodeId): Promise<string[]> {
    return (await this.list(directory)).map(({ name }) => name);
  }

  async lookup(directory: NodeId, name: string): Promise<Entry | undefined> {
    return await this.provider.lookup(directory, name);
  }

  /** The changes that nobody was told yet: the directories, and what became of them. */
  told(): string[] {
    const changes = this.provider.changesSince(this.#told, 10_000)!;
    this.#told = this.provider.lastChange();
    return changes.map(({ kind, name }) => `${kind} ${name}`);
  }
  #told = 0;
}

Deno.test("SearchProvider: naming a query asks nobody, listing it asks once", async () => {
  const world = new World();
  const { provider, tracks } = world;
  const directory = world.directory("ada");
  assert.equal(world.directory("ada"), directory, "its number is for ever");
  assert.notEqual(world.directory("Ada"), directory);
  assert.equal(provider.node(directory)?.kind, "directory");
  assert.equal(provider.node(directory)?.parent, SEARCH_ID);
  assert.deepEqual(world.asked, []);
  const [one, two] = await Promise.all([world.list(directory), world.list(directory)]);
  assert.deepEqual(one.map(({ node }) => node), tracks, "the nodes of the tree, best first");
  assert.deepEqual(two, one);
  const cookies = one.map(({ cookie }) => cookie);
  assert.deepEqual(cookies.toSorted((a, b) => a - b), cookies);
  assert.ok(cookies[0]! >= 3);
  const named = await world.lookup(directory, `track ${tracks[2]!.id}.flac`);
  assert.deepEqual(named, one[2]);
  assert.equal(await world.lookup(directory, "cover.jpg"), undefined);
  assert.deepEqual(world.asked, ["ada"], "as fresh as it is, nobody is asked again");
  assert.equal(new World().directory("ada"), directory, "in another process as well");
});

Deno.test("SearchProvider: a name that begins with a dot is not there, and nobody is asked", async () => {
  const world = new World();
  for (const name of [".Trash", ".hidden", "._ada", ".", ".directory"]) {
    assert.equal(world.provider.lookup(SEARCH_ID, name), undefined);
    assert.equal(world.provider.lookup(world.directory("ada"), name), undefined);
  }
  await world.time.pass(10 * SEARCH_FRESH_MS);
  assert.deepEqual(world.asked, []);
  assert.equal(world.provider.missingTtl(SEARCH_ID), Infinity);
  assert.ok(world.provider.missingTtl(world.directory("ada")) <= 1);
});

Deno.test("SearchProvider: a new listing after a while has what is found then, and the kernel gives up the old one", async () => {
  const world = new World();
  const { tracks } = world;
  const directory = world.directory("ada");
  world.answer = () => Promise.resolve(world.found(tracks.slice(0, 2)));
  assert.equal((await world.list(directory)).length, 2);
  assert.deepEqual(world.told(), ["content .search"]);
  world.answer = () => Promise.resolve(world.found(tracks));
  await world.time.pass(SEARCH_FRESH_MS - 1);
  assert.equal((await world.list(directory)).length, 2);
  assert.deepEqual(world.told(), []);
  const before = world.changed;
  await world.time.pass(1);
  assert.deepEqual(world.told(), ["content ada"], "asked for again from now on");
  assert.ok(world.changed > before);
  assert.equal((await world.list(directory)).length, 5);
  for (const { ttl } of await world.list(directory)) assert.ok(ttl <= 1);
  await world.time.pass(SEARCH_KEPT_MS);
  assert.deepEqual(world.told(), ["content ada"]);
  assert.equal(world.time.timers, 0, "no timer is left when nothing is kept");
});

Deno.test("SearchProvider: a listing stays as it began, and goes on with the same results after they were given up", async () => {
  const world = new World(9);
  const { tracks } = world;
  const directory = world.directory("ada");
  const first = await world.list(directory, LISTING_START, 4);
  const at = first[3]!.cookie;
  await world.time.pass(SEARCH_FRESH_MS);
  world.answer = () => Promise.resolve(world.found(tracks.toReversed(), "other"));
  const other = await world.list(directory, LISTING_START, 3);
  assert.deepEqual(other.map(({ node }) => node), tracks.toReversed().slice(0, 3));
  const rest = await world.list(directory, at);
  assert.deepEqual([...first, ...rest].map(({ node }) => node), tracks);
  assert.deepEqual(
    [...other, ...await world.list(directory, other[2]!.cookie)].map(({ node }) => node),
    tracks.toReversed(),
  );
  assert.deepEqual(await world.list(directory, rest.at(-1)!.cookie), [], "and ends");
  await world.time.pass(SEARCH_KEPT_MS);
  const asked = world.asked.length;
  const again = await world.list(directory, other[2]!.cookie);
  assert.deepEqual(again.map(({ node }) => node), tracks.toReversed().slice(3));
  assert.equal(world.asked.length, asked + 1, "they were found once more");
  await assert.rejects(
    world.list(directory, at),
    (error) => error instanceof FileSystemError && error.errno === "ESTALE",
    "what is not found any more can't be gone on with",
  );
});

Deno.test("SearchProvider: a name that was listed leads to its file without a search, for as long as the tree has it", async () => {
  const world = new World();
  const directory = world.directory("ada");
  const [first] = await world.list(directory);
  await world.time.pass(10 * SEARCH_FRESH_MS);
  world.answer = () => Promise.reject(new Error("nobody there"));
  assert.deepEqual(await world.lookup(directory, first!.name), first);
  world.tree.remove("Ada/0.flac");
  await assert.rejects(world.lookup(directory, first!.name), /nobody there/);
  await assert.rejects(world.list(directory), /nobody there/);
  world.answer = () => Promise.resolve(world.found(world.tracks));
  assert.equal((await world.list(directory)).length, 4, "what the tree has lost is left out");
});

Deno.test("SearchProvider: without an answer it is EIO, and never later than promised", async () => {
  const world = new World();
  const directory = world.directory("ada");
  const failed = (error: unknown) => {
    assert.ok(error instanceof FileSystemError);
    assert.equal(error.errno, "EIO");
    return true;
  };
  world.answer = () => Promise.reject(new Error("crashed"));
  await assert.rejects(world.list(directory), failed);
  let isWanted = true;
  world.answer = (_query, signal) => {
    signal.addEventListener("abort", () => isWanted = false);
    return new Promise(() => {});
  };
  const looks = [world.list(directory), world.lookup(directory, "x"), world.list(directory)]
    .map((look) => assert.rejects(look, failed));
  await world.time.pass(SEARCH_DEADLINE_MS - 1);
  assert.ok(isWanted);
  await world.time.pass(1);
  await Promise.all(looks);
  assert.ok(!isWanted, "the one who was asked is told that nobody waits");
  assert.equal(world.asked.length, 2, "all wait for one answer");
  assert.equal(world.time.timers, 0);
  assert.deepEqual(await world.list(SEARCH_ID), [], "what could not be listed is no recent query");
  world.answer = () => Promise.resolve(world.found(world.tracks));
  assert.equal((await world.list(directory)).length, 5, "and the next one is asked for again");
});

Deno.test("SearchProvider: a query that can't be read is a directory with a file that says why", async () => {
  const world = new World();
  const problem = "Cannot read the query\n  (a\n    ^\n";
  world.answer = () => Promise.resolve({ problem });
  const directory = world.directory("(a");
  const [file, ...others] = await world.list(directory);
  assert.deepEqual([file?.name, others], ["ERROR.txt", []]);
  const { node } = file!;
  assert.deepEqual([node.kind, node.size, node.parent], ["file", problem.length, directory]);
  assert.deepEqual(world.provider.node(node.id), node);
  assert.deepEqual((await world.lookup(directory, "ERROR.txt"))?.node, node);
  const { recipe } = world.provider.recipe(node.id)!;
  const [segment] = recipe.segments;
  assert.ok(segment?.kind === "bytes");
  assert.equal(new TextDecoder().decode(segment.bytes), problem);
  assert.deepEqual(await world.list(SEARCH_ID), [], "a typing error is no recent query");
  await world.time.pass(SEARCH_FRESH_MS);
  world.answer = () => Promise.resolve(world.found(world.tracks));
  assert.equal((await world.list(directory)).length, 5);
  assert.equal(world.provider.recipe(node.id), undefined);
  assert.equal(world.provider.node(node.id), undefined);
});

Deno.test("SearchProvider: /.search names the queries that were listed last, not those that were only named", async () => {
  const world = new World();
  for (let i = 0; i < SEARCH_RECENT_MAX + 3; i++) {
    world.directory(`named ${i}`);
    await world.list(world.directory(`listed ${i}`));
  }
  await world.list(world.directory("listed 3"));
  const names = await world.names(SEARCH_ID);
  const newest = Array.from({ length: SEARCH_RECENT_MAX }, (_, i) => `listed ${i + 3}`);
  assert.deepEqual(names.toSorted(), newest.toSorted());
  const entries = await world.list(SEARCH_ID);
  assert.deepEqual(
    await world.list(SEARCH_ID, entries[4]!.cookie, 2),
    entries.slice(5, 7),
    "it goes on where it was",
  );
  world.told();
  await world.list(world.directory("listed 4"));
  assert.ok(!world.told().includes("content .search"), "nothing new");
  world.provider.forgotten(world.directory("listed 4"));
  assert.ok((await world.names(SEARCH_ID)).includes("listed 4"));
});

Deno.test("SearchProvider: of however many queries a bounded number is kept", async () => {
  const world = new World();
  const count = 3 * SEARCH_NAMES_MAX;
  const ids: NodeId[] = [];
  for (let i = 0; i < count; i++) ids.push(world.directory(`guess ${i}`));
  const isKept = ids.filter((id) => world.provider.node(id) !== undefined);
  assert.ok(isKept.length <= SEARCH_NAMES_MAX);
  assert.equal(isKept.at(-1), ids.at(-1));
  assert.deepEqual(world.givenUp, ids.slice(0, -isKept.length), "the kernel forgets the others");
  await assert.rejects(
    async () => await world.list(ids[0]!),
    (error) => error instanceof FileSystemError && error.errno === "ESTALE",
  );
  assert.equal(world.directory("guess 0"), ids[0], "who enters it again has the same directory");

  const listed = isKept.slice(-2 * SEARCH_LISTINGS_MAX);
  for (const id of listed) await world.list(id);
  const asked = world.asked.length;
  world.answer = () => Promise.reject(new Error("asked"));
  const kept = [];
  for (const id of listed) {
    const name = `track ${world.tracks[0]!.id}.flac`;
    if (await world.lookup(id, name).catch(() => undefined) !== undefined) kept.push(id);
  }
  assert.deepEqual(kept, listed.slice(-SEARCH_LISTINGS_MAX));
  assert.equal(world.asked.length, asked + SEARCH_LISTINGS_MAX);
  const outdated = world.told().filter((told) => told.startsWith("content guess"));
  assert.equal(outdated.length, SEARCH_LISTINGS_MAX, "the kernel keeps none that is not kept here");
});

Deno.test("SearchProvider: what the kernel forgets is given up", async () => {
  const world = new World();
  const directory = world.directory("ada");
  world.provider.forgotten(directory);
  assert.equal(world.provider.node(directory), undefined);
  const listed = world.directory("ada");
  await world.list(listed);
  world.provider.forgotten(listed);
  assert.equal(world.time.timers, 1, "the timer ends by itself");
  await world.time.pass(SEARCH_KEPT_MS);
  assert.equal(world.time.timers, 0);
});

Deno.test("SearchProvider: who reads no changes makes none pile up", async () => {
  const world = new World();
  for (let i = 0; i < 2_000; i++) await world.list(world.directory(`${i % 100}`));
  assert.equal(world.provider.changesSince(0, 10), undefined, "everything may have changed");
  const last = world.provider.lastChange();
  assert.deepEqual(world.provider.changesSince(last, 10), []);
});
