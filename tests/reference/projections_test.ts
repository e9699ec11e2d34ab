import assert from "node:assert/strict";
import fc from "fast-check";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { appendEach, given, treeOf } from "../support/projection_spec.ts";
import { modelOf } from "../support/tree_model.ts";
import { verifyLibrary } from "../../projections/mod.ts";

Deno.test("projections: any history in any batches gives the rows of a replay, and the tree of the model", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (history, batches) => {
        await given([], async ({ directory, log, projector, reopen }) => {
          let at = 0;
          for (let i = 0; at < history.length; i++) {
            await appendEach(log, history.slice(at, at += batches[i % batches.length]!));
            await projector().catchUp();
            if (i % 5 === 4) assert.deepEqual(await reopen(), []);
          }
          const model = modelOf([...log.read()]);
          assert.equal((await verifyLibrary({ directory, log })).difference, null);
          assert.deepEqual(treeOf(directory), model.tree);
          assert.deepEqual(projector().queries.totals(), model.totals);
          await projector().rebuild();
          assert.deepEqual(treeOf(directory), model.tree);
        });
      },
    ),
    { numRuns: 150 },
  );
});
