/**
 * The `files` projection: everything the log says about each file, by its number, and the track that the file is a copy
 * of (see `_tracks`).
 *
 * It goes first in every run: it alone knows the state of a file before an event, and what the tree showed of a track.
 * It hands both on as transitions, so that no other projection keeps a copy of them.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { contentSince, type FileId, type Seq } from "../../src/base/mod.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { ObservedFile, PartsCompared } from "../../events/facts/files.ts";
import { FileDetailsStore, initFileDetails } from "./file_details.ts";
import { areMatchesIndexed, MATCH_INDEXES } from "./possible_copies.ts";
import { hasMore, Query } from "../core/query.ts";
import { PendingRows } from "../core/pending_rows.ts";
import { SourceDirectories } from "./_source_directories.ts";
import { initTracks, Tracks } from "./_tracks.ts";
import { FileState, type FileTransition, observed, removed, splitPath } from "./file_state.ts";
import { FileStore } from "./file_store.ts";
import type { Changes, FilesFold, Projection } from "../core/projection.ts";

const COLUMNS = [
  ...["number", "track", "directory", "name", "size", "mtime_s", "mtime_ns", "etag", "ctime_s"],
  ...["ctime_ns", "inode", "mode", "uid", "gid", "format", "audio", "audio_start", "audio_end"],
  ...["unreadable", "unreadable_kind", "unsettled", "reader", "removed", "content", "tags"],
  "properties",
];

/** How many files are removed in one part of the event that removes their origin: 25 ms of work. */
const PART_FILES = 250;

