import type { DatabaseSync, StatementSync } from "node:sqlite";
import { foldCase, type NodeId, type NodeVersion, toNodeId } from "../../src/base/mod.ts";
import { DIRECTORY } from "./node_kinds.ts";
import type { Change, PendingRows } from "../core/pending_rows.ts";
import { type Cell, Query } from "../core/query.ts";
import type { Spellings } from "./_spellings.ts";
import { directoryHash } from "./directory_hash.ts";
import { TouchedDirectories } from "./_touched_directories.ts";
import type { TreeTables } from "./_tree_tables.ts";

/** How many directories stay in memory between transactions. */
const DIRECTORIES_KEPT = 20_000;
/** How many names of one directory are kept in memory. Beyond that the table is queried. */
const NAMES_KEPT = 20_000;

/** A directory of the tree while events are folded. {@link Directories.flush} writes its changes. */
export class Directory {
  readonly id: NodeId;
  readonly parent: Directory | undefined;
  name: string;
  mtime_s: number;
  mtime_ns: number;
  version: NodeVersion;
  /** The number of nodes in it, including those that wait for a name. */
  entries: number;
  /** The scan (or, below 0, the event) that created it; null for a root that never held anything. */
  born: number | null;
  /** True when tracks in it or below spell its name in several ways: see `_spellings`. */
  contested: boolean;
  /** Set while its row waits to be written; `raised` when its time moved too. */
  touched = false;
  raised = false;
  /** True while it has no row yet. */
  pending = false;
  /**
   * The names in it; undefined when they are not all known. They are known when it was empty as it came into memory.
   */
  names: Set<string> | undefined;

  constructor(row: readonly unknown[], parent: Directory | undefined, contested: boolean) {
    const [, id, name, mtime_s, mtime_ns, version, entries, born] = row as [
      ...[NodeId, NodeId, string, number, number, NodeVersion, number, number | null],
    ];
    this.id = id;
    this.parent = parent;
    this.name = name;
    this.mtime_s = mtime_s;
    this.mtime_ns = mtime_ns;
    this.version = version;
    this.entries = entries;
    this.born = born;
    this.contested = contested;
  }

  /** The virtual path; "" for the root. */
  get path(): string {
    if (this.parent === undefined) return "";
    return this.parent.parent === undefined ? this.name : `${this.parent.path}/${this.name}`;
  }

  /** Notes the name of a new entry. */
  named(name: string): void {
    if (this.names === undefined) return;
    if (this.names.size < NAMES_KEPT) this.names.add(name);
    else this.names = undefined;
  }

  /** Whether this is the other directory, or is below it at any depth. */
  isAtOrBelow(other: Directory): boolean {
    return this.id === other.id || (this.parent?.isAtOrBelow(other) ?? false);
  }
}

const COLUMNS = "parent, id, name, mtime_s, mtime_ns, version, entries, born, kind";
/** The columns of every new node. */
export const NEW_NODE_COLUMNS = [
  ...["parent", "id", "name", "size", "mtime_s", "mtime_ns", "version", "wanted", "mode", "uid"],
  ...["gid", "kind", "folded", "entries", "born"],
];

/** Adds the row of the root. `born` is as in {@link Directory}. */
export function addRoot(
  db: DatabaseSync,
  { nodes, root }: TreeTables,
  mtime_s: number,
  mtime_ns: number,
  version: NodeVersion,
  born: number | null,
): void {
  db.prepare(
    `INSERT INTO ${nodes} (parent, id, kind, name, size, mtime_s, mtime_ns, version, entries, born)
      VALUES (0, ?, ${DIRECTORY}, '', 0, ?, ?, ?, 0, ?)`,
  ).run(root, mtime_s, mtime_ns, version, born);
}

/** The directories of the tree, by path and by number. */
export class Directories {
  /** Whether names that differ by case alone are one directory. */
  folds: boolean;
  readonly #tables: TreeTables;
  readonly #spellings: Spellings;
  readonly #taken: Query;
  readonly #byName: Query;
  readonly #byFolded: Query;
  readonly #rename: Change;
  readonly #update: StatementSync;
  readonly #delete: Change;
  readonly #nodes: PendingRows;
  #known = new Map<NodeId, Directory>();
  #paths = new Map<string, Directory>();
  readonly #touched = new TouchedDirectories<Directory>();

