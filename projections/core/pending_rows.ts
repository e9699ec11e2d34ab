import type { DatabaseSync, StatementResultingChanges } from "node:sqlite";
import { type Cell, Query } from "./query.ts";

/** How many rows one statement writes: usually, and of the rest. A call of a statement costs as much as a row. */
const ROWS = 32;
const FEW_ROWS = 8;

/** A statement that changes a table. */
export interface Change {
  run(...values: Cell[]): StatementResultingChanges;
}

/**
 * New rows of one table that wait to be written, many with one statement. Every query of the table, and every statement
 * that changes it, must be made by this object: then it first writes the rows that wait.
 */
export class PendingRows {
  readonly #db: DatabaseSync;
  readonly #columns: number;
  readonly #one: Change;
  readonly #few: Change;
  readonly #many: Change;
  readonly #cells: Cell[] = [];
  #unfinished: (() => readonly Cell[])[] = [];

  /** `known` is what becomes of a row that is there already: nothing, or an error. */
  constructor(
    db: DatabaseSync,
    table: string,
    columns: readonly string[],
    known: "IGNORE" | "FAIL" = "FAIL",
  ) {
    // Neither undoes the rows before the failing one: to be able to, SQLite would journal each page that it changes.
    const insert = `INSERT OR ${known} INTO ${table} (${columns.join(", ")})`;
    const row = `(${columns.map(() => "?").join(", ")})`;
    this.#db = db;
    this.#columns = columns.length;
    const values = (rows: number) => `${insert} VALUES ${new Array(rows).fill(row).join(", ")}`;
    this.#one = db.prepare(values(1));
    this.#few = db.prepare(values(FEW_ROWS));
    this.#many = db.prepare(values(ROWS));
  }

  add(...row: Cell[]): void {
    const cells = this.#cells;
    for (let i = 0; i < row.length; i++) cells.push(row[i]!);
    if (cells.length < this.#columns * ROWS) return;
    this.#many.run(...cells);
    cells.length = 0;
  }

  /** Adds a row that may change until it is written: `row` is called at that time. */
  addUnfinished(row: () => readonly Cell[]): void {
    this.#unfinished.push(row);
  }

  /** Writes all rows that wait. */
  flush(): void {
    if (this.#unfinished.length > 0) {
      const rows = this.#unfinished;
      this.#unfinished = [];
      for (const row of rows) this.add(...row());
    }
    const cells = this.#cells;
    if (cells.length === 0) return;
    let at = 0;
    const write = (rows: number, statement: Change) => {
      for (let end; (end = at + rows * this.#columns) <= cells.length; at = end) {
        statement.run(...cells.slice(at, end));
      }
    };
    write(FEW_ROWS, this.#few);
    write(1, this.#one);
    cells.length = 0;
  }

  /** Prepares a query of the table. */
  query(sql: string): Query {
    return new Query(this.#db, sql, () => this.flush());
  }

  /** Prepares a statement that changes the table. */
  prepare(sql: string): Change {
    const statement = this.#db.prepare(sql);
    return {
      run: (...values) => {
        this.flush();
        return statement.run(...values);
      },
    };
  }
}