export const files: Projection<FilesFold> = {
  name: "files",
  version: 6,
  awaited: true,
  tables: [
    { name: "source_directories", key: ["id"] },
    { name: "files", key: ["number"] },
    { name: "tracks", key: ["track"] },
    { name: "file_details", key: ["file"] },
    { name: "comparisons", key: ["file", "other"] },
    { name: "uncompared", key: ["file"] },
  ],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    ...["CopiesCompared", "PartsCompared"] as const,
  ]),
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
        track INTEGER NOT NULL,
        directory INTEGER NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_s INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        etag TEXT,
        ctime_s INTEGER,
        ctime_ns INTEGER,
        inode INTEGER,
        mode INTEGER,
        uid INTEGER,
        gid INTEGER,
        format TEXT,
        audio TEXT,
        audio_start INTEGER,
        audio_end INTEGER,
        unreadable TEXT,
        unreadable_kind TEXT,
        unsettled INTEGER NOT NULL,
        reader INTEGER NOT NULL,
        removed INTEGER NOT NULL,
        content INTEGER NOT NULL,
        tags TEXT NOT NULL,
        properties TEXT NOT NULL
      );
      CREATE INDEX files_unreadable ON files (number) WHERE unreadable IS NOT NULL AND removed = 0;
    `);
    initTracks(db);
    initFileDetails(db);
  },
  indexes: [
    ...MATCH_INDEXES,
    "CREATE INDEX IF NOT EXISTS files_by_reader ON files (reader) WHERE removed = 0",
  ],
  start: (db) => new Folding(db),
  looksAt: ["origins"],
  indexesFor(db, event) {
    // With a second origin, possible copies of each file are looked up.
    const isNaming = event.type === "FilesObserved" || event.type === "OriginConfigured";
    if (!isNaming || areMatchesIndexed(db)) return [];
    const others = new Query(db, "SELECT 1 FROM origins WHERE id <> ? LIMIT 1");
    return others.get(event.data.origin) === undefined ? [] : MATCH_INDEXES;
  },
  isLarge(db, event, rows) {
    switch (event.type) {
      case "OriginRemoved":
        return hasMore(
          db,
          rows,
          `source_directories d CROSS JOIN files f ON f.directory = d.id
            WHERE d.origin = ? AND f.removed = 0`,
          event.data.origin,
        );
      case "OriginConfigured": {
        const { origin, priority } = event.data;
        const [before] = new Query(db, "SELECT priority FROM origins WHERE id = ?").get(origin) ??
          [priority];
        return before !== priority && hasMore(db, rows, "tracks WHERE others > 0");
      }
      default:
        return false;
    }
  },
};

class Folding implements FilesFold {
  readonly #store: FileStore;
  readonly #directories: SourceDirectories;
  readonly #tracks: Tracks;
  readonly #details: FileDetailsStore;
  readonly #new: PendingRows;
  readonly #replace: StatementSync;
  /** The greatest number in the table. A file with a greater number is new and need not be looked up. */
  #greatest: number;

  constructor(db: DatabaseSync) {
    this.#store = new FileStore(db);
    this.#directories = new SourceDirectories(db);
    this.#tracks = new Tracks(db, this.#store, this.#directories);
    this.#details = new FileDetailsStore(db);
    this.#new = new PendingRows(db, "files", COLUMNS);
    const marks = COLUMNS.map(() => "?").join(", ");
    this.#replace = db.prepare(
      `INSERT OR REPLACE INTO files (${COLUMNS.join(", ")}) VALUES (${marks})`,
    );
    this.#greatest = new Query(db, "SELECT max(number) AS greatest FROM files").get()![0] as
      | number
      | null ?? 0;
  }

  *apply(event: StoredEvent): IterableIterator<Changes> {
    switch (event.type) {
      case "FilesObserved": {
        const { origin } = event.data;
        const files = lastOfEach(event.data.files);
        this.#tracks.named(origin);
        const greatest = this.#greatest;
        yield this.#change(
          files.map((file) => {
            const before = file.file > greatest ? undefined : this.#store.get(file.file);
            return { before, after: observed(before, origin, file, event.seq) };
          }),
        );
        // By now the followers have seen the former details.
        this.#details.put(files, greatest);
        return;
      }
      case "FilesRemoved":
        return yield this.#remove([...new Set(event.data.files)]);
      case "CopiesCompared":
        return yield this.#tracks.compared(event.data);
      case "PartsCompared":
        return yield this.#disproved(event.data, event.seq);
      case "OriginConfigured": {
        const { origin, priority } = event.data;
        yield* this.#tracks.configured(origin, priority);
        return;
      }
      case "OriginRemoved": {
        for (const numbers of this.#store.liveOf(event.data.origin, PART_FILES)) {
          yield this.#remove(numbers);
        }
      }
    }
  }

  flush(): void {
    this.#directories.trim();
  }

  #remove(numbers: readonly FileId[]): Changes {
    const transitions: FileTransition[] = [];
    for (const number of numbers) {
      const before = this.#store.get(number);
      if (before === undefined || before.removed) continue;
      transitions.push({ before, after: removed(before) });
    }
    return this.#change(transitions);
  }

  /** Bytes were served that are not the file's: the file gets another version than the one that was served. */
  #disproved({ file, version, alike }: PartsCompared["data"], seq: Seq): Changes {
    const before = this.#store.get(file);
    if (alike || before === undefined || before.removed || before.content !== version) {
      return { files: [], tracks: [] };
    }
    return this.#change([{
      before,
      after: new FileState({ ...before, content: contentSince(seq) }),
    }]);
  }

  #change(transitions: readonly FileTransition[]): Changes {
    const changes = this.#tracks.follow(transitions);
    for (const { before, after } of changes.files) this.#put(after, before === undefined);
    // The next reader of these rows queries the tables.
    this.#directories.flush();
    this.#new.flush();
    return changes;
  }

  #put(state: FileState, isNew: boolean): void {
    const [directory, name] = splitPath(state.path);
    this.#greatest = Math.max(this.#greatest, state.file);
    const row = [
      state.file,
      state.track,
      this.#directories.number(state.origin, directory),
      name,
      state.size,
      state.mtime_s,
      state.mtime_ns,
      state.etag,
      state.ctime_s,
      state.ctime_ns,
      state.inode,
      state.mode,
      state.uid,
      state.gid,
      state.format,
      state.audio,
      state.audio_start,
      state.audio_end,
      state.unreadable,
      state.unreadable_kind,
      state.unsettled ? 1 : 0,
      state.reader,
      state.removed ? 1 : 0,
      state.content,
      state.tags,
      state.properties,
    ];
    if (isNew) this.#new.add(...row);
    else this.#replace.run(...row);
  }
}

/** The last observation of each file, should an event name a file several times. */
function lastOfEach(files: readonly ObservedFile[]): ObservedFile[] {
  return [...new Map(files.map((file) => [file.file, file])).values()];
}
