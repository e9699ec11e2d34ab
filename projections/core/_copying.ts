import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../src/base/mod.ts";
import { type Cell, Query } from "./query.ts";
import { headOf, openReader } from "./database.ts";
import { PendingRows } from "./pending_rows.ts";
import type { ProjectionTable } from "./projection.ts";

/** How many rows are copied before other work has its turn: some 10 ms of work. */
const ROWS_AT_ONCE = 2_000;

/** A table to copy; `where` is an SQL condition that selects its rows, all of them when absent. */
export interface CopiedTable extends ProjectionTable {
  readonly where?: string | undefined;
}

/** The file from which is copied: a connection, and the name of the file on it. */
interface Served {
  readonly db: DatabaseSync;
  readonly name: "main" | "served";
}

/**
 * Copies tables from another file, after emptying them. Other work may run after each step. The caller holds no
 * transaction: everything is copied in one transaction, from one moment of the other file, and `done` is called just
 * before the commit. Returns false, and changes nothing, when the other file is not at the same checkpoint. With
 * `atAnyMoment` the checkpoint of the other file is taken over instead. After an error the caller closes `db`: Deno 2.4
 * does not tell whether a transaction is open.
 *
 * @throws Deno.errors.NotFound when there is no other file.
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
  const served = openServed(db, from);
  try {
    db.exec("BEGIN");
    if (served.db !== db) served.db.exec("BEGIN");
    const head = `SELECT checkpoint, checkpoint_at FROM ${served.name}.library`;
    const [checkpoint, at] = new Query(served.db, head).get() as [number, number];
    const isCopied = atAnyMoment || checkpoint === headOf(db)!.checkpoint;
    if (isCopied) {
      db.prepare("UPDATE main.library SET checkpoint = ?, checkpoint_at = ?").run(checkpoint, at);
      for (const table of tables) {
        for (const _ of copying(served, db, table)) await step();
      }
      done();
    }
    db.exec("COMMIT");
    return isCopied;
  } finally {
    if (db.isOpen && db.isTransaction) db.exec("ROLLBACK");
    if (served.db !== db) served.db.close();
    else if (db.isOpen) db.exec("DETACH served");
  }
}

/**
 * Lets SQLite copy the rows itself, which takes a quarter of the time. Where it may not open a second file on one
 * connection (Deno 2.4 does not allow it), the rows come through this process, from a connection of their own.
 */
function openServed(db: DatabaseSync, path: string): Served {
  // ATTACH would create a missing file.
  Deno.statSync(path);
  try {
    db.prepare("ATTACH ? AS served").run(path);
    return { db, name: "served" };
  } catch (error) {
    if (!messageOf(error).includes("too many attached databases")) throw error;
    return { db: openReader(path), name: "main" };
  }
}

function* copying(served: Served, db: DatabaseSync, table: CopiedTable): Generator<void> {
  const { name, key } = table;
  db.exec(`DELETE FROM main.${name}`);
  const keys = key.join(", ");
  const marks = key.map(() => "?").join(", ");
  const after = `(${keys}) > (${marks})`;
  const until = `(${keys}) <= (${marks})`;
  const last = (condition: string) =>
    new Query(
      served.db,
      `SELECT ${keys} FROM ${served.name}.${name} WHERE ${condition} ORDER BY ${keys} LIMIT 1 OFFSET ${
        ROWS_AT_ONCE - 1
      }`,
    );
  const first = last("1");
  const next = last(after);
  const copy = served.db === db ? copier(db, table) : carrier(served.db, db, table);
  const copyFirst = copy(until);
  const copyNext = copy(`${after} AND ${until}`);
  let from: Cell[] | undefined;
  for (;;) {
    const to = from === undefined ? first.get() : next.get(...from);
    if (to === undefined) break;
    if (from === undefined) copyFirst(...to);
    else copyNext(...from, ...to);
    from = to;
    yield;
  }
  if (from === undefined) copy("1")();
  else copy(after)(...from);
  yield;
}

/** Prepares the copying of the rows that meet a condition, whose parameters are given later. */
type Copy = (condition: string) => (...parameters: Cell[]) => void;

function copier(db: DatabaseSync, { name, where = "1" }: CopiedTable): Copy {
  return (condition) => {
    const statement = db.prepare(
      `INSERT INTO main.${name} SELECT * FROM served.${name} WHERE ${condition} AND (${where})`,
    );
    return (...parameters) => void statement.run(...parameters);
  };
}

function carrier(
  served: DatabaseSync,
  db: DatabaseSync,
  { name, where = "1" }: CopiedTable,
): Copy {
  const columns = new Query(db, `SELECT name FROM pragma_table_info('${name}')`).all()
    .map(([column]) => column as string);
  const rows = new PendingRows(db, name, columns);
  return (condition) => {
    const query = new Query(
      served,
      `SELECT ${columns.join(", ")} FROM ${name} WHERE ${condition} AND (${where})`,
    );
    return (...parameters) => {
      for (const row of query.iterate(...parameters)) rows.add(...row);
      rows.flush();
    };
  };
}
