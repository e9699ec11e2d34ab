import assert from "node:assert/strict";
import type { Entry } from "../../../projections/tree/tree_types.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import {
  COLLECTION_TIMED_MS,
  COLLECTIONS_ID,
  COLLECTIONS_KEPT,
  type Cookie,
  FileSystemError,
  LISTING_START,
  type NodeId,
  SEARCH_DEADLINE_MS,
  SEARCH_FRESH_MS,
  SEARCH_KEPT_MS,
} from "../../base/mod.ts";
import { type CollectionProblem, CollectionsProvider, type NamesAsked } from "./collections.ts";
import type { CollectionNames } from "../../control/protocol.ts";

const REAL = { root: "/nowhere", path: "x", size: 10, mtime_s: 100, mtime_ns: 0 };

/** A provider over a tree with tracks. The test says which of them are in the only kind of collection that there is. */
class World {
  readonly tree = new MemoryTree();
  readonly time = new ManualTime();
  readonly nodes: readonly NodeId[];
  readonly asked: string[] = [];
  /** The tracks that every collection has, and how many of them one answer has. */
  has: readonly NodeId[];
  page = 1_000;
  more = false;
  timed = false;
  text = "#EXTM3U\n";
  problem: string | undefined;
  /** Held until the promise resolves, or rejects. */
  until: Promise<unknown> = Promise.resolve();
  readonly provider: CollectionsProvider;
  #listing = 0;
  readonly #listings = new Map<number, readonly NodeId[]>();

  constructor(tracks = 5) {
    for (let i = 0; i < tracks; i++) this.tree.addFile(`Ada/${i}.flac`, REAL);
    this.nodes = Array.from({ length: tracks }, (_, i) => this.tree.at(`Ada/${i}.flac`).id);
    this.has = this.nodes;
    this.tree.collectionNames = ["Jazz", "Rock"];
    this.provider = new CollectionsProvider({
      tree: () => this.tree,
      names: (asked) => this.#names(asked),
      playlist: async (name): Promise<CollectionProblem | { text: string; timed: boolean }> => {
        this.asked.push(`${name}.m3u8`);
        await this.until;
        if (this.problem !== undefined) return { problem: this.problem };
        return { text: this.text, timed: this.timed };
      },
      onChanged: () => {},
      time: this.time,
    });
  }

  async #names({ name, from, listing }: NamesAsked): Promise<CollectionProblem | CollectionNames> {
    this.asked.push(from === 0 ? name : `${name} from ${from}`);
    await this.until;
    if (this.problem !== undefined) return { problem: this.problem };
    const known = listing === undefined ? undefined : this.#listings.get(listing);
    const all = known ?? this.has;
    const number = known === undefined ? ++this.#listing : listing!;
    this.#listings.set(number, all);
    const nodes = all.slice(from, from + this.page);
    return {
      ...{ listing: number, from, nodes: [...nodes], total: all.length },
      names: nodes.map((node, i) => `${String(from + i + 1).padStart(3, "0")} - ${node}.flac`),
      next: from + this.page < all.length ? from + this.page : null,
      ...{ more: this.more, timed: this.timed },
    };
  }

  async list(directory: NodeId, after: Cookie = LISTING_START, limit = 1_000) {
    return await this.provider.entries(directory, after, limit);
  }

  /** The numbers of the listed tracks. */
  async tracks(directory: NodeId): Promise<NodeId[]> {
    return (await this.list(directory)).map(({ node }) => node.id);
  }

  async lookup(directory: NodeId, name: string): Promise<Entry | undefined> {
    return await this.provider.lookup(directory, name);
  }

  async directory(name: string): Promise<NodeId> {
    return (await this.lookup(COLLECTIONS_ID, name))!.node.id;
  }

  read(node: NodeId): string {
    const { recipe } = this.provider.recipe(node)!;
    return recipe.segments.map((segment) =>
      segment.kind === "bytes" ? new TextDecoder().decode(segment.bytes) : ""
    ).join("");
  }

  told(): string[] {
    const changes = this.provider.changesSince(this.#told, 10_000)!;
    this.#told = this.provider.lastChange();
    return changes.map(({ kind, name }) => `${kind} ${name}`);
  }
  #told = 0;
}

