import assert from "node:assert/strict";
import fc from "fast-check";
import { LIBRARY, type ProjectionSet, Projector, verify } from "../../projections/mod.ts";
import type { LibraryQueries } from "../../projections/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { appendEach, createTestLog, treeOf } from "../support/projection_spec.ts";
import { modelOf } from "../support/tree_model.ts";

const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 40);
const NAMES = [LIBRARY.files!, ...LIBRARY.followers].map(({ name }) => name);

Deno.test("successors: whatever is filled or applied beside, and when, the rows are those of a replay", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.array(fc.subarray(NAMES), { minLength: 1 }),
      async (history, batches, upgrades) => {
        const directory = await Deno.makeTempDir();
        const log = createTestLog();
        const versions: Record<string, number> = {};
        let set = libraryOf(versions);
        // Every event that changes more than one row is applied in a successor.
        const open = () => Projector.open({ directory, log, set, rowsAtOnce: 1 });
        let projector = await open();
        let at = 0;
        for (let i = 0; at < history.length; i++) {
          await appendEach(log, history.slice(at, at += batches[i % batches.length]!));
          assert.equal(await projector.catchUp(), log.lastSeq());
          if (i % 3 !== 2) continue;
          await projector.close();
          for (const name of upgrades[i % upgrades.length]!) {
            versions[name] = (versions[name] ?? 100) + 1;
          }
          set = libraryOf(versions);
          projector = await open();
        }
        await projector.filled();
        assert.equal(await projector.catchUp(), log.lastSeq());
        assert.equal((await verify({ directory, log, set })).difference, null);
        const model = modelOf([...log.read()]);
        assert.deepEqual(treeOf(directory), model.tree);
        assert.deepEqual(projector.queries.totals(), model.totals);
        await projector.close();
        await Deno.remove(directory, { recursive: true });
      },
    ),
    { numRuns: RUNS },
  );
});

function libraryOf(versions: Record<string, number>): ProjectionSet<LibraryQueries> {
  const { files, followers } = LIBRARY;
  const versioned = <T extends { name: string; version: number }>(it: T): T => ({
    ...it,
    version: versions[it.name] ?? it.version,
  });
  return { ...LIBRARY, files: versioned(files!), followers: followers.map(versioned) };
}
