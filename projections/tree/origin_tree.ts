/**
 * The `origin_tree` projection: the directories of each origin as they are there, the files in them that are not music,
 * and the feed of their changes. Music files are in `files` alone: to list a directory, OriginTreeReader joins both.
 *
 * - A file that is not music has a number of its own, from the event. When the file is gone, its row is deleted.
 * - A directory's number is a hash of its origin and path. A directory exists while anything is in it or below, the
 *   root of an origin also as long as the origin is configured.
 * - A directory is never older than anything in it or below. As in the tree, it moves to the time of the event when an
 *   entry comes or goes by another scan than the one that created it.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OtherFile } from "../../events/facts/files.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import {
  type FileId,
  isListablePath,
  type NodeId,
  nodeOfFile,
  nodeOfOtherFile,
  nodeOfTrack,
  nodeSince,
  ORIGINS_ID,
  toFileId,
} from "../../src/base/mod.ts";
import { ChangeFeed, initChangeFeed } from "./change_feed.ts";
import {
  initOriginDirectories,
  OriginDirectories,
  type OriginDirectory,
} from "./_origin_directories.ts";
import { hasMore, Query } from "../core/query.ts";
import type { Changes, Fold, FoldContext, Projection, Transitions } from "../core/projection.ts";
import { type FileState, splitPath } from "../catalog/file_state.ts";

export const originTree: Projection = {
  name: "origin_tree",
  version: 1,
  awaited: true,
  tables: [
    { name: "origin_directories", key: ["id"] },
    { name: "other_files", key: ["number"] },
    { name: "other_numbers", key: ["id"] },
  ],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    ...["OtherFilesObserved", "OtherFilesRemoved", "CopiesCompared", "PartsCompared"] as const,
  ]),
  init(db) {
    initOriginDirectories(db);
    db.exec(`
      CREATE TABLE other_files (
        number INTEGER PRIMARY KEY,
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
        content INTEGER NOT NULL,
        UNIQUE (directory, name)
      );
      CREATE INDEX other_files_listed ON other_files (directory, number);
      CREATE TABLE other_numbers (id INTEGER PRIMARY KEY CHECK (id = 1), greatest INTEGER NOT NULL);
      INSERT INTO other_numbers VALUES (1, 0);
    `);
    initChangeFeed(db, "origin");
  },
  indexes: [],
  start: (db, context) => new Folding(db, context),
  isLarge: (db, event, rows) =>
    event.type === "OriginRemoved" &&
    hasMore(
      db,
      rows,
      "origin_directories d CROSS JOIN other_files o ON o.directory = d.id WHERE d.origin = ?",
      event.data.origin,
    ),
};

/** An entry of a directory of an origin. */
interface Placed {
  readonly origin: string;
  readonly path: string;
  readonly node: NodeId;
  readonly mtime_s: number;
  readonly mtime_ns: number;
}

/** How many files of a removed origin are removed in one step. */
const STEP_FILES = 500;
const VERSION_COLUMNS = ["size", "mtime_s", "mtime_ns", "etag", "ctime_s", "ctime_ns", "inode"];
const OWNERSHIP_COLUMNS = ["mode", "uid", "gid"];
const COLUMNS = [...VERSION_COLUMNS, ...OWNERSHIP_COLUMNS];

class Folding implements Fold {
  readonly #directories: OriginDirectories;
  readonly #feed: ChangeFeed;
  readonly #byNumber: Query;
  readonly #byName: Query;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #some: Query;
  readonly #numbered: StatementSync;
  #event: StoredEvent | undefined;
  /**
   * Directories created since the last flush: nobody can know their contents. Directories that were removed and came
   * back are not among them.
   */
  readonly #made = new Set<OriginDirectory>();
  readonly #gone = new Set<NodeId>();

