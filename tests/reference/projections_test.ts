import assert from "node:assert/strict";
import fc from "fast-check";
import type { EventLog } from "../../events/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { appendEach, given, originsShown, treeOf, viewsShown } from "../support/projection_spec.ts";
import { originsOf } from "../support/origin_model.ts";
import { modelOf } from "../support/tree_model.ts";
import { type LibraryProjector, LibraryReader, verifyLibrary } from "../../projections/mod.ts";
import { takingPlainIds } from "../support/plain_ids.ts";

/** How many histories are tried. The environment can set a larger number for a long run. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 150);

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
          await assertAsModelled(directory, log, projector());
          await projector().rebuild();
          await assertAsModelled(directory, log, projector());
        });
      },
    ),
    { numRuns: RUNS },
  );
});

async function assertAsModelled(
  directory: string,
  log: EventLog,
  { queries }: LibraryProjector,
): Promise<void> {
  const model = modelOf([...log.read()]);
  assert.equal((await verifyLibrary({ directory, log })).difference, null);
  assert.deepEqual(treeOf(directory), model.tree);
  assert.deepEqual(viewsShown(directory), model.views);
  assert.deepEqual(queries.totals(), model.totals);
  assert.deepEqual(originsShown(directory), originsOf([...log.read()]));
  const reader = LibraryReader.open(directory)!;
  for (const [track, ...copies] of model.copies) {
    assert.deepEqual(takingPlainIds(queries).copies(track!).map(({ file }) => file), copies);
    const location = takingPlainIds(reader).location(track!);
    assert.equal(location?.file, copies[0]);
    assert.equal(location?.others, copies.length - 1);
    for (const copy of copies) assert.equal(takingPlainIds(queries).trackOf(copy), track);
  }
  const tracks = new Set(model.copies.map(([track]) => track));
  for (let file = 1024; file < queries.scanning.nextFileNumber(); file++) {
    if (!tracks.has(file)) assert.equal(takingPlainIds(reader).location(file), undefined);
  }
  reader.close();
}
