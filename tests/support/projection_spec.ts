import assert from "node:assert/strict";
import { LISTING_START, type NodeId, ORIGINS_ID, VIEWS_ID } from "../../src/base/mod.ts";
import {
  CACHE_VOCABULARY,
  type CacheEvent,
  createMemoryEventLog,
  type EventLog,
  type MusicEvent,
  type Vocabulary,
} from "../../events/mod.ts";
import {
  CACHE,
  CacheQueries,
  contentFacts,
  COVER_SOURCES,
  type CoverSource,
  type Entry,
  type LibraryProjector,
  LibraryQueries,
  LibraryReader,
  type Node,
  openLibrary,
  ROOT_ID,
  verify,
  verifyLibrary,
} from "../../projections/mod.ts";
import { saying } from "./content_events.ts";
import { MemoryCache } from "./memory_cache.ts";
import { type Plain, takingPlainIds } from "./plain_ids.ts";

/** The tree as lines: path (that of a directory ends with `/`), number and size of a file, modification time. */
export function treeOf(directory: string): string[] {
  const reader = LibraryReader.open(directory)!;
  const root = reader.node(ROOT_ID)!;
  const lines = [`/  ${root.mtime_s}.${root.mtime_ns}`];
  const walk = (id: NodeId, path: string) => {
    for (const entry of reader.children(id, LISTING_START, 1_000_000)) {
      const { name, node } = entry;
      assert.deepEqual(reader.lookup(id, name), entry);
      assert.deepEqual(reader.node(node.id), node);
      const isDirectory = node.kind === "directory";
      const what = isDirectory ? "/ " : ` ${node.id} ${node.size}`;
      lines.push(`${path}${name}${what} ${node.mtime_s}.${node.mtime_ns}`);
      if (isDirectory) walk(node.id, `${path}${name}/`);
    }
  };
  walk(ROOT_ID, "");
  reader.close();
  return lines.sort();
}

/**
 * The views as lines: `PATH/` for each directory, `PATH NUMBER SIZE` for each file. Checks that a file is the node of the
 * tree, and that no directory is older than what it holds.
 */
export function viewsShown(directory: string): string[] {
  const tree = LibraryReader.open(directory)!;
  const reader = tree.views;
  const lines: string[] = [];
  const numbers = new Set<NodeId>();
  const walk = (at: Node, path: string) => {
    for (let after = LISTING_START;;) {
      const page = reader.children(at.id, after, 3);
      if (page.length === 0) break;
      for (const entry of page) {
        const { cookie, name, node } = entry;
        assert.ok(cookie > after, `${path}: cookies ascend`);
        after = cookie;
        assert.deepEqual(reader.lookup(at.id, name), entry);
        assert.equal(node.parent, at.id);
        if (node.kind === "directory") {
          assert.deepEqual(reader.node(node.id), node);
          assert.equal(tree.node(node.id), undefined);
          assert.ok(!numbers.has(node.id), "a directory has one name");
          numbers.add(node.id);
          lines.push(`${path}${name}/`);
          walk(node, `${path}${name}/`);
        } else {
          const { parent: _, ...facts } = tree.node(node.id)!;
          const { parent: __, ...shown } = node;
          assert.deepEqual(shown, facts);
          lines.push(`${path}${name} ${node.id} ${node.size}`);
        }
        const isToCome = node.mtime_s > 1_600_000_000 && node.kind !== "directory";
        assert.ok(isToCome || isSooner(node, at), `${path}${name} is no newer than its directory`);
      }
    }
  };
  const root = reader.node(VIEWS_ID);
  if (root !== undefined) walk(root, "");
  tree.close();
  return lines.sort();
}

function isSooner(one: Node, other: Node): boolean {
  return one.mtime_s < other.mtime_s ||
    one.mtime_s === other.mtime_s && one.mtime_ns <= other.mtime_ns;
}

/**
 * `/.origins` as lines: `PATH/` for each directory, `PATH NODE SIZE` for each file. Lists directories in pages of three
 * entries, and checks each entry by a lookup and by its number as well.
 */
export function originsShown(directory: string): string[] {
  const tree = LibraryReader.open(directory)!;
  const queries = LibraryQueries.open(directory)!;
  const reader = tree.origins;
  const lines: string[] = [];
  const walk = (at: NodeId, path: string) => {
    const entries: Entry[] = [];
    for (let after = LISTING_START;;) {
      const page = reader.children(at, after, 3);
      if (page.length === 0) break;
      for (const { cookie } of page) {
        assert.ok(cookie > after, `${path}: cookies ascend`);
        after = cookie;
      }
      entries.push(...page);
    }
    const names = Map.groupBy(entries, ({ name }) => name);
    for (const entry of entries) {
      const { name, node } = entry;
      const isTrack = node.kind === "track";
      // Only events that no scan writes put two files at one path.
      if (names.get(name)!.length === 1) assert.deepEqual(reader.lookup(at, name), entry);
      assert.deepEqual(isTrack ? tree.node(node.id) : reader.node(node.id), node);
      if (node.kind !== "directory") {
        const location = (isTrack ? tree : reader).location(node.id);
        // An origin is known from its first scan on. Only these histories have files of an origin without a scan.
        const isKnown = queries.origin(path.split("/")[0]!) !== undefined;
        assert.equal(location?.size, isKnown ? node.size : undefined, path + name);
        lines.push(`${path}${name} ${node.id} ${node.size}`);
        continue;
      }
      assert.equal(node.parent, at);
      lines.push(`${path}${name}/`);
      walk(node.id, `${path}${name}/`);
    }
  };
  walk(ORIGINS_ID, "");
  queries.close();
  tree.close();
  return lines.sort();
}