  /** `nodes` are rows with the columns of {@link NEW_NODE_COLUMNS}. */
  constructor(
    db: DatabaseSync,
    tables: TreeTables,
    { nodes, spellings, folds }: { nodes: PendingRows; spellings: Spellings; folds: boolean },
  ) {
    const { nodes: table } = tables;
    this.folds = folds;
    this.#tables = tables;
    this.#nodes = nodes;
    this.#spellings = spellings;
    // Numbers of directories that have no row yet are in `#known`.
    this.#taken = new Query(db, `SELECT 1 FROM ${table} WHERE id = ? AND kind = ${DIRECTORY}`);
    this.#byName = nodes.query(`SELECT ${COLUMNS} FROM ${table} WHERE parent = ? AND name = ?`);
    this.#byFolded = nodes.query(`SELECT ${COLUMNS} FROM ${table} WHERE parent = ? AND folded = ?`);
    this.#rename = nodes.prepare(`UPDATE ${table} SET name = ? WHERE parent = ? AND name = ?`);
    // It changes only directories that have a row, so the pending rows need not be written first.
    this.#update = db.prepare(
      `UPDATE ${table} SET mtime_s = ?, mtime_ns = ?, version = ?, entries = ?, born = ?
        WHERE parent = ? AND name = ?`,
    );
    this.#delete = nodes.prepare(`DELETE FROM ${table} WHERE parent = ? AND name = ?`);
  }

  get root(): Directory {
    return this.#known.get(this.#tables.root) ?? this.#load(this.#byName.get(0, "")!, undefined);
  }

  byPath(path: string): Directory | undefined {
    if (path === "") return this.root;
    const known = this.#paths.get(path);
    if (known !== undefined && this.exists(known)) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.byPath(path.slice(0, Math.max(0, slash)));
    const row = parent && this.#find(parent, path.slice(slash + 1));
    if (row === undefined || row.at(-1) !== DIRECTORY) return undefined;
    const directory = this.#known.get(toNodeId(row[1] as number)) ?? this.#load(row, parent);
    this.#paths.set(path, directory);
    return directory;
  }

  /**
   * Adds an empty directory. Its name is free in `parent`. `path` is spelled as the first track in it spells it; the
   * number of the directory is a hash of `path`.
   */
  add(parent: Directory, path: string, born: number, version: NodeVersion): Directory {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const { first, directories } = this.#tables;
    let id = toNodeId(first + directoryHash(path) % directories);
    while (this.#known.has(id) || this.#taken.get(id) !== undefined) {
      id = toNodeId(id === first + directories - 1 ? first : id + 1);
    }
    parent.entries++;
    parent.named(name);
    this.touch(parent);
    const directory = new Directory(
      [parent.id, id, name, 0, 0, version, 0, born],
      parent,
      false,
    );
    directory.pending = true;
    this.#noteEmpty(directory);
    this.#nodes.addUnfinished(() => this.#row(directory));
    this.#known.set(id, directory);
    this.#paths.set(path, directory);
    return directory;
  }

  /** Renames a directory. The new name is free. */
  rename(directory: Directory, name: string): void {
    this.#rename.run(name, directory.parent!.id, directory.name);
    directory.name = name;
  }

  /** Removes an empty directory. */
  remove(directory: Directory): void {
    const parent = directory.parent!;
    this.#delete.run(parent.id, directory.name);
    this.#paths.delete(directory.path);
    this.#known.delete(directory.id);
    parent.entries--;
    parent.names?.delete(directory.name);
    this.touch(parent);
  }

  touch(directory: Directory): void {
    this.#touched.touch(directory);
  }

  /** As in {@link TouchedDirectories}. */
  raise(directory: Directory, mtime_s: number, mtime_ns: number): void {
    this.#touched.raise(directory, mtime_s, mtime_ns);
  }

  /** Whether the directory is still in the tree. */
  exists(directory: Directory): boolean {
    return this.#known.get(directory.id) === directory;
  }

  /** Writes the changes, and returns the directories whose time moved. */
  flush(): Directory[] {
    const raised = this.#touched.flush((it) => this.exists(it), (it) => {
      if (it.pending) return;
      this.#update.run(
        ...[it.mtime_s, it.mtime_ns, it.version, it.entries, it.born],
        ...[it.parent?.id ?? 0, it.name],
      );
    });
    this.#nodes.flush();
    if (this.#known.size > DIRECTORIES_KEPT) this.forget();
    return raised;
  }

  /** Drops everything in memory. It must have been written, or be void. */
  forget(): void {
    this.#known = new Map();
    this.#paths = new Map();
  }

  #find({ id, names }: Directory, name: string) {
    if (this.folds) return this.#byFolded.get(id, foldCase(name));
    return names?.has(name) === false ? undefined : this.#byName.get(id, name);
  }

  /**
   * Begins to note the names of an empty directory. When case does not count, that is no use: different names collide.
   */
  #noteEmpty(directory: Directory): void {
    if (!this.folds) directory.names = new Set();
  }

  /** The row of a new directory, in the state that it has when the row is written. */
  #row(directory: Directory): Cell[] {
    directory.pending = false;
    const { parent, id, name, mtime_s, mtime_ns, version, entries, born } = directory;
    const folded = this.folds ? foldCase(name) : null;
    return [
      ...[parent!.id, id, name, 0, mtime_s, mtime_ns, version, null, null, null, null],
      ...[DIRECTORY, folded, entries, born],
    ];
  }

  #load(row: readonly unknown[], parent: Directory | undefined): Directory {
    const isContested = this.folds && this.#spellings.any(toNodeId(row[1] as number));
    const directory = new Directory(row, parent, isContested);
    if (directory.entries === 0) this.#noteEmpty(directory);
    this.#known.set(directory.id, directory);
    return directory;
  }
}