Deno.test("CollectionsProvider: the names are there at once, and to list them makes nothing", async () => {
  const world = new World();
  const all = await world.list(COLLECTIONS_ID);
  assert.deepEqual(all.map(({ name }) => name).toSorted(), [
    ...["Jazz", "Jazz.m3u8", "Rock", "Rock.m3u8"],
  ]);
  const pages: string[] = [];
  for (let after = LISTING_START;;) {
    const [entry] = await world.list(COLLECTIONS_ID, after, 1);
    if (entry === undefined) break;
    pages.push(entry.name);
    after = entry.cookie;
  }
  assert.deepEqual(pages, all.map(({ name }) => name), "page by page as well");
  const jazz = await world.lookup(COLLECTIONS_ID, "Jazz");
  assert.equal(jazz!.node.kind, "directory");
  assert.deepEqual(world.provider.node(jazz!.node.id), jazz!.node);
  for (const name of ["jazz", "Blues", "Blues.m3u8", ".Jazz", "Jazz.m3u"]) {
    assert.equal(await world.lookup(COLLECTIONS_ID, name), undefined, name);
  }
  assert.deepEqual(world.asked, []);
  assert.equal(world.time.timers, 0);
});

Deno.test("CollectionsProvider: what is listed holds until the library changes, and then the kernel gives it up", async () => {
  const world = new World();
  const jazz = await world.directory("Jazz");
  assert.deepEqual(await world.tracks(jazz), world.nodes);
  await world.time.pass(SEARCH_KEPT_MS - 1);
  assert.deepEqual(await world.tracks(jazz), world.nodes);
  const [, second] = await world.list(jazz);
  assert.deepEqual(await world.lookup(jazz, second!.name), second);
  assert.equal(await world.lookup(jazz, "cover.jpg"), undefined);
  assert.deepEqual([world.asked, world.told()], [["Jazz"], []]);

  world.has = world.nodes.slice(2);
  world.provider.libraryChanged();
  await world.time.pass(0);
  assert.deepEqual(world.told(), ["content Jazz"]);
  assert.deepEqual(await world.tracks(jazz), world.has);
  const again = await world.lookup(jazz, `003 - ${world.has[0]}.flac`);
  assert.equal(again?.node.id, world.has[0], "a name that it had at another place");
  assert.equal(await world.lookup(jazz, second!.name), undefined, "it has left");
  assert.deepEqual(world.asked, ["Jazz", "Jazz"]);
});

Deno.test("CollectionsProvider: a library that changes all the time is asked once a second", async () => {
  const world = new World();
  const jazz = await world.directory("Jazz");
  for (let i = 0; i < 10; i++) {
    await world.list(jazz);
    await world.time.pass(SEARCH_FRESH_MS / 10);
    world.provider.libraryChanged();
  }
  assert.equal(world.asked.length, 1);
  await world.list(jazz);
  assert.equal(world.asked.length, 2);
});

Deno.test("CollectionsProvider: what the time changes holds for some seconds", async () => {
  const world = new World();
  world.timed = true;
  const jazz = await world.directory("Jazz");
  await world.list(jazz);
  await world.time.pass(COLLECTION_TIMED_MS - 1);
  assert.deepEqual(world.told(), []);
  await world.time.pass(1);
  assert.deepEqual(world.told(), ["content Jazz"]);
  world.has = [];
  assert.deepEqual(await world.tracks(jazz), []);
});

Deno.test("CollectionsProvider: the first names are listed before the last are there, and a listing stays as it began", async () => {
  const world = new World(9);
  world.page = 4;
  const jazz = await world.directory("Jazz");
  const first = await world.list(jazz, LISTING_START, 4);
  assert.deepEqual(first.map(({ node }) => node.id), world.nodes.slice(0, 4));
  const rest = world.list(jazz, first[3]!.cookie);
  world.has = world.nodes.toReversed();
  world.provider.libraryChanged();
  await world.time.pass(SEARCH_FRESH_MS);
  const other = await world.list(jazz, LISTING_START, 2);
  assert.deepEqual(other.map(({ node }) => node.id), world.has.slice(0, 2));
  assert.deepEqual((await rest).map(({ node }) => node.id), world.nodes.slice(4));
  const later = await world.list(jazz, first[1]!.cookie);
  assert.deepEqual(later.map(({ node }) => node.id), world.nodes.slice(2), "from the one before");
  await world.time.pass(SEARCH_KEPT_MS);
  assert.throws(() => world.provider.entries(jazz, first[1]!.cookie, 9), {
    errno: "ESTALE",
  });
});