/**
 * The covers of the tree as lines: path, size and, of a picture in a track, its range of which file. Checks each picture
 * by its number as well.
 */
export function coversShown(
  directory: string,
  sources: readonly CoverSource[] = COVER_SOURCES,
): string[] {
  const reader = LibraryReader.open(directory)!;
  const lines: string[] = [];
  const walk = (id: NodeId, path: string) => {
    const cover = reader.covers.of(id, sources);
    if (cover !== undefined) {
      const { node, name } = cover;
      const picture = reader.covers.picture(node.id);
      const range = picture && ` ${picture.from}-${picture.to} of ${picture.file.path}`;
      lines.push(`${path}${name} ${node.size}${range ?? ""}`);
      if (node.kind === "picture") assert.deepEqual(reader.covers.node(node.id), node);
      else assert.equal(reader.origins.node(node.id)!.size, node.size);
    }
    for (const { name, node } of reader.children(id, LISTING_START, 1_000_000)) {
      if (node.kind === "directory") walk(node.id, `${path}${name}/`);
    }
  };
  walk(ROOT_ID, "");
  reader.close();
  return lines.sort();
}

/** The paths of the files in the tree. */
export function filePaths(directory: string): string[] {
  return treeOf(directory).filter((line) => !/\/ {2}/.test(line))
    .map((line) => line.replace(/ \d+ \d+ -?\d+\.\d+$/, ""));
}

/** A log whose clock advances by 1.5 s with every event, beginning at 1,700,000,001.5 s. */
export function createTestLog(vocabulary?: Vocabulary): EventLog {
  let now = 1_700_000_000_000;
  const clock = { now: () => now += 1_500 };
  return createMemoryEventLog({ clock, ...(vocabulary && { vocabulary }) });
}

export async function appendEach(log: EventLog, events: readonly MusicEvent[]): Promise<void> {
  for (const event of events) await log.append([event]);
}

export interface World {
  readonly directory: string;
  readonly log: EventLog;
  /**
   * Appends each event to its log, folds it, and checks that a replay gives the same rows. A `ChunksStored` gets the
   * facts about its version that the library has.
   */
  when(...events: MusicEvent[]): Promise<void>;
  projector(): LibraryProjector;
  /** The queries of the stored content. */
  content(): Plain<CacheQueries>;
  /** The directory of the rows of the cache log. */
  readonly stored: string;
  /** Closes the projector and opens another on the same directory. Returns its reasons for a rebuild. */
  reopen(log?: EventLog): Promise<string[]>;
}

/** Runs a test with a world of these events, in a directory that is deleted afterwards. */
export async function given(
  events: readonly MusicEvent[],
  run: (world: World) => Promise<void>,
  vocabulary?: Vocabulary,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const log = createTestLog(vocabulary);
  await appendEach(log, events);
  let projector = await openLibrary({ directory, log });
  const stored = `${directory}/stored`;
  let cache: MemoryCache | undefined;
  let now = 1_700_000_000_000;
  const clock = { now: () => now += 1_500 };
  let nothing: CacheQueries | undefined;
  try {
    await run({
      ...{ directory, log, stored },
      projector: () => projector,
      content() {
        if (cache !== undefined) return takingPlainIds(cache.queries);
        nothing ??= CacheQueries.open({ library: directory, cache: undefined })!;
        return takingPlainIds(nothing);
      },
      async when(...more) {
        for (const event of more) {
          if (isOfCache(event)) {
            cache ??= await MemoryCache.open({ library: directory, directory: stored, clock });
            await cache.append([withFacts(event, projector)]);
          } else await log.append([event]);
          await projector.catchUp();
        }
        assert.equal((await verifyLibrary({ directory, log })).difference, null);
        if (cache === undefined) return;
        const options = { directory: stored, log: cache.log, set: CACHE };
        assert.equal((await verify(options)).difference, null);
      },
      async reopen(other = log) {
        await projector.close();
        const reasons: string[] = [];
        projector = await openLibrary({
          directory,
          log: other,
          onRebuild: (reason) => reasons.push(reason),
        });
        cache?.forget();
        return reasons;
      },
    });
  } finally {
    nothing?.close();
    await cache?.close();
    await projector.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** Whether an event belongs in a cache log. */
export function isOfCache(event: MusicEvent): event is CacheEvent {
  return Object.hasOwn(CACHE_VOCABULARY.events, event.type);
}

/** A `ChunksStored` with the facts about its version that the library has, as the store keeper adds them. */
function withFacts(event: CacheEvent, projector: LibraryProjector): CacheEvent {
  if (event.type !== "ChunksStored") return event;
  const { file, version } = event.data;
  const state = projector.queries.file(file);
  return saying(event, state?.content === version ? contentFacts(state) : null);
}
