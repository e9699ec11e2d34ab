import type { DatabaseSync } from "node:sqlite";
import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import type { StoredPart } from "../tree/tree_types.ts";

/** Reads the parts of a manifest, as {@link TreeReader.storedParts} has them. */
export class StoredParts {
  readonly #db: DatabaseSync;
  /** A query for each limit: SQLite plans anew when a bound limit changes. There are as many limits as callers. */
  readonly #byLimit = new Map<number, Query>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[] {
    const before = [file, version, from] as const;
    return this.#query(limit).all(file, version, ...before, to, from).map((row) => {
      const [offset, length, hash] = row as [number, number, string];
      return { offset, length, hash };
    });
  }

  #query(limit: number): Query {
    let query = this.#byLimit.get(limit);
    if (query === undefined) {
      query = new Query(
        this.#db,
        `SELECT p.offset, p.length, c.hash FROM parts p CROSS JOIN chunks c ON c.id = p.chunk
          WHERE p.file = ? AND p.version = ? AND p.offset >= coalesce((SELECT max(b.offset)
            FROM parts b WHERE b.file = ? AND b.version = ? AND b.offset <= ?), 0)
          AND p.offset < ? AND p.offset + p.length > ?
          ORDER BY p.offset LIMIT ${Math.trunc(limit)}`,
      );
      this.#byLimit.set(limit, query);
    }
    return query;
  }
}