Deno.test("CollectionsProvider: a playlist has its exact size when it is looked up, and another one is told of", async () => {
  const world = new World();
  const [, listed] = (await world.list(COLLECTIONS_ID)).filter(({ unsized }) => unsized);
  assert.equal(listed!.node.kind, "file");
  world.text = "#EXTM3U\n../a.flac\n";
  const entry = await world.lookup(COLLECTIONS_ID, listed!.name);
  assert.equal(entry!.node.id, listed!.node.id);
  assert.equal(entry!.node.size, world.text.length);
  assert.equal(world.read(entry!.node.id), world.text);
  assert.deepEqual(world.provider.node(entry!.node.id), entry!.node);

  world.text = "#EXTM3U\n../é.flac\n";
  world.provider.libraryChanged();
  await world.time.pass(SEARCH_FRESH_MS);
  const other = await world.lookup(COLLECTIONS_ID, listed!.name);
  assert.equal(other!.node.size, world.text.length + 1);
  assert.notEqual(other!.node.version, entry!.node.version);
  assert.deepEqual(world.told(), [`content ${listed!.name}`]);
  world.provider.libraryChanged();
  await world.time.pass(SEARCH_FRESH_MS);
  await world.lookup(COLLECTIONS_ID, listed!.name);
  assert.deepEqual(world.told(), [], "it is the same");
  assert.equal(world.asked.length, 3);
});

Deno.test("CollectionsProvider: a query that can't be read, and more tracks than are shown, are said in a file", async () => {
  const world = new World();
  const jazz = await world.directory("Jazz");
  world.problem = "no such\nfield";
  const [error, ...others] = await world.list(jazz);
  assert.deepEqual([error!.name, error!.node.size, others], ["ERROR.txt", 13, []]);
  assert.equal(world.read(error!.node.id), world.problem);
  const playlist = await world.lookup(COLLECTIONS_ID, "Jazz.m3u8");
  assert.equal(world.read(playlist!.node.id), "#EXTM3U\n# no such\n# field\n");

  world.problem = undefined;
  world.more = true;
  world.page = 2;
  await world.time.pass(COLLECTION_TIMED_MS);
  const names = (await world.list(jazz)).map(({ name }) => name);
  assert.equal(names.at(-1), "MORE.txt");
  assert.equal(names.length, 6);
  assert.match(world.read((await world.list(jazz)).at(-1)!.node.id), /more than 20,000 tracks/);
});

Deno.test("CollectionsProvider: names that came and went are told of, and a collection that went is stale", async () => {
  const world = new World();
  world.provider.libraryChanged();
  assert.deepEqual(world.told(), [], "nobody looked yet");
  const jazz = await world.directory("Jazz");
  await world.list(jazz);
  world.tree.collectionNames = ["Rock", "Blues"];
  world.provider.libraryChanged();
  assert.deepEqual(world.told(), ["content Jazz", "content .collections"]);
  assert.equal(world.provider.node(jazz), undefined);
  assert.throws(() => world.provider.entries(jazz, LISTING_START, 9), { errno: "ESTALE" });
  assert.equal(await world.lookup(COLLECTIONS_ID, "Jazz"), undefined);
  assert.equal((await world.lookup(COLLECTIONS_ID, "Blues"))?.name, "Blues");
  world.provider.libraryChanged();
  assert.deepEqual(world.told(), []);
});

Deno.test("CollectionsProvider: without an answer it is EIO in time, or what was last listed", async () => {
  const world = new World();
  const [jazz, rock] = [await world.directory("Jazz"), await world.directory("Rock")];
  await world.list(rock);
  world.until = Promise.reject(new Error("the engine is away"));
  world.until.catch(() => {});
  const isEio = (error: unknown) => error instanceof FileSystemError && error.errno === "EIO";
  await assert.rejects(world.list(jazz), isEio);
  await assert.rejects(world.lookup(COLLECTIONS_ID, "Jazz.m3u8"), isEio);
  world.provider.libraryChanged();
  await world.time.pass(SEARCH_FRESH_MS);
  assert.deepEqual(await world.tracks(rock), world.nodes);
  const { promise } = Promise.withResolvers<void>();
  world.until = promise;
  const waits = assert.rejects(world.list(jazz), /no answer within/);
  await world.time.pass(SEARCH_DEADLINE_MS);
  await waits;
});

Deno.test("CollectionsProvider: a bounded number is kept, each for as long as somebody looks", async () => {
  const world = new World();
  world.tree.collectionNames = Array.from({ length: 50 }, (_, i) => `C${i}`);
  for (const name of world.tree.collectionNames) await world.list(await world.directory(name));
  const given = world.told().length;
  assert.equal(given, 50 - COLLECTIONS_KEPT);
  await world.time.pass(SEARCH_KEPT_MS);
  assert.equal(world.told().length, COLLECTIONS_KEPT);
  assert.equal(world.time.timers, 0, "no timer is left when nothing is kept");
});
