import { DatabaseSync } from "node:sqlite";
import { type Cell, Query } from "../../projections/core/query.ts";
import { processorSeconds } from "./processor_time.ts";

/** How many rows one statement inserts, as the projector does it, and how many are read before they are inserted. */
const ROWS = 32;
const READ_AT_ONCE = ROWS * 128;

/**
 * Makes a new file with the tables, rows and indexes of a library, and nothing else: no log is read, nothing is folded.
 * Indexes come last, which is the least work. The index of the search is left out, since FTS5 does not give back what it
 * was given. Returns the seconds of processor time without those of reading the rows.
 */
export function insertedAgain(library: string, file: string): number {
  const from = new DatabaseSync(library, { readOnly: true });
  const to = new DatabaseSync(file);
  let seconds = 0;
  const measured = (work: () => void) => {
    const before = processorSeconds();
    work();
    seconds += processorSeconds() - before;
  };
  try {
    to.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;`);
    const made = from.prepare(
      `SELECT s.type, s.name, s.sql FROM sqlite_schema s JOIN pragma_table_list t ON t.name = s.tbl_name
        WHERE s.sql IS NOT NULL AND t.type = 'table' AND t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'`,
    ).all() as { type: string; name: string; sql: string }[];
    const tables = made.filter(({ type }) => type === "table");
    measured(() => {
      for (const { sql } of tables) to.exec(sql);
      to.exec("BEGIN");
    });
    for (const { name } of tables) {
      for (const rows of blocks(from, name)) measured(() => insert(to, name, rows));
    }
    measured(() => {
      to.exec("COMMIT");
      for (const { type, sql } of made) if (type === "index") to.exec(sql);
    });
    return seconds;
  } finally {
    from.close();
    to.close();
  }
}

function* blocks(db: DatabaseSync, table: string): Generator<Cell[][]> {
  // Nodes are kept in the order of their names, and come in that of their numbers.
  const order = table === "nodes" ? "ORDER BY id" : "";
  let block: Cell[][] = [];
  for (const row of new Query(db, `SELECT * FROM ${table} ${order}`).iterate()) {
    if (block.push(row) < READ_AT_ONCE) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

function insert(db: DatabaseSync, table: string, rows: readonly Cell[][]): void {
  const row = `(${rows[0]!.map(() => "?").join(", ")})`;
  const prepared = (count: number) =>
    db.prepare(`INSERT OR FAIL INTO ${table} VALUES ${new Array(count).fill(row).join(", ")}`);
  const many = prepared(ROWS);
  let at = 0;
  for (; at + ROWS <= rows.length; at += ROWS) many.run(...rows.slice(at, at + ROWS).flat());
  const one = prepared(1);
  for (; at < rows.length; at++) one.run(...rows[at]!);
}
