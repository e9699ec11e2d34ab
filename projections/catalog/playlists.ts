/**
 * The `playlists` projection: the playlist files that lie on origins, what was read of them, and which collection each
 * one is. A collection that a person saves anew is the person's from then on, and no file's.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OtherFile } from "../../events/facts/files.ts";
import type { PlaylistRead } from "../../events/facts/playlists.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { foldCase, isPlaylistName, type Seq } from "../../src/base/mod.ts";
import type { Fold, Projection } from "../core/projection.ts";

export const playlists: Projection = {
  name: "playlists",
  version: 1,
  tables: [{ name: "playlists", key: ["file"] }],
  handles: new Set([
    ...["OtherFilesObserved", "OtherFilesRemoved", "OriginRemoved", "PlaylistRead"] as const,
    ...["CollectionSaved", "CollectionRenamed", "CollectionRemoved"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE playlists (
        file INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        path TEXT NOT NULL,
        gone INTEGER NOT NULL,   -- 1 for a file that is not there any more, until its collection isn't either
        found INTEGER NOT NULL,  -- position of the event in which it was found last
        read INTEGER,            -- that position when it was read; NULL before
        collection TEXT,         -- the name of its collection, folded
        problem TEXT,
        missing INTEGER NOT NULL,  -- entries that mean no track
        sought TEXT              -- JSON: the entries that may come to be tracks
      );
      CREATE UNIQUE INDEX playlists_by_collection ON playlists (collection)
        WHERE collection IS NOT NULL;
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #found: StatementSync;
  readonly #gone: StatementSync;
  readonly #originGone: StatementSync;
  readonly #dropGone: StatementSync;
  readonly #left: StatementSync;
  readonly #renamed: StatementSync;
  readonly #read: StatementSync;

  constructor(db: DatabaseSync) {
    this.#found = db.prepare(
      `INSERT INTO playlists (file, origin, path, gone, found, missing) VALUES (?, ?, ?, 0, ?, 0)
        ON CONFLICT (file) DO UPDATE
        SET origin = excluded.origin, path = excluded.path, gone = 0, found = excluded.found`,
    );
    this.#gone = db.prepare("UPDATE playlists SET gone = 1 WHERE file = ?");
    this.#originGone = db.prepare("UPDATE playlists SET gone = 1 WHERE origin = ?");
    this.#dropGone = db.prepare("DELETE FROM playlists WHERE gone = 1 AND collection IS NULL");
    this.#left = db.prepare(
      "UPDATE playlists SET collection = NULL, sought = NULL WHERE collection = ?",
    );
    this.#renamed = db.prepare("UPDATE playlists SET collection = ? WHERE collection = ?");
    this.#read = db.prepare(
      `UPDATE playlists SET read = ?, collection = ?, problem = ?, missing = ?, sought = ?
        WHERE file = ?`,
    );
  }

  apply(event: StoredEvent): void {
    switch (event.type) {
      case "OtherFilesObserved":
        for (const file of event.data.files) this.#observed(event.data.origin, file, event.seq);
        return;
      case "OtherFilesRemoved":
        for (const file of event.data.files) this.#gone.run(file);
        return void this.#dropGone.run();
      case "OriginRemoved":
        this.#originGone.run(event.data.origin);
        return void this.#dropGone.run();
      case "PlaylistRead":
        return this.#wasRead(event.data);
      case "CollectionSaved":
      case "CollectionRemoved":
        this.#left.run(foldCase(event.data.name));
        return void this.#dropGone.run();
      case "CollectionRenamed":
        return this.#wasRenamed(event.data);
    }
  }

  flush(): void {}

  #observed(origin: string, { file, path }: OtherFile, seq: Seq): void {
    if (isPlaylistName(path)) this.#found.run(file, origin, path, seq);
  }

  #wasRead(data: PlaylistRead["data"]): void {
    const { file, found, collection, problem, missing = 0, sought } = data;
    const folded = collection === undefined ? null : foldCase(collection);
    if (folded !== null) this.#left.run(folded);
    const json = sought === undefined || sought.length === 0 ? null : JSON.stringify(sought);
    this.#read.run(found, folded, problem ?? null, missing, json, file);
  }

  #wasRenamed({ name, to }: { readonly name: string; readonly to: string }): void {
    const [from, into] = [foldCase(name), foldCase(to)];
    if (from === into) return;
    this.#left.run(into);
    this.#renamed.run(into, from);
  }
}
