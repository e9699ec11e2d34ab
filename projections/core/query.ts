import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "../../src/base/mod.ts";

/** The value of a column. */
export type Cell = string | number | null;
export type Row = Cell[];

/** Deno 2.4 lacks this method: there each row is created as an object first. */
interface ArrayStatement {
  setReturnArrays?(enabled: boolean): void;
}

/**
 * A prepared query whose rows are arrays, in the order of its columns. Each column needs a name of its own. Parameters
 * have no numbers (`?1`), which Deno 2.4 refuses.
 */
export class Query {
  readonly #statement: StatementSync;
  readonly #arrays: boolean;
  readonly #before: (() => void) | undefined;

  /** `before` is called before each execution. */
  constructor(db: DatabaseSync, sql: string, before?: () => void) {
    assert(!/\?\d/.test(sql), "parameters have no numbers");
    this.#before = before;
    this.#statement = db.prepare(sql);
    const statement = this.#statement as ArrayStatement;
    this.#arrays = statement.setReturnArrays !== undefined;
    statement.setReturnArrays?.(true);
  }

  get(...parameters: Cell[]): Row | undefined {
    this.#before?.();
    const row = this.#statement.get(...parameters);
    return row === undefined || row === null ? undefined : this.#row(row);
  }

  all(...parameters: Cell[]): Row[] {
    this.#before?.();
    const rows = this.#statement.all(...parameters);
    return this.#arrays ? rows as unknown as Row[] : rows.map((row) => this.#row(row));
  }

  *iterate(...parameters: Cell[]): IterableIterator<Row> {
    this.#before?.();
    for (const row of this.#statement.iterate(...parameters)) yield this.#row(row);
  }

  #row(row: unknown): Row {
    return this.#arrays ? row as Row : Object.values(row as Record<string, Cell>);
  }
}

/** Whether there are more than `count` rows. It stops counting at `count` + 1. */
export function hasMore(db: DatabaseSync, count: number, rows: string, ...values: Cell[]): boolean {
  const sql = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${rows} LIMIT ?)`;
  return new Query(db, sql).get(...values, count + 1)![0] as number > count;
}
