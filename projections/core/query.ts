import type { DatabaseSync, StatementSync } from "node:sqlite";

/** What a column holds here. */
export type Cell = string | number | null;
export type Row = Cell[];

/** Deno 2.4 has no such method: there every row is an object first. */
interface ArrayStatement {
  setReturnArrays?(enabled: boolean): void;
}

/** A prepared question whose rows are arrays, in the order of its columns; these need names of their own. */
export class Query {
  readonly #statement: StatementSync;
  readonly #arrays: boolean;
  readonly #before: (() => void) | undefined;

  /** `before` is called each time before it is asked. */
  constructor(db: DatabaseSync, sql: string, before?: () => void) {
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

/** Whether there are more than `count` rows: of those that it has to look at, no more are counted. */
export function hasMore(db: DatabaseSync, count: number, rows: string, ...values: Cell[]): boolean {
  const sql = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${rows} LIMIT ?)`;
  return new Query(db, sql).get(...values, count + 1)![0] as number > count;
}
