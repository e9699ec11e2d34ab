import type { DatabaseSync } from "node:sqlite";
import { type Cell, Query, type Row } from "./query.ts";

/** Queries by their SQL, each prepared when it is first used. */
export class PreparedQueries {
  readonly #db: DatabaseSync;
  readonly #queries = new Map<string, Query>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string, ...parameters: Cell[]): Row | undefined {
    return this.#query(sql).get(...parameters);
  }

  all(sql: string, ...parameters: Cell[]): Row[] {
    return this.#query(sql).all(...parameters);
  }

  #query(sql: string): Query {
    let query = this.#queries.get(sql);
    if (!query) this.#queries.set(sql, query = new Query(this.#db, sql));
    return query;
  }
}
