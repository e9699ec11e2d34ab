/**
 * The `pins` projection: which tracks are to be kept, and by which queries they were pinned. A **pin** is a query with
 * the tracks that it matched; a track is pinned while any pin names it. Pinning a query again adds to its tracks.
 * Unpinning a query takes tracks from its pin; if no pin has the query, from every pin.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TrackId } from "../../src/base/mod.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { Fold, Projection } from "../core/projection.ts";
import { Query } from "../core/query.ts";

export const pins: Projection = {
  name: "pins",
  version: 1,
  awaited: true,
  tables: [
    { name: "pins", key: ["id"] },
    { name: "pinned", key: ["track", "pin"] },
    { name: "pin_totals", key: ["id"] },
  ],
  handles: new Set(["TracksPinned", "TracksUnpinned"]),
  init(db) {
    db.exec(`
      CREATE TABLE pins (
        id INTEGER PRIMARY KEY,
        query TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,     -- when it was last asked for
        tracks INTEGER NOT NULL  -- above 0
      );
      CREATE TABLE pinned (
        track INTEGER NOT NULL,
        pin INTEGER NOT NULL,
        PRIMARY KEY (track, pin)
      ) WITHOUT ROWID;
      CREATE INDEX pinned_by_pin ON pinned (pin);
      CREATE TABLE pin_totals (id INTEGER PRIMARY KEY CHECK (id = 1), tracks INTEGER NOT NULL);
      INSERT INTO pin_totals VALUES (1, 0);
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #find: Query;
  readonly #add: Query;
  readonly #asked: StatementSync;
  readonly #count: StatementSync;
  readonly #dropEmpty: StatementSync;
  readonly #pinsOf: Query;
  readonly #pin: StatementSync;
  readonly #unpin: StatementSync;
  readonly #total: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = new Query(db, "SELECT id FROM pins WHERE query = ?");
    this.#add = new Query(db, "INSERT INTO pins (query, at, tracks) VALUES (?, 0, 0) RETURNING id");
    this.#asked = db.prepare("UPDATE pins SET at = ? WHERE id = ?");
    this.#count = db.prepare("UPDATE pins SET tracks = tracks + ? WHERE id = ?");
    this.#dropEmpty = db.prepare("DELETE FROM pins WHERE id = ? AND tracks = 0");
    this.#pinsOf = new Query(db, "SELECT pin FROM pinned WHERE track = ?");
    this.#pin = db.prepare("INSERT INTO pinned VALUES (?, ?)");
    this.#unpin = db.prepare("DELETE FROM pinned WHERE track = ? AND pin = ?");
    this.#total = db.prepare("UPDATE pin_totals SET tracks = tracks + ?");
  }

  apply(event: StoredEvent): void {
    if (event.type === "TracksPinned") this.#pinned(event.data.query, event.data.tracks, event.at);
    else if (event.type === "TracksUnpinned") this.#unpinned(event.data.query, event.data.tracks);
  }

  flush(): void {}

  #pinned(query: string, tracks: readonly TrackId[], at: number): void {
    if (tracks.length === 0) return;
    const pin = (this.#find.get(query) ?? this.#add.get(query))![0] as number;
    for (const track of tracks) {
      const pins = this.#pinsOf.all(track);
      if (pins.some(([id]) => id === pin)) continue;
      this.#pin.run(track, pin);
      this.#count.run(1, pin);
      if (pins.length === 0) this.#total.run(1);
    }
    this.#asked.run(at, pin);
  }

  #unpinned(query: string, tracks: readonly TrackId[]): void {
    const only = this.#find.get(query)?.[0];
    for (const track of tracks) {
      const pins = this.#pinsOf.all(track).map(([id]) => id as number);
      const leaving = only === undefined ? pins : pins.filter((id) => id === only);
      for (const pin of leaving) {
        this.#unpin.run(track, pin);
        this.#count.run(-1, pin);
        this.#dropEmpty.run(pin);
      }
      if (leaving.length > 0 && leaving.length === pins.length) this.#total.run(-1);
    }
  }
}

/**
 * The SQL condition that a pin names the track or a track that has since been merged into it, because both are the same
 * music. A track has the number of a file, and the row of that file names the track that it is in now.
 */
export function isPinned(track: string): string {
  return `(EXISTS (SELECT 1 FROM pinned WHERE pinned.track = ${track})
    OR EXISTS (SELECT 1 FROM files g JOIN pinned ON pinned.track = g.number
      WHERE g.track = ${track} AND g.track <> g.number))`;
}
