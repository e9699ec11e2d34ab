/**
 * The `transfers` projection: bytes of files read from each origin, on the last day with any, and in total.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { Fold, Projection } from "../core/projection.ts";

const DAY_MS = 24 * 60 * 60_000;

export const transfers: Projection = {
  name: "transfers",
  version: 1,
  tables: [{ name: "transfers", key: ["origin"] }],
  handles: new Set(["OriginTransferred"]),
  init(db) {
    db.exec(`
      CREATE TABLE transfers (
        origin TEXT PRIMARY KEY,
        utc_day INTEGER NOT NULL,
        day_bytes INTEGER NOT NULL,
        total_bytes INTEGER NOT NULL
      ) WITHOUT ROWID;
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

/** Days since 1970-01-01, in UTC, of a time in ms. */
export function utcDay(at: number): number {
  return Math.floor(at / DAY_MS);
}

class Folding implements Fold {
  readonly #add: StatementSync;

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(
      `INSERT INTO transfers VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET
        day_bytes = iif(utc_day = excluded.utc_day, day_bytes, 0) + excluded.day_bytes,
        utc_day = excluded.utc_day,
        total_bytes = total_bytes + excluded.total_bytes`,
    );
  }

  apply(event: StoredEvent): void {
    if (event.type !== "OriginTransferred") return;
    const { origin, bytes } = event.data;
    this.#add.run(origin, utcDay(event.at), bytes, bytes);
  }

  flush(): void {}
}
