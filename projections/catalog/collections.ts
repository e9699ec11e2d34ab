/**
 * The `collections` projection: the names under which queries and lists of tracks were saved. What a query finds is not
 * among its rows, since that changes with the time.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CollectionSaved } from "../../events/facts/collections.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { foldCase } from "../../src/base/mod.ts";
import type { Fold, Projection } from "../core/projection.ts";
import { Query } from "../core/query.ts";

export const collections: Projection = {
  name: "collections",
  version: 1,
  tables: [
    { name: "collections", key: ["id"] },
    { name: "collection_tracks", key: ["collection", "place"] },
  ],
  handles: new Set(["CollectionSaved", "CollectionRenamed", "CollectionRemoved"]),
  init(db) {
    db.exec(`
      CREATE TABLE collections (
        id INTEGER PRIMARY KEY,
        folded TEXT NOT NULL UNIQUE,  -- the name, with its case folded
        name TEXT NOT NULL,
        query TEXT,                   -- NULL for a list of tracks
        at INTEGER NOT NULL           -- when it was last saved
      );
      CREATE TABLE collection_tracks (
        collection INTEGER NOT NULL,
        place INTEGER NOT NULL,       -- from 0 up
        track INTEGER NOT NULL,
        PRIMARY KEY (collection, place)
      ) WITHOUT ROWID;
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #find: Query;
  readonly #add: Query;
  readonly #save: StatementSync;
  readonly #rename: StatementSync;
  readonly #remove: StatementSync;
  readonly #put: StatementSync;
  readonly #clear: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = new Query(db, "SELECT id FROM collections WHERE folded = ?");
    this.#add = new Query(
      db,
      "INSERT INTO collections (folded, name, query, at) VALUES (?, ?, ?, ?) RETURNING id",
    );
    this.#save = db.prepare("UPDATE collections SET name = ?, query = ?, at = ? WHERE id = ?");
    this.#rename = db.prepare("UPDATE collections SET folded = ?, name = ? WHERE id = ?");
    this.#remove = db.prepare("DELETE FROM collections WHERE id = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO collection_tracks VALUES (?, ?, ?)");
    this.#clear = db.prepare("DELETE FROM collection_tracks WHERE collection = ?");
  }

  apply(event: StoredEvent): void {
    if (event.type === "CollectionSaved") this.#saved(event.data, event.at);
    else if (event.type === "CollectionRenamed") this.#renamed(event.data.name, event.data.to);
    else if (event.type === "CollectionRemoved") this.#removed(event.data.name);
  }

  flush(): void {}

  #saved({ name, query, tracks = [], from = 0 }: CollectionSaved["data"], at: number): void {
    const text = query ?? null;
    const known = this.#id(name);
    const id = known ?? this.#add.get(foldCase(name), name, text, at)![0] as number;
    if (known !== undefined) this.#save.run(name, text, at, id);
    if (from === 0) this.#clear.run(id);
    tracks.forEach((track, i) => this.#put.run(id, from + i, track));
  }

  #renamed(name: string, to: string): void {
    const id = this.#id(name);
    if (id === undefined) return;
    if (this.#id(to) !== id) this.#removed(to);
    this.#rename.run(foldCase(to), to, id);
  }

  #removed(name: string): void {
    const id = this.#id(name);
    if (id === undefined) return;
    this.#clear.run(id);
    this.#remove.run(id);
  }

  #id(name: string): number | undefined {
    return this.#find.get(foldCase(name))?.[0] as number | undefined;
  }
}
