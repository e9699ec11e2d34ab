import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  FIRST_ORIGIN_DIRECTORY_ID,
  FIRST_ORIGIN_FILE_ID,
  type NodeId,
  type NodeVersion,
  ORIGINS_ID,
  toNodeId,
} from "../../src/base/mod.ts";
import { type Change, PendingRows } from "../core/pending_rows.ts";
import { type Cell, Query, type Row } from "../core/query.ts";
import { directoryHash } from "./directory_hash.ts";
import { splitPath } from "../catalog/file_state.ts";
import { TouchedDirectories } from "./_touched_directories.ts";

/** How many directories stay in memory between transactions. */
const DIRECTORIES_KEPT = 20_000;
const NUMBERS = FIRST_ORIGIN_FILE_ID - FIRST_ORIGIN_DIRECTORY_ID;

/** A directory of an origin while events are folded. {@link OriginDirectories.flush} writes its changes. */
export interface OriginDirectory {
  readonly id: NodeId;
  readonly origin: string;
  /** The path within the origin; "" is its root. */
  readonly path: string;
  readonly name: string;
  readonly parent: OriginDirectory | undefined;
  mtime_s: number;
  mtime_ns: number;
  version: NodeVersion;
  /** The number of files and directories in it. */
  entries: number;
  /** The scan (or, below 0, the event) that created it. */
  readonly born: number;
  touched: boolean;
  raised: boolean;
  /** True while it has no row yet. */
  pending: boolean;
  /** True when it was created in memory: then every directory in it is in memory too. */
  readonly made: boolean;
}

