import assert from "node:assert/strict";
import { LISTING_START, type NodeId } from "../../src/base/mod.ts";
import { createMemoryEventLog, type EventLog, type MusicEvent } from "../../events/mod.ts";
import {
  type LibraryProjector,
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
