import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FIRST_DIRECTORY_ID } from "../src/base/mod.ts";
import { Query } from "./_query.ts";
import { directoryHash } from "./directory_hash.ts";
import { ROOT_ID } from "./tree_types.ts";

/** Directories that stay in memory between transactions. */
const DIRECTORIES_KEPT = 20_000;

/** A directory of the tree while events are folded; what changes is written by {@link Directories.flush}. */
export interface Directory {
  readonly id: number;
  readonly parent: Directory | undefined;
  readonly name: string;
  /** Virtual path, "" for the root. */
  readonly path: string;
  mtime_s: number;
  mtime_ns: number;
  changed_seq: number;
  /** Nodes in it, those included that wait for a name. */
  entries: number;
  /** The scan (or, below 0, the event) that made it; null for a root that never held anything. */
  born: number | null;
  /** To be written; its time moved. */
  touched: boolean;
  raised: boolean;
}

const COLUMNS = "parent, id, name, mtime_s, mtime_ns, changed_seq, entries, born";

/** The directories of the tree, by path and by number. */
export class Directories {
  readonly #taken: Query;
  readonly #byName: Query;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  #known = new Map<number, Directory>();
  #paths = new Map<string, Directory>();
  #touched: Directory[] = [];

  constructor(db: DatabaseSync) {
    this.#taken = new Query(
      db,
      `SELECT 1 FROM nodes WHERE id = ? AND id >= ${FIRST_DIRECTORY_ID}`,
    );
    this.#byName = new Query(db, `SELECT ${COLUMNS} FROM nodes WHERE parent = ? AND name = ?`);
    this.#insert = db.prepare(
      `INSERT INTO nodes (${COLUMNS}, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`,
    );
    this.#update = db.prepare(
      `UPDATE nodes SET mtime_s = ?, mtime_ns = ?, changed_seq = ?, entries = ?, born = ?
        WHERE parent = ? AND name = ?`,
    );
    this.#delete = db.prepare("DELETE FROM nodes WHERE parent = ? AND name = ?");
  }

  get root(): Directory {
    return this.#known.get(ROOT_ID) ?? this.#load(this.#byName.get(0, "")!, undefined);
  }

  byPath(path: string): Directory | undefined {
    if (path === "") return this.root;
    const known = this.#paths.get(path);
    if (known) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.byPath(path.slice(0, Math.max(0, slash)));
    const row = parent && this.#byName.get(parent.id, path.slice(slash + 1));
    return row && (row[1] as number) >= FIRST_DIRECTORY_ID ? this.#load(row, parent) : undefined;
  }

  /** Adds an empty directory; the name is free in `parent`. */
  add(parent: Directory, name: string, born: number, changed_seq: number): Directory {
    const path = parent.id === ROOT_ID ? name : `${parent.path}/${name}`;
    let id = FIRST_DIRECTORY_ID + directoryHash(path);
    while (this.#known.has(id) || this.#taken.get(id) !== undefined) {
      id = id === Number.MAX_SAFE_INTEGER ? FIRST_DIRECTORY_ID : id + 1;
    }
    this.#insert.run(parent.id, id, name, 0, 0, changed_seq, 0, born);
    parent.entries++;
    this.touch(parent);
    return this.#load([parent.id, id, name, 0, 0, changed_seq, 0, born], parent);
  }

  /** Takes an empty directory out. */
  remove(directory: Directory): void {
    const parent = directory.parent!;
    this.#delete.run(parent.id, directory.name);
    this.#known.delete(directory.id);
    this.#paths.delete(directory.path);
    parent.entries--;
    this.touch(parent);
  }

  touch(directory: Directory): void {
    if (directory.touched) return;
    directory.touched = true;
    this.#touched.push(directory);
  }

  /**
   * Moves the time of a directory up to at least this one, and so that of every directory above: none is ever
   * older than what it holds, and none goes back while it exists.
   */
  raise(directory: Directory, mtime_s: number, mtime_ns: number): void {
    for (let at: Directory | undefined = directory; at !== undefined; at = at.parent) {
      if (at.mtime_s > mtime_s || (at.mtime_s === mtime_s && at.mtime_ns >= mtime_ns)) return;
      at.mtime_s = mtime_s;
      at.mtime_ns = mtime_ns;
      at.raised = true;
      this.touch(at);
    }
  }

  /** Whether the directory was not taken out since it was handed over. */
  exists(directory: Directory): boolean {
    return this.#known.get(directory.id) === directory;
  }

  /** Writes what changed, and hands over the directories whose time moved. */
  flush(): Directory[] {
    const raised: Directory[] = [];
    for (const it of this.#touched) {
      if (!this.exists(it)) continue;
      this.#update.run(
        ...[it.mtime_s, it.mtime_ns, it.changed_seq, it.entries, it.born],
        ...[it.parent?.id ?? 0, it.name],
      );
      if (it.raised) raised.push(it);
      it.touched = it.raised = false;
    }
    this.#touched = [];
    if (this.#known.size > DIRECTORIES_KEPT) this.forget();
    return raised;
  }

  /** Drops what is in memory; it has to be written, or void. */
  forget(): void {
    this.#known = new Map();
    this.#paths = new Map();
  }

  #load(row: readonly unknown[], parent: Directory | undefined): Directory {
    const [, id, name, mtime_s, mtime_ns, changed_seq, entries, born] = row as [
      ...[number, number, string, number, number, number, number, number | null],
    ];
    const path = parent === undefined || parent.id === ROOT_ID ? name : `${parent.path}/${name}`;
    const directory: Directory = {
      ...{ id, parent, name, path, mtime_s, mtime_ns, changed_seq, entries, born },
      ...{ touched: false, raised: false },
    };
    this.#known.set(id, directory);
    this.#paths.set(path, directory);
    return directory;
  }
}
