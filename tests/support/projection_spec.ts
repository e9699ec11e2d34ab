import assert from "node:assert/strict";
import { LISTING_START, type NodeId, ORIGINS_ID } from "../../src/base/mod.ts";
import { createMemoryEventLog, type EventLog, type MusicEvent } from "../../events/mod.ts";
import {
  type Entry,
  type LibraryProjector,
  LibraryQueries,
  LibraryReader,
  openLibrary,
  ROOT_ID,
  verifyLibrary,
} from "../../projections/mod.ts";

/** The tree as lines: path (a directory's ends with `/`), number and size of a file, modification time. */
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
 * `/.origins` as lines: `PATH/` of each directory, `PATH NODE SIZE` of each file. Listed in pages of three; every entry is
 * looked up and asked for by its number as well.
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
        // An origin is known from its first scan on, which only these histories leave out.
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

/** The paths of the files in the tree. */
export function filePaths(directory: string): string[] {
  return treeOf(directory).filter((line) => !/\/ {2}/.test(line))
    .map((line) => line.replace(/ \d+ \d+ -?\d+\.\d+$/, ""));
}

/** A log whose clock moves on by 1.5 s with every event, beginning at 1,700,000,001.5 s. */
export function createTestLog(): EventLog {
  let now = 1_700_000_000_000;
  return createMemoryEventLog({ clock: { now: () => now += 1_500 } });
}

export async function appendEach(log: EventLog, events: readonly MusicEvent[]): Promise<void> {
  for (const event of events) await log.append([event]);
}

export interface World {
  readonly directory: string;
  readonly log: EventLog;
  /** Appends and folds the events, and checks that a replay gives the same. */
  when(...events: MusicEvent[]): Promise<void>;
  projector(): LibraryProjector;
  /** Closes the projector and opens another on the same directory. Returns its reasons for a rebuild. */
  reopen(log?: EventLog): Promise<string[]>;
}

/** Runs a test with a world of these events, in a directory that is deleted afterwards. */
export async function given(
  events: readonly MusicEvent[],
  run: (world: World) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const log = createTestLog();
  await appendEach(log, events);
  let projector = await openLibrary({ directory, log });
  try {
    await run({
      directory,
      log,
      projector: () => projector,
      async when(...more) {
        await appendEach(log, more);
        await projector.catchUp();
        assert.equal((await verifyLibrary({ directory, log })).difference, null);
      },
      async reopen(other = log) {
        await projector.close();
        const reasons: string[] = [];
        projector = await openLibrary({
          directory,
          log: other,
          onRebuild: (reason) => reasons.push(reason),
        });
        return reasons;
      },
    });
  } finally {
    await projector.close();
    await Deno.remove(directory, { recursive: true });
  }
}
