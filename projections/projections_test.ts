import assert from "node:assert/strict";
import fc from "fast-check";
import { createMemoryEventLog, type EventLog, type MusicEvent } from "../events/mod.ts";
import { LibraryReader, Projector, ROOT_ID, verifyLibrary } from "./mod.ts";
import { arbitraryHistory } from "../tests/support/arbitrary_history.ts";
import { modelOf } from "../tests/support/tree_model.ts";

/** The tree as paths, sizes, times and numbers. */
function treeOf(directory: string): string[] {
  const reader = LibraryReader.open(directory)!;
  const lines: string[] = [];
  const walk = (id: number, path: string) => {
    for (const node of reader.children(id, 0, 1_000_000)) {
      const at = path + node.name;
      assert.deepEqual(reader.lookup(id, node.name), node);
      assert.deepEqual(reader.node(node.id), node);
      lines.push(
        `${at}${node.directory ? "/" : ""} ${
          node.directory ? "" : `${node.id} ${node.size}`
        } ${node.mtime_s}.${node.mtime_ns}`,
      );
      if (node.directory) walk(node.id, `${at}/`);
    }
  };
  const root = reader.node(ROOT_ID)!;
  lines.push(`/  ${root.mtime_s}.${root.mtime_ns}`);
  walk(ROOT_ID, "");
  reader.close();
  return lines.sort();
}

async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A log whose time is told by its length. */
function createLog(): EventLog {
  let now = 1_700_000_000_000;
  return createMemoryEventLog({ clock: { now: () => now += 1_500 } });
}

async function appendEach(log: EventLog, events: readonly MusicEvent[]): Promise<void> {
  for (const event of events) await log.append([event]);
}

Deno.test("projections: any history in any batches gives the rows of a replay, and the tree of the model", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (history, batches) => {
        await withDirectory(async (directory) => {
          const log = createLog();
          let projector = await Projector.open({ directory, log });
          let at = 0;
          for (let i = 0; at < history.length; i++) {
            const size = batches[i % batches.length]!;
            await appendEach(log, history.slice(at, at += size));
            await projector.catchUp();
            if (i % 5 === 4) {
              await projector.close();
              projector = await Projector.open({ directory, log });
            }
          }
          const verified = await verifyLibrary({ directory, log });
          assert.equal(verified.difference, null);
          assert.equal(verified.events, log.lastSeq());
          const model = modelOf([...log.read()]);
          assert.deepEqual(treeOf(directory), model.tree);
          assert.deepEqual(projector.queries.totals(), model.totals);
          await projector.rebuild();
          assert.deepEqual(treeOf(directory), model.tree);
          await projector.close();
        });
      },
    ),
    { numRuns: 150 },
  );
});
