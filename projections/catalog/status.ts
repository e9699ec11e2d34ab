/**
 * The `status` projection: the figures of the whole library, kept exact with every event.
 *
 * A track counts once, as its primary copy has it; a file that could not be read counts by itself. Albums are
 * distinguished by album artist (the artist where there is none) and title, artists by name. A name that a track lacks
 * is not counted.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileState } from "./file_state.ts";
import type { Changes, Fold, Projection, Transitions } from "../core/projection.ts";
import { Query } from "../core/query.ts";

const ARTIST = 0;
const ALBUM = 1;

export const status: Projection = {
  name: "status",
  version: 3,
  tables: [{ name: "status", key: ["id"] }, { name: "status_names", key: ["kind", "name"] }],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    ...["CopiesCompared", "PartsCompared"] as const,
  ]),
  init(db) {
    db.exec(`
      CREATE TABLE status (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        tracks INTEGER NOT NULL,
        albums INTEGER NOT NULL,
        artists INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        unreadable INTEGER NOT NULL
      );
      INSERT INTO status VALUES (1, 0, 0, 0, 0, 0);
      CREATE TABLE status_names (
        kind INTEGER NOT NULL,
        name TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        PRIMARY KEY (kind, name)
      ) WITHOUT ROWID;
    `);
  },
  indexes: [],
  start: (db) => new Folding(db),
};

class Folding implements Fold {
  readonly #find: Query;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #total: StatementSync;
  /** How many tracks each name has gained or lost since the last flush. */
  readonly #names = [new Map<string, number>(), new Map<string, number>()] as const;
  #tracks = 0;
  #bytes = 0;
  #unreadable = 0;
  /** The album of the last file. Files come album by album, so the next file is mostly of the same one. */
  #album = { by: "", title: "", name: "" };

  constructor(db: DatabaseSync) {
    this.#find = new Query(db, "SELECT tracks FROM status_names WHERE kind = ? AND name = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO status_names VALUES (?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM status_names WHERE kind = ? AND name = ?");
    this.#total = db.prepare(
      `UPDATE status SET tracks = tracks + ?, albums = albums + ?, artists = artists + ?,
        bytes = bytes + ?, unreadable = unreadable + ?`,
    );
  }

  apply(_event: unknown, files: Transitions, tracks: Changes["tracks"]): void {
    for (const { before, after } of files) {
      this.#unreadable += Number(isUnreadable(after)) - Number(isUnreadable(before));
    }
    for (const { before, after } of tracks) {
      if (before !== undefined) this.#count(before, -1);
      if (after !== undefined) this.#count(after, 1);
    }
  }

  flush(): void {
    const artists = this.#flushNames(ARTIST);
    const albums = this.#flushNames(ALBUM);
    if (this.#tracks || albums || artists || this.#bytes || this.#unreadable) {
      this.#total.run(this.#tracks, albums, artists, this.#bytes, this.#unreadable);
    }
    this.#tracks = this.#bytes = this.#unreadable = 0;
  }

  #count(state: FileState, sign: 1 | -1): void {
    this.#tracks += sign;
    this.#bytes += sign * state.size;
    const { artist, albumartist, album } = state.names;
    if (artist !== "") this.#add(ARTIST, artist, sign);
    if (album !== "") this.#add(ALBUM, this.#albumName(albumartist || artist, album), sign);
  }

  #albumName(by: string, title: string): string {
    if (this.#album.by !== by || this.#album.title !== title) {
      this.#album = { by, title, name: `${by}\u001f${title}` };
    }
    return this.#album.name;
  }

  #add(kind: 0 | 1, name: string, sign: number): void {
    const names = this.#names[kind];
    names.set(name, (names.get(name) ?? 0) + sign);
  }

  /** Writes the counts by name. Returns how many names there are more than before. */
  #flushNames(kind: 0 | 1): number {
    let more = 0;
    for (const [name, change] of this.#names[kind]) {
      if (change === 0) continue;
      const before = this.#find.get(kind, name)?.[0] as number | undefined ?? 0;
      const after = before + change;
      if (after === 0) this.#drop.run(kind, name);
      else this.#put.run(kind, name, after);
      more += Number(after > 0) - Number(before > 0);
    }
    this.#names[kind].clear();
    return more;
  }
}

function isUnreadable(state: FileState | undefined): boolean {
  return state !== undefined && !state.removed && !state.visible;
}
