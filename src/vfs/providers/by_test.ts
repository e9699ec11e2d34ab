import assert from "node:assert/strict";
import type { Entry, Node } from "../../../projections/tree/tree_types.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { MemoryTree } from "../../../tests/support/memory_tree.ts";
import {
  BY_DIRECTORIES_MAX,
  BY_ID,
  BY_UNTOLD_MAX,
  type Cookie,
  FACETS,
  FileSystemError,
  LISTING_START,
  type NodeId,
  SEARCH_DEADLINE_MS,
  SEARCH_FRESH_MS,
} from "../../base/mod.ts";
import { type AskedDirectory, ByProvider } from "./by.ts";

const REAL = { root: "/nowhere", path: "x", size: 10, mtime_s: 100, mtime_ns: 0 };

interface Named {
  readonly number: number;
  readonly name: string;
}

/** A provider over a tree with some tracks. The test says what a directory has, and when. */
class World {
  readonly tree = new MemoryTree();
  readonly time = new ManualTime();
  readonly tracks: readonly Node[];
  readonly asked: AskedDirectory[] = [];
  changed = 0;
  readonly givenUp: NodeId[] = [];
  has: (directory: AskedDirectory, signal: AbortSignal) => Promise<readonly Named[]>;
  readonly provider: ByProvider;

  constructor() {
    for (let i = 0; i < 5; i++) this.tree.addFile(`Ada/${i}.flac`, REAL);
    this.tracks = Array.from({ length: 5 }, (_, i) => this.tree.at(`Ada/${i}.flac`))
      .sort((a, b) => a.id - b.id);
    this.has = ({ facet }) =>
      Promise.resolve(
        facet === null
          ? this.tracks.map(({ id }) => ({ number: id, name: `${id}.flac` }))
          : [0, 7, 2 ** 51].map((number) => ({ number, name: `${facet} ${number}` })),
      );
    this.provider = new ByProvider({
      tree: () => this.tree,
      entries: async (directory, after, limit, signal) => {
        this.asked.push(directory);
        const all = await this.has(directory, signal);
        return all.filter(({ number }) => number > after).slice(0, limit);
      },
      find: async (directory, name, signal) => {
        this.asked.push(directory);
        return (await this.has(directory, signal)).find((it) => it.name === name)?.number ?? null;
      },
      onChanged: () => this.changed++,
      onGivenUp: (directories) => this.givenUp.push(...directories),
      time: this.time,
    });
  }

  async lookup(directory: NodeId, name: string): Promise<Entry | undefined> {
    return await this.provider.lookup(directory, name);
  }

  /** The directory at a path below `/.by`. */
  async at(path: string): Promise<NodeId> {
    let directory = BY_ID;
    for (const name of path.split("/")) {
      const entry = await this.lookup(directory, name);
      assert.ok(entry !== undefined, `${name} of ${path}`);
      directory = entry.node.id;
    }
    return directory;
  }

  async list(directory: NodeId, after: Cookie = LISTING_START, limit = 1_000) {
    return await this.provider.entries(directory, after, limit);
  }

  async names(directory: NodeId): Promise<string[]> {
    return (await this.list(directory)).map(({ name }) => name);
  }

