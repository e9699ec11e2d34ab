import type { DatabaseSync } from "node:sqlite";
import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";
import { Query, type Row } from "./_query.ts";

/** Finds a node by its number: files and directories have indexes of their own (see library_tree). */
export class NodeQuery {
  readonly #file: Query;
  readonly #directory: Query;

  constructor(db: DatabaseSync, columns: string) {
    const sql = `SELECT ${columns} FROM nodes WHERE id = ? AND id`;
    this.#file = new Query(db, `${sql} < ${FIRST_DIRECTORY_ID}`);
    this.#directory = new Query(db, `${sql} >= ${FIRST_DIRECTORY_ID}`);
  }

  get(id: number): Row | undefined {
    return (id < FIRST_DIRECTORY_ID ? this.#file : this.#directory).get(id);
  }
}
