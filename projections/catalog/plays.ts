/**
 * The `plays` projection: how often each track was played, and which tracks were played after it. A track follows
 * another one when it is the next play, begins soon after, and is not the same track again.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { Fold, Projection } from "../core/projection.ts";
import { Query } from "../core/query.ts";

/** A play that comes more than this after the previous one does not follow it, in ms. */
const FOLLOWS_MS = 30 * 60_000;

export const plays: Projection = {
  name: "plays",
  version: 1,
  tables: [
    { name: "plays", key: ["track"] },
    { name: "successors", key: ["track", "next"] },
    { name: "last_play", key: ["id"] },
  ],
  handles: new Set(["TrackPlayed"]),
  init(db) {
    db.exec(`
      CREATE TABLE plays (
        track INTEGER PRIMARY KEY,
        count INTEGER NOT NULL,
        last_at INTEGER NOT NULL
      );
      CREATE TABLE successors (
        track INTEGER NOT NULL,
        next INTEGER NOT NULL,
        count INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (track, next)
      ) WITHOUT ROWID;
      CREATE TABLE last_play (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        track INTEGER NOT NULL,
        at INTEGER NOT NULL
      );
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #last: Query;
  readonly #setLast: StatementSync;
  readonly #played: StatementSync;
  readonly #followed: StatementSync;

  constructor(db: DatabaseSync) {
    this.#last = new Query(db, "SELECT track, at FROM last_play");
    this.#setLast = db.prepare("INSERT OR REPLACE INTO last_play VALUES (1, ?, ?)");
    const again = "DO UPDATE SET count = count + 1, last_at = excluded.last_at";
    this.#played = db.prepare(`INSERT INTO plays VALUES (?, 1, ?) ON CONFLICT (track) ${again}`);
    this.#followed = db.prepare(
      `INSERT INTO successors VALUES (?, ?, 1, ?) ON CONFLICT (track, next) ${again}`,
    );
  }

  apply(event: StoredEvent): void {
    if (event.type !== "TrackPlayed") return;
    const { at, data: { track } } = event;
    this.#played.run(track, at);
    const [before, beforeAt] = this.#last.get() as [number, number] | undefined ?? [track, at];
    if (before !== track && at - beforeAt <= FOLLOWS_MS) this.#followed.run(before, track, at);
    this.#setLast.run(track, at);
  }

  flush(): void {}
}