  /** The directories of whose listings the kernel is told, since this was last asked. */
  told(): NodeId[] {
    const changes = this.provider.changesSince(this.#told, 10_000)!;
    this.#told = this.provider.lastChange();
    return changes.map(({ node }) => node);
  }
  #told = 0;
}

function isStale(error: unknown): boolean {
  return error instanceof FileSystemError && error.errno === "ESTALE";
}

Deno.test("ByProvider: facets are named without asking, and those that are left below a value", async () => {
  const world = new World();
  assert.deepEqual(await world.names(BY_ID), [...FACETS]);
  assert.equal(world.asked.length, 0);
  const genre = await world.at("genre/genre 7");
  const left = FACETS.filter((facet) => facet !== "genre");
  assert.deepEqual(await world.names(genre), [...left, "tracks"]);
  const year = await world.at("genre/genre 7/year/year 0");
  assert.deepEqual(await world.names(year), [...left.filter((it) => it !== "year"), "tracks"]);
  assert.deepEqual(
    await world.names(await world.at("genre/genre 7/year/year 0/tracks")),
    world.tracks.map(({ id }) => `${id}.flac`),
  );
  assert.deepEqual(world.asked.at(-1), {
    facet: null,
    wanted: [{ facet: "genre", value: 7 }, { facet: "year", value: 0 }],
  });
  const before = world.asked.length;
  for (
    const [directory, name] of [
      ...[[BY_ID, "tracks"], [BY_ID, "nonsense"], [BY_ID, ".hidden"], [genre, "genre"]],
      [await world.at("genre"), ".Trash"],
    ] as [NodeId, string][]
  ) assert.equal(world.provider.lookup(directory, name), undefined, name);
  assert.equal(world.asked.length, before, "nobody is asked");
});

Deno.test("ByProvider: numbers depend on what a directory has, and lead to it", async () => {
  const [one, other] = [new World(), new World()];
  await other.list(await other.at("year/year 7/album"));
  const paths = ["genre", "genre/genre 7", "genre/genre 7/tracks", "genre/genre 0", "year"];
  const ids = [];
  for (const path of paths) {
    ids.push(await one.at(path));
    assert.equal(await other.at(path), ids.at(-1));
    assert.equal(one.provider.node(ids.at(-1)!)!.kind, "directory");
  }
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("ByProvider: a listing goes on behind a place, whatever it was listed from", async () => {
  const world = new World();
  const tracks = await world.at("genre/genre 7/tracks");
  const [first, second] = await world.list(tracks, LISTING_START, 2);
  const [gone, ...rest] = world.tracks.slice(2);
  const has = world.has;
  world.has = async (...asked) => (await has(...asked)).filter(({ number }) => number !== gone!.id);
  const entries = await world.list(tracks, second!.cookie);
  assert.deepEqual(entries.map(({ node }) => node), rest);
  assert.deepEqual(first!.node, world.tracks[0]);
  // Of tracks that the tree has lost meanwhile a page may have none, and the next page others.
  world.has = async (
    ...asked
  ) => [...[11, 12, 13].map((number) => ({ number, name: `${number}` })), ...await has(...asked)];
  assert.deepEqual((await world.list(tracks, LISTING_START, 3)).length, 3);
});

Deno.test("ByProvider: the kernel is told that listings are outdated, of many at once", async () => {
  const world = new World();
  const genres = await world.at("genre");
  await world.list(genres);
  assert.deepEqual(world.told(), []);
  await world.time.pass(SEARCH_FRESH_MS);
  assert.deepEqual(world.told(), [genres]);
  await world.time.pass(10 * SEARCH_FRESH_MS);
  assert.deepEqual(world.told(), []);
  world.has = () =>
    Promise.resolve(Array.from({ length: BY_UNTOLD_MAX + 1 }, (_, i) => ({
      ...{ number: i, name: `${i}` },
    })));
  for (let i = 0; i <= BY_UNTOLD_MAX; i++) await world.list(await world.at(`genre/${i}/year`));
  assert.equal(world.told().length, BY_UNTOLD_MAX + 1);
});

Deno.test("ByProvider: of many directories few are kept, and those above one that is used", async () => {
  const world = new World();
  const count = BY_DIRECTORIES_MAX + 2_000;
  world.has = () =>
    Promise.resolve(Array.from({ length: count }, (_, i) => ({ number: i, name: `${i}` })));
  const above = await world.at("genre/0/year/1");
  const [left, gone] = [await world.at("genre/0/year/1/mood"), await world.at("album/3")];
  for (let after = LISTING_START;;) {
    const page = await world.list(left, after, 500);
    if (page.length < 500) break;
    after = page.at(-1)!.cookie;
  }
  assert.ok(world.givenUp.includes(gone) && world.givenUp.length >= 2_000);
  assert.ok(!world.givenUp.includes(above) && !world.givenUp.includes(left));
  assert.throws(() => world.provider.node(gone), isStale);
  assert.throws(() => world.provider.lookup(gone, "year"), isStale);
  assert.equal(await world.at("album/3"), gone, "and it is the same when it is named again");
  world.provider.forgotten(above);
  assert.throws(() => world.provider.node(above), isStale);
  assert.equal(world.provider.node(world.tracks[0]!.id), undefined, "a node of others");
});

Deno.test("ByProvider: without an answer in time a directory is EIO, and the question is taken back", async () => {
  const world = new World();
  const genres = await world.at("genre");
  let signal: AbortSignal | undefined;
  world.has = (_, given) => {
    signal = given;
    return new Promise(() => {});
  };
  const listing = assert.rejects(
    world.list(genres),
    (error) =>
      error instanceof FileSystemError && error.errno === "EIO" &&
      /no answer within/.test(error.message),
  );
  await world.time.pass(SEARCH_DEADLINE_MS);
  await listing;
  assert.ok(signal!.aborted);
});