export function initOriginDirectories(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE origin_directories (
      id INTEGER PRIMARY KEY,
      origin TEXT NOT NULL,
      path TEXT NOT NULL,
      parent INTEGER NOT NULL,
      name TEXT NOT NULL,
      mtime_s INTEGER NOT NULL,
      mtime_ns INTEGER NOT NULL,
      version INTEGER NOT NULL,
      entries INTEGER NOT NULL,
      born INTEGER NOT NULL,
      UNIQUE (origin, path),
      UNIQUE (parent, name)
    );
    CREATE INDEX origin_directories_listed ON origin_directories (parent, id);
  `);
}

/** The directories of the origins that have files in them or below, and the root of each origin. */
export class OriginDirectories {
  readonly #byPath: Query;
  readonly #rows: PendingRows;
  readonly #taken: Query;
  readonly #update: StatementSync;
  readonly #delete: Change;
  /** Numbers of directories that may have no row yet. */
  readonly #added = new Set<NodeId>();
  /** Directories by origin and path; null for one that is known not to exist. */
  #known = new Map<string, OriginDirectory | null>();
  /** The directory that was found last: mostly the next search is for the same one. */
  #last: OriginDirectory | undefined;
  readonly #touched = new TouchedDirectories<OriginDirectory>();

  constructor(db: DatabaseSync) {
    this.#rows = new PendingRows(db, "origin_directories", [
      ...["id", "origin", "path", "parent", "name"],
      ...["mtime_s", "mtime_ns", "version", "entries", "born"],
    ]);
    this.#byPath = this.#rows.query(
      `SELECT id, mtime_s, mtime_ns, version, entries, born FROM origin_directories
        WHERE origin = ? AND path = ?`,
    );
    this.#taken = new Query(db, "SELECT 1 FROM origin_directories WHERE id = ?");
    // It changes only directories that have a row, so the pending rows need not be written first.
    this.#update = db.prepare(
      `UPDATE origin_directories SET mtime_s = ?, mtime_ns = ?, version = ?, entries = ?
        WHERE id = ?`,
    );
    this.#delete = this.#rows.prepare("DELETE FROM origin_directories WHERE id = ?");
  }

  /** Prepares a query that reads the table of directories. */
  query(sql: string): Query {
    return this.#rows.query(sql);
  }

  find(origin: string, path: string): OriginDirectory | undefined {
    if (this.#last?.path === path && this.#last.origin === origin) return this.#last;
    return this.#last = this.#find(origin, path);
  }

  #find(origin: string, path: string): OriginDirectory | undefined {
    const key = keyOf(origin, path);
    const known = this.#known.get(key);
    if (known !== undefined) return known ?? undefined;
    const parent = path === "" ? undefined : this.find(origin, splitPath(path)[0]);
    if (path !== "" && (parent === undefined || parent.made)) return undefined;
    const row = this.#byPath.get(origin, path);
    const found = row === undefined ? null : this.#loaded(origin, path, row);
    this.#known.set(key, found);
    return found ?? undefined;
  }

  /** Adds a directory without entries. There is none at the path yet, and its parent exists. */
  add(origin: string, path: string, born: number, version: NodeVersion): OriginDirectory {
    let offset = directoryHash(`${origin}/${path}`) % NUMBERS;
    while (this.#isTaken(toNodeId(FIRST_ORIGIN_DIRECTORY_ID + offset))) {
      offset = (offset + 1) % NUMBERS;
    }
    const id = toNodeId(FIRST_ORIGIN_DIRECTORY_ID + offset);
    const row = [id, 0, 0, version, 0, born];
    const directory = this.#loaded(origin, path, row, true);
    this.#added.add(id);
    this.#rows.addUnfinished(() => rowOf(directory));
    this.#known.set(keyOf(origin, path), directory);
    return directory;
  }

  remove(directory: OriginDirectory): void {
    this.#delete.run(directory.id);
    this.#added.delete(directory.id);
    this.#known.set(keyOf(directory.origin, directory.path), null);
    this.#last = undefined;
  }

  touch(directory: OriginDirectory): void {
    this.#touched.touch(directory);
  }

  /** As in {@link TouchedDirectories}. */
  raise(directory: OriginDirectory, mtime_s: number, mtime_ns: number): void {
    this.#touched.raise(directory, mtime_s, mtime_ns);
  }

  exists(directory: OriginDirectory): boolean {
    return this.#known.get(keyOf(directory.origin, directory.path)) === directory;
  }

  /** Writes the changes, and returns the directories whose time moved. */
  flush(): OriginDirectory[] {
    const raised = this.#touched.flush((it) => this.exists(it), (it) => {
      if (it.pending) return;
      this.#update.run(it.mtime_s, it.mtime_ns, it.version, it.entries, it.id);
    });
    this.#rows.flush();
    this.#added.clear();
    if (this.#known.size > DIRECTORIES_KEPT) this.forget();
    return raised;
  }

  /** Drops everything in memory. It must have been written, or be void. */
  forget(): void {
    this.#known = new Map();
    this.#last = undefined;
    this.#touched.forget();
  }

  #isTaken(id: NodeId): boolean {
    return this.#added.has(id) || this.#taken.get(id) !== undefined;
  }

  #loaded(origin: string, path: string, row: Row, made = false): OriginDirectory {
    const [id, mtime_s, mtime_ns, version, entries, born] = row as [
      ...[NodeId, number, number, NodeVersion, number, number],
    ];
    const [above, name] = splitPath(path);
    const isRoot = path === "";
    return {
      ...{ id, origin, path, name: isRoot ? origin : name },
      parent: isRoot ? undefined : this.find(origin, above),
      ...{ mtime_s, mtime_ns, version },
      ...{ entries, born, touched: false, raised: false, pending: made, made },
    };
  }
}

/** The row of a new directory, in the state that it has when the row is written. */
function rowOf(directory: OriginDirectory): Cell[] {
  directory.pending = false;
  const { id, origin, path, parent, name, mtime_s, mtime_ns, version, entries, born } = directory;
  return [
    ...[id, origin, path, parent?.id ?? ORIGINS_ID, name],
    ...[mtime_s, mtime_ns, version, entries, born],
  ];
}

function keyOf(origin: string, path: string): string {
  return `${origin}\0${path}`;
}