  constructor(db: DatabaseSync, context: FoldContext) {
    this.#directories = new OriginDirectories(db);
    this.#feed = new ChangeFeed(db, "origin", context.feed);
    const columns = COLUMNS.map((name) => `o.${name}`).join(", ");
    this.#byNumber = this.#directories.query(
      `SELECT d.origin, d.path, o.name, o.content, ${columns}
        FROM other_files o JOIN origin_directories d ON d.id = o.directory WHERE o.number = ?`,
    );
    this.#byName = new Query(db, "SELECT number FROM other_files WHERE directory = ? AND name = ?");
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO other_files (number, directory, name, content, ${COLUMNS.join(", ")})
        VALUES (?, ?, ?, ?, ${COLUMNS.map(() => "?").join(", ")})`,
    );
    this.#delete = db.prepare("DELETE FROM other_files WHERE number = ?");
    this.#some = this.#directories.query(
      `SELECT o.number FROM origin_directories d CROSS JOIN other_files o ON o.directory = d.id
        WHERE d.origin = ? LIMIT ${STEP_FILES}`,
    );
    this.#numbered = db.prepare("UPDATE other_numbers SET greatest = max(greatest, ?)");
  }

  apply(
    event: StoredEvent,
    files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown> {
    this.#event = event;
    for (const { before, after } of files) this.#follow(before, after);
    for (const { before, after } of tracks) {
      if (before?.file === after?.file && before?.track === after?.track) continue;
      // The entry leads to the track now, or no longer does.
      for (const state of [before, after]) if (state !== undefined) this.#renamed(state);
    }
    if (event.type === "OriginRemoved") return this.#removeOrigin(event.data.origin);
    if (event.type === "OriginConfigured") this.#ensure(event.data.origin, "");
    else if (event.type === "OtherFilesObserved") {
      for (const file of event.data.files) this.#observed(event.data.origin, file);
    } else if (event.type === "OtherFilesRemoved") {
      for (const file of event.data.files) this.#removed(file);
    }
  }

  flush(): void {
    for (const directory of this.#directories.flush()) {
      const { id, name, parent } = directory;
      if (parent === undefined) this.#originsTouched();
      if (this.#made.has(directory)) continue;
      this.#feed.record("attributes", parent?.id ?? ORIGINS_ID, name, id, true);
    }
    this.#made.clear();
    this.#gone.clear();
    this.#feed.flush();
  }

  /** Records that the directory of all origins changed: its time is that of the newest origin. */
  #originsTouched(): void {
    this.#feed.record("attributes", ORIGINS_ID, "", ORIGINS_ID, true);
  }

  #follow(before: FileState | undefined, after: FileState): void {
    const from = before !== undefined && !before.removed ? before : undefined;
    const to = after.removed ? undefined : after;
    const isAtPlace = from?.origin === to?.origin && from?.path === to?.path;
    if (!isAtPlace) {
      if (from) this.#leave(placed(from));
      if (to) this.#enter(placed(to));
    } else if (from !== undefined && to !== undefined && from.visible !== to.visible) {
      this.#renamed(to);
    }
    // A file that moved, or came back, may have other bytes too.
    if (before === undefined || to === undefined) return;
    const isOther = before.content !== to.content;
    if (!isOther && isSameOwnership(before, to)) return;
    // The entry leads to the track, or to the file itself when that is a lesser copy.
    for (const node of [nodeOfTrack(to.track), nodeOfFile(to.file)]) {
      this.#changed(isOther ? "content" : "attributes", { ...placed(to), node });
    }
  }

  #observed(origin: string, file: OtherFile): void {
    if (!isListablePath(file.path)) return;
    this.#numbered.run(file.file);
    const [above, name] = splitPath(file.path);
    const row = this.#byNumber.get(file.file);
    const values = COLUMNS.map((column) => file[column as keyof OtherFile] ?? null);
    const at = { ...file, origin, node: nodeOfOtherFile(file.file) };
    const isAtPlace = row !== undefined && row[0] === origin && row[1] === above && row[2] === name;
    const isSame = isAtPlace &&
      VERSION_COLUMNS.every((_, i) => row[4 + i] === values[i]);
    if (!isAtPlace) {
      if (row !== undefined) this.#removed(file.file);
      const directory = this.#directories.find(origin, above);
      const other = directory && this.#byName.get(directory.id, name);
      if (other !== undefined) this.#removed(toFileId(other[0] as number));
      this.#enter(at);
    } else this.#changed(isSame ? "attributes" : "content", at);
    const directory = this.#directories.find(origin, above)!;
    const content = isSame ? row[3]! : this.#event!.seq;
    this.#put.run(file.file, directory.id, name, content, ...values);
  }

  #removed(file: FileId): void {
    const row = this.#byNumber.get(file);
    if (row === undefined) return;
    const [origin, above, name] = row as string[];
    this.#delete.run(file);
    const path = above === "" ? name! : `${above}/${name}`;
    this.#leave({ origin: origin!, path, node: nodeOfOtherFile(file), mtime_s: 0, mtime_ns: 0 });
  }

  #enter(at: Placed): void {
    const [above, name] = splitPath(at.path);
    // For an existing directory only the last segment needs a check, since the others were checked before.
    const known = this.#directories.find(at.origin, above);
    if (!isListablePath(known === undefined ? at.path : name)) return;
    const directory = known ?? this.#ensure(at.origin, above);
    this.#listed(directory, 1);
    if (!this.#made.has(directory)) {
      this.#feed.record("added", directory.id, name, at.node, false);
    }
    this.#raise(directory, at);
  }

  #leave(at: Placed): void {
    if (!isListablePath(at.path)) return;
    const [above, name] = splitPath(at.path);
    const directory = this.#directories.find(at.origin, above);
    if (directory === undefined) return;
    this.#feed.record("removed", directory.id, name, at.node, false);
    this.#left(directory);
  }

  /** Notes that an entry has gone. An empty directory is removed too, unless it is an origin's root. */
  #left(directory: OriginDirectory): void {
    this.#listed(directory, -1);
    const { parent, id, name, entries } = directory;
    if (entries > 0 || parent === undefined) return;
    this.#directories.remove(directory);
    this.#gone.add(id);
    this.#feed.record("removed", parent.id, name, id, true);
    this.#left(parent);
  }

  /** Records that the entry of a file leads to another node than before. */
  #renamed(state: FileState): void {
    if (!this.#feed.isFollowed) return;
    const [above, name] = splitPath(state.path);
    const directory = this.#directories.find(state.origin, above);
    if (directory === undefined || !isListablePath(name)) return;
    this.#feed.record("added", directory.id, name, placed(state).node, false);
  }

  #changed(kind: "content" | "attributes", at: Placed): void {
    const [above, name] = splitPath(at.path);
    const directory = this.#directories.find(at.origin, above);
    if (directory === undefined) return;
    this.#feed.record(kind, directory.id, name, at.node, false);
    if (kind === "content") this.#raise(directory, at);
  }

  #ensure(origin: string, path: string): OriginDirectory {
    const known = this.#directories.find(origin, path);
    if (known !== undefined) return known;
    const parent = path === "" ? undefined : this.#ensure(origin, splitPath(path)[0]);
    const { seq } = this.#event!;
    const directory = this.#directories.add(origin, path, this.#episode, nodeSince(seq));
    if (parent === undefined || !this.#made.has(parent)) {
      this.#feed.record("added", parent?.id ?? ORIGINS_ID, directory.name, directory.id, true);
    }
    if (!this.#gone.has(directory.id) && !this.#feed.hasRemoved(directory.id)) {
      this.#made.add(directory);
    }
    if (parent !== undefined) this.#listed(parent, 1);
    return directory;
  }

  /** Notes that an entry came or went. */
  #listed(directory: OriginDirectory, by: 1 | -1): void {
    directory.entries += by;
    directory.version = nodeSince(this.#event!.seq);
    this.#directories.touch(directory);
    if (directory.born === this.#episode) return;
    const { at } = this.#event!;
    this.#directories.raise(directory, Math.floor(at / 1000), Math.floor(at % 1000) * 1_000_000);
  }

  /** Raises the directory to the time of a file. A time in the future counts as the time of the event. */
  #raise(directory: OriginDirectory, { mtime_s, mtime_ns }: Placed): void {
    const { at } = this.#event!;
    const [at_s, at_ns] = [Math.floor(at / 1000), Math.floor(at % 1000) * 1_000_000];
    const isToCome = mtime_s > at_s || mtime_s === at_s && mtime_ns > at_ns;
    this.#directories.raise(directory, isToCome ? at_s : mtime_s, isToCome ? at_ns : mtime_ns);
  }

  /** The scan, to tell whether the same one created a directory; below 0 for an event without a scan. */
  get #episode(): number {
    const event = this.#event!;
    return "scan" in event.data ? event.data.scan : -event.seq;
  }

  /** Removes the other files of an origin. The transitions of the same event remove its music. */
  *#removeOrigin(origin: string): Iterable<unknown> {
    for (let rows; (rows = this.#some.all(origin)).length > 0;) {
      for (const [file] of rows) this.#removed(toFileId(file as number));
      yield;
    }
    const root = this.#directories.find(origin, "");
    if (root === undefined || root.entries > 0) return;
    this.#directories.remove(root);
    this.#gone.add(root.id);
    this.#feed.record("removed", ORIGINS_ID, root.name, root.id, true);
    this.#originsTouched();
  }
}

/**
 * A file as an entry of its directory. The entry leads to the track when the file is visible, otherwise to the file
 * itself.
 */
function placed(state: FileState): Placed {
  const { origin, path, mtime_s, mtime_ns, visible, track, file } = state;
  return { origin, path, node: visible ? nodeOfTrack(track) : nodeOfFile(file), mtime_s, mtime_ns };
}

function isSameOwnership(one: FileState, other: FileState): boolean {
  return one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
}
