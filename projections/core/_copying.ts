import type { DatabaseSync } from "node:sqlite";
import type { Seq } from "../../src/base/mod.ts";
import { type Cell, Query } from "./query.ts";
import { headOf } from "./database.ts";
import type { ProjectionTable } from "./projection.ts";

/** How many rows are copied before other work has its turn: some 10 ms of work. */
const ROWS_AT_ONCE = 2_000;

/** A table to copy; `where` is an SQL condition that selects its rows, all of them when absent. */
export interface CopiedTable extends ProjectionTable {
  readonly where?: string | undefined;
}

/**
 * Copies tables from another file, after emptying them. Other work may run after each step. The caller holds no
 * transaction: everything is copied in one transaction, from one moment of the other file, and `done` is called just
 * before the commit. Returns false, and changes nothing, when the other file is not at the same checkpoint. With
 * `atAnyMoment` the checkpoint of the other file is taken over instead.
 */
export async function copyTables(
  db: DatabaseSync,
  from: string,
  tables: readonly CopiedTable[],
  { atAnyMoment, step, done }: {
    atAnyMoment: boolean;
    step: () => Promise<void>;
    done: () => void;
  },
): Promise<boolean> {
  db.prepare("ATTACH ? AS served").run(from);
  try {
    db.exec("BEGIN");
    const head = "SELECT checkpoint, checkpoint_at FROM";
    const [served, at] = new Query(db, `${head} served.library`).get() as [Seq, number];
    if (atAnyMoment) {
      db.prepare("UPDATE main.library SET checkpoint = ?, checkpoint_at = ?").run(served, at);
    } else if (served !== headOf(db)!.checkpoint) return false;
    for (const table of tables) {
      for (const _ of copying(db, table)) await step();
    }
    done();
    db.exec("COMMIT");
    return true;
  } finally {
    if (db.isOpen && db.isTransaction) db.exec("ROLLBACK");
    if (db.isOpen) db.exec("DETACH served");
  }
}

function* copying(db: DatabaseSync, { name, key, where = "1" }: CopiedTable): Generator<void> {
  db.exec(`DELETE FROM main.${name}`);
  const keys = key.join(", ");
  const marks = key.map(() => "?").join(", ");
  const after = `(${keys}) > (${marks})`;
  const last = (condition: string) =>
    new Query(
      db,
      `SELECT ${keys} FROM served.${name} WHERE ${condition} ORDER BY ${keys} LIMIT 1 OFFSET ${
        ROWS_AT_ONCE - 1
      }`,
    );
  const first = last("1");
  const next = last(after);
  const copy = (condition: string) =>
    db.prepare(
      `INSERT INTO main.${name} SELECT * FROM served.${name} WHERE ${condition} AND (${where})`,
    );
  const copyFirst = copy(`(${keys}) <= (${marks})`);
  const copyNext = copy(`${after} AND (${keys}) <= (${marks})`);
  let from: Cell[] | undefined;
  for (;;) {
    const to = from === undefined ? first.get() : next.get(...from);
    if (to === undefined) break;
    if (from === undefined) copyFirst.run(...to);
    else copyNext.run(...from, ...to);
    from = to;
    yield;
  }
  if (from === undefined) copy("1").run();
  else copy(after).run(...from);
  yield;
}
