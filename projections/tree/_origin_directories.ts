import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  FIRST_ORIGIN_DIRECTORY_ID,
  FIRST_ORIGIN_FILE_ID,
  type NodeId,
  type NodeVersion,
  ORIGINS_ID,
  toNodeId,
} from "../../src/base/mod.ts";
import { Query, type Row } from "../core/query.ts";
import { directoryHash } from "./directory_hash.ts";
import { splitPath } from "../catalog/file_state.ts";
import { TouchedDirectories } from "./_touched_directories.ts";

/** Directories that stay in memory between transactions. */
const DIRECTORIES_KEPT = 20_000;
const NUMBERS = FIRST_ORIGIN_FILE_ID - FIRST_ORIGIN_DIRECTORY_ID;

/** A directory of an origin while events are folded; what changes is written by {@link OriginDirectories.flush}. */
export interface OriginDirectory {
  readonly id: NodeId;
  readonly origin: string;
  /** "" is the origin's root. */
  readonly path: string;
  readonly name: string;
  readonly parent: OriginDirectory | undefined;
  mtime_s: number;
  mtime_ns: number;
  changed_seq: NodeVersion;
  /** Files and directories in it. */
  entries: number;
  /** The scan (or, below 0, the event) that made it. */
  readonly born: number;
  touched: boolean;
  raised: boolean;
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
      changed_seq INTEGER NOT NULL,
      entries INTEGER NOT NULL,
      born INTEGER NOT NULL,
      UNIQUE (origin, path),
      UNIQUE (parent, name)
    );
    CREATE INDEX origin_directories_listed ON origin_directories (parent, id);
  `);
}

/** The directories that origins have, as far as there are files in them or below; and the root of each. */
export class OriginDirectories {
  readonly #byPath: Query;
  readonly #taken: Query;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  /** By origin and path; null for one that is known not to be there. */
  #known = new Map<string, OriginDirectory | null>();
  readonly #touched = new TouchedDirectories<OriginDirectory>();

  constructor(db: DatabaseSync) {
    this.#byPath = new Query(
      db,
      `SELECT id, mtime_s, mtime_ns, changed_seq, entries, born FROM origin_directories
        WHERE origin = ? AND path = ?`,
    );
    this.#taken = new Query(db, "SELECT 1 FROM origin_directories WHERE id = ?");
    this.#insert = db.prepare(
      "INSERT INTO origin_directories VALUES (?, ?, ?, ?, ?, 0, 0, ?, 0, ?)",
    );
    this.#update = db.prepare(
      `UPDATE origin_directories SET mtime_s = ?, mtime_ns = ?, changed_seq = ?, entries = ?
        WHERE id = ?`,
    );
    this.#delete = db.prepare("DELETE FROM origin_directories WHERE id = ?");
  }

  find(origin: string, path: string): OriginDirectory | undefined {
    const key = keyOf(origin, path);
    const known = this.#known.get(key);
    if (known !== undefined) return known ?? undefined;
    const row = this.#byPath.get(origin, path);
    const found = row === undefined ? null : this.#loaded(origin, path, row);
    this.#known.set(key, found);
    return found ?? undefined;
  }

  /** Adds a directory without entries, of which there is none at the path. Its parent is there. */
  add(origin: string, path: string, born: number, changed_seq: NodeVersion): OriginDirectory {
    let offset = directoryHash(`${origin}/${path}`) % NUMBERS;
    while (this.#taken.get(FIRST_ORIGIN_DIRECTORY_ID + offset)) offset = (offset + 1) % NUMBERS;
    const id = toNodeId(FIRST_ORIGIN_DIRECTORY_ID + offset);
    const row = [id, 0, 0, changed_seq, 0, born];
    const directory = this.#loaded(origin, path, row);
    const { parent, name } = directory;
    this.#insert.run(id, origin, path, parent?.id ?? ORIGINS_ID, name, changed_seq, born);
    this.#known.set(keyOf(origin, path), directory);
    return directory;
  }

  remove(directory: OriginDirectory): void {
    this.#delete.run(directory.id);
    this.#known.set(keyOf(directory.origin, directory.path), null);
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

  /** Writes what changed, and hands over the directories whose time moved. */
  flush(): OriginDirectory[] {
    const raised = this.#touched.flush((it) => this.exists(it), (it) => {
      this.#update.run(it.mtime_s, it.mtime_ns, it.changed_seq, it.entries, it.id);
    });
    if (this.#known.size > DIRECTORIES_KEPT) this.forget();
    return raised;
  }

  /** Drops what is in memory; it has to be written, or void. */
  forget(): void {
    this.#known = new Map();
    this.#touched.forget();
  }

  #loaded(origin: string, path: string, row: Row): OriginDirectory {
    const [id, mtime_s, mtime_ns, changed_seq, entries, born] = row as [
      ...[NodeId, number, number, NodeVersion, number, number],
    ];
    const [above, name] = splitPath(path);
    const isRoot = path === "";
    return {
      ...{ id, origin, path, name: isRoot ? origin : name },
      parent: isRoot ? undefined : this.find(origin, above),
      ...{ mtime_s, mtime_ns, changed_seq },
      ...{ entries, born, touched: false, raised: false },
    };
  }
}

function keyOf(origin: string, path: string): string {
  return `${origin}\0${path}`;
}
