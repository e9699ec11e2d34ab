import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { NodeId, TrackId } from "../../src/base/mod.ts";
import { DIRECTORY, TRACK } from "./node_kinds.ts";
import type { Change, PendingRows } from "../core/pending_rows.ts";
import { Query } from "../core/query.ts";
import type { TreeTables } from "./_tree_tables.ts";

export function initSpellings(db: DatabaseSync, table: TreeTables["spellings"]): void {
  db.exec(`
    CREATE TABLE ${table} (  -- only of directories that are spelled in several ways
      directory INTEGER NOT NULL,
      spelling TEXT NOT NULL,
      track INTEGER NOT NULL,
      PRIMARY KEY (directory, spelling, track)
    ) WITHOUT ROWID;
  `);
}

/**
 * How the tracks in a directory and below spell its name, when case does not count. As long as all spell it alike,
 * which is nearly always so, there are no rows.
 */
export class Spellings {
  readonly #db: DatabaseSync;
  readonly #table: string;
  readonly #any: Query;
  readonly #best: Query;
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #drop: StatementSync;
  readonly #begin: Change;

  /** `pending` are rows of the tree's `nodes`. */
  constructor(db: DatabaseSync, { nodes, spellings: table }: TreeTables, pending: PendingRows) {
    this.#db = db;
    this.#table = table;
    this.#any = new Query(db, `SELECT 1 FROM ${table} WHERE directory = ? LIMIT 1`);
    this.#best = new Query(
      db,
      `SELECT spelling, count(*) AS tracks, min(track) AS first FROM ${table} WHERE directory = ?
        GROUP BY spelling ORDER BY tracks DESC, first LIMIT 2`,
    );
    this.#add = db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?)`);
    this.#remove = db.prepare(
      `DELETE FROM ${table} WHERE directory = ? AND spelling = ? AND track = ?`,
    );
    this.#drop = db.prepare(`DELETE FROM ${table} WHERE directory = ?`);
    this.#begin = pending.prepare(`
      INSERT INTO ${table} (directory, spelling, track)
      WITH RECURSIVE below (id) AS (
        SELECT ? UNION ALL
        SELECT n.id FROM below JOIN ${nodes} n ON n.parent = below.id WHERE n.kind = ${DIRECTORY}
      )
      SELECT ?, ?, n.id FROM below JOIN ${nodes} n ON n.parent = below.id
        WHERE n.kind = ${TRACK}`);
  }

  /** Whether the directory is spelled in several ways. */
  any(directory: NodeId): boolean {
    return this.#any.get(directory) !== undefined;
  }

  /** Adds rows for a directory: all tracks that have a name in it or below use this spelling. */
  begin(directory: NodeId, spelling: string): void {
    this.#begin.run(directory, directory, spelling);
  }

  add(directory: NodeId, spelling: string, track: TrackId): void {
    this.#add.run(directory, spelling, track);
  }

  remove(directory: NodeId, spelling: string, track: TrackId): void {
    this.#remove.run(directory, spelling, track);
  }

  /** The spelling that most tracks use, of several the one of the lowest track; `isOnly` when there is no other. */
  best(directory: NodeId): { spelling: string; isOnly: boolean } | undefined {
    const [first, second] = this.#best.all(directory);
    return first && { spelling: first[0] as string, isOnly: second === undefined };
  }

  end(directory: NodeId): void {
    this.#drop.run(directory);
  }

  clear(): void {
    this.#db.exec(`DELETE FROM ${this.#table}`);
  }
}
