/**
 * The `files` projection: everything the log says about each file, by its number.
 *
 * It goes first in every run: it alone knows how a file stood before an event, and hands that on as transitions,
 * so that no other projection keeps a copy of it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../events/event_log.ts";
import { Query } from "./_query.ts";
import {
  type FileState,
  type FileTransition,
  observed,
  removed,
  splitPath,
  STATE_COLUMNS,
  stateFromRow,
} from "./file_state.ts";
import type { FilesFold, Projection, Transitions } from "./projection.ts";

/** Numbers of source directories that are kept in memory; a walk is in few at a time. */
const DIRECTORIES_KEPT = 1_000;
/** Files that leave with their origin, in one part of that event. */
const PART_FILES = 1_000;

export const files: Projection<FilesFold> = {
  name: "files",
  version: 1,
  tables: [
    { name: "source_directories", key: ["id"] },
    { name: "files", key: ["number"] },
  ],
  handles: new Set(["FilesObserved", "FilesRemoved", "OriginRemoved"]),
  init(db) {
    db.exec(`
      CREATE TABLE source_directories (
        id INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        path TEXT NOT NULL,
        UNIQUE (origin, path)
      );
      CREATE TABLE files (
        number INTEGER PRIMARY KEY,
        directory INTEGER NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_s INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        format TEXT,
        audio TEXT,
        unreadable TEXT,
        removed INTEGER NOT NULL,
        changed_seq INTEGER NOT NULL,
        tags TEXT NOT NULL,
        properties TEXT NOT NULL
      );
      CREATE INDEX files_unreadable ON files (number) WHERE unreadable IS NOT NULL AND removed = 0;
    `);
  },
  index(db) {
    db.exec(`
      CREATE INDEX files_by_path ON files (directory, name);
      CREATE INDEX files_by_audio ON files (audio) WHERE audio IS NOT NULL;
    `);
  },
  start: (db) => new Folding(db),
};

/** Reads files back as the folds need them. */
export class FileStore {
  readonly #byNumber: Query;
  readonly #live: Query;
  readonly #liveOf: Query;

  constructor(db: DatabaseSync) {
    const from =
      `SELECT ${STATE_COLUMNS} FROM files f JOIN source_directories d ON d.id = f.directory`;
    this.#byNumber = new Query(db, `${from} WHERE f.number = ?`);
    this.#live = new Query(
      db,
      `${from} WHERE f.number > ? AND f.removed = 0 ORDER BY f.number LIMIT 1000`,
    );
    this.#liveOf = new Query(
      db,
      `SELECT f.number FROM source_directories d JOIN files f ON f.directory = d.id
        WHERE d.origin = ? AND f.removed = 0 ORDER BY f.number`,
    );
  }

  get(file: number): FileState | undefined {
    const row = this.#byNumber.get(file);
    return row && stateFromRow(row);
  }

  /** Files that are not removed, ascending by number. Reads in pages: the caller may write meanwhile. */
  *live(): IterableIterator<FileState> {
    for (let after = 0;;) {
      const rows = this.#live.all(after);
      if (rows.length === 0) return;
      for (const row of rows) yield stateFromRow(row);
      after = rows.at(-1)![0] as number;
    }
  }

  /** Numbers of the files of an origin that are not removed, ascending. */
  liveOf(origin: string): number[] {
    return this.#liveOf.all(origin).map((row) => row[0] as number);
  }
}

class Folding implements FilesFold {
  readonly #store: FileStore;
  readonly #write: StatementSync;
  readonly #findDirectory: Query;
  readonly #addDirectory: StatementSync;
  readonly #directories = new Map<string, number>();
  /** Greatest number in the table: a greater one is new, which saves looking for it. */
  #greatest: number;

  constructor(db: DatabaseSync) {
    this.#store = new FileStore(db);
    this.#write = db.prepare(
      `INSERT OR REPLACE INTO files (number, directory, name, size, mtime_s, mtime_ns, format, audio,
        unreadable, removed, changed_seq, tags, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#findDirectory = new Query(
      db,
      "SELECT id FROM source_directories WHERE origin = ? AND path = ?",
    );
    this.#addDirectory = db.prepare(
      "INSERT INTO source_directories (origin, path) VALUES (?, ?)",
    );
    this.#greatest = new Query(db, "SELECT max(number) AS greatest FROM files").get()![0] as
      | number
      | null ?? 0;
  }

  *apply(event: StoredEvent): IterableIterator<Transitions> {
    switch (event.type) {
      case "FilesObserved": {
        const { origin, files } = event.data;
        yield files.map((file) => {
          const before = file.file > this.#greatest ? undefined : this.#store.get(file.file);
          return this.#put({ before, after: observed(before, origin, file, event.seq) });
        });
        return;
      }
      case "FilesRemoved":
        return yield this.#remove(event.data.files);
      case "OriginRemoved": {
        const numbers = this.#store.liveOf(event.data.origin);
        // The others hear of the event even when the origin has no files.
        for (let from = 0; from === 0 || from < numbers.length; from += PART_FILES) {
          yield this.#remove(numbers.slice(from, from + PART_FILES));
        }
      }
    }
  }

  flush(): void {
    if (this.#directories.size > DIRECTORIES_KEPT) this.#directories.clear();
  }

  #remove(numbers: readonly number[]): Transitions {
    const transitions: FileTransition[] = [];
    for (const number of numbers) {
      const before = this.#store.get(number);
      if (before === undefined || before.removed) continue;
      transitions.push(this.#put({ before, after: removed(before) }));
    }
    return transitions;
  }

  #put(transition: FileTransition): FileTransition {
    const { after } = transition;
    const [directory, name] = splitPath(after.path);
    this.#greatest = Math.max(this.#greatest, after.file);
    this.#write.run(
      after.file,
      this.#directory(after.origin, directory),
      name,
      after.size,
      after.mtime_s,
      after.mtime_ns,
      after.format,
      after.audio,
      after.unreadable,
      after.removed ? 1 : 0,
      after.changed_seq,
      after.tags,
      after.properties,
    );
    return transition;
  }

  #directory(origin: string, path: string): number {
    const key = `${origin}\0${path}`;
    const known = this.#directories.get(key);
    if (known !== undefined) return known;
    const found = this.#findDirectory.get(origin, path)?.[0] ??
      Number(this.#addDirectory.run(origin, path).lastInsertRowid);
    this.#directories.set(key, found as number);
    return found as number;
  }
}
