import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { given } from "../../tests/support/projection_spec.ts";
import { syntheticEvents } from "../../tests/support/synthetic_library.ts";
import { LIBRARY } from "../mod.ts";
import { copyTables } from "./_copying.ts";
import { createDatabase, headOf, openFilling } from "./database.ts";
import { projectionsOf } from "./projection_set.ts";

const tables = projectionsOf(LIBRARY).flatMap(({ tables }) => tables);
/** SQLite's own limit for a connection. Some versions of Deno set it to none. */
const ATTACHED_MAX = 10;

Deno.test("tables are copied alike with the other file attached, and where that is not allowed", async () => {
  await given([...syntheticEvents(2_500)], async ({ directory, projector }) => {
    const served = `${directory}/${projector().file}`;
    const copies: unknown[][] = [];
    for (const attached of [0, ATTACHED_MAX]) {
      const path = `${directory}/copy-${attached}`;
      createDatabase(path, "log", LIBRARY).close();
      const db = openFilling(path);
      for (let i = 0; i < attached; i++) db.exec(`ATTACH ':memory:' AS other${i}`);
      let steps = 0;
      const copied = (atAnyMoment: boolean) =>
        copyTables(db, served, tables, {
          atAnyMoment,
          step: () => Promise.resolve(void steps++),
          done: () => {},
        });
      assert.equal(await copied(false), false, "it is at another checkpoint");
      assert.deepEqual([steps, rowsIn(db, "files").length], [0, 0]);
      assert.equal(await copied(true), true);
      assert.equal(headOf(db)!.checkpoint, projector().checkpoint);
      assert.ok(steps > tables.length, "a large table takes several steps");
      copies.push(tables.map(({ name }) => rowsIn(db, name)));

      const some = [{ name: "nodes", key: ["parent", "name"], where: "mtime_s % 2 = 0" }];
      const options = { atAnyMoment: false, step: () => Promise.resolve(), done: () => {} };
      assert.equal(await copyTables(db, served, some, options), true);
      copies.at(-1)!.push(rowsIn(db, "nodes"));
      db.close();
    }
    assert.deepEqual(copies[1], copies[0]);
    const [nodes, even] = [tables.findIndex(({ name }) => name === "nodes"), tables.length]
      .map((at) => (copies[0]![at] as unknown[]).length);
    assert.ok(nodes! > 2_500 && even! > 500 && even! < nodes!, `${even} of ${nodes}`);
  });
});

function rowsIn(db: DatabaseSync, table: string): unknown[] {
  return db.prepare(`SELECT * FROM ${table}`).all();
}
