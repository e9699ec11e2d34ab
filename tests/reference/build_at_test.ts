import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { type Seq, toSeq } from "../../src/base/mod.ts";
import { buildAt, LIBRARY } from "../../projections/mod.ts";
import { arbitraryHistory } from "../support/arbitrary_history.ts";
import { appendEach, createTestLog, given } from "../support/projection_spec.ts";

const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 40);

Deno.test("build at: the library is built as it was at a position", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryHistory(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.array(fc.nat(), { minLength: 2, maxLength: 3 }),
      async (history, batches, chosen) => {
        await given([], async ({ directory, log, projector }) => {
          const stood: { position: Seq; rows: string[] }[] = [];
          let at = 0;
          for (let i = 0; at < history.length; i++) {
            await appendEach(log, history.slice(at, at += batches[i % batches.length]!));
            const position = await projector().catchUp();
            stood.push({ position, rows: rowsOf(`${directory}/${projector().file}`) });
          }
          for (const number of chosen) {
            const { position, rows } = stood[number % stood.length]!;
            const path = `${directory}/built.sqlite`;
            await buildAt(log, position, path, { set: LIBRARY });
            assert.deepEqual(rowsOf(path), rows, `position ${position} of ${log.lastSeq()}`);
            Deno.removeSync(path);
          }
        });
      },
    ),
    { numRuns: RUNS },
  );
});

Deno.test("build at: a failure leaves no file", async () => {
  const directory = await Deno.makeTempDir();
  const log = createTestLog();
  const path = `${directory}/built.sqlite`;
  await assert.rejects(() => buildAt(log, toSeq(1), path, { set: LIBRARY }));
  await appendEach(log, [{ type: "TemplateChanged", v: 1, data: { template: "$title" } }]);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(() => buildAt(log, toSeq(1), path, { set: LIBRARY, signal }), /enough/);
  assert.deepEqual([...Deno.readDirSync(directory)], []);
  await Deno.remove(directory, { recursive: true });
});

/**
 * All rows that the projections answer for, the checkpoint, and the definition of every table and index. The rows of the
 * change feeds are left out.
 */
function rowsOf(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all()
      .map((row) => JSON.stringify(row));
    const { log_id, checkpoint, checkpoint_at } = db.prepare("SELECT * FROM library").get()!;
    rows.push(JSON.stringify({ log_id, checkpoint, checkpoint_at }));
    for (const { tables, compared = tables } of [LIBRARY.files!, ...LIBRARY.followers]) {
      for (const { name, key } of compared) {
        const all = db.prepare(`SELECT * FROM ${name} ORDER BY ${key.join(", ")}`).all();
        rows.push(...all.map((row) => `${name} ${JSON.stringify(row)}`));
      }
    }
    return rows;
  } finally {
    db.close();
  }
}
