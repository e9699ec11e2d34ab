import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  FIRST_DIRECTORY_ID,
  foldCase,
  type NodeId,
  type NodeVersion,
  toNodeId,
} from "../../src/base/mod.ts";
import { DIRECTORY } from "./node_kinds.ts";
import type { Change, PendingRows } from "../core/pending_rows.ts";
import { type Cell, Query } from "../core/query.ts";
import type { Spellings } from "./_spellings.ts";
import { directoryHash } from "./directory_hash.ts";
import { ROOT_ID } from "./tree_types.ts";
import { TouchedDirectories } from "./_touched_directories.ts";

/** Directories that stay in memory between transactions. */
const DIRECTORIES_KEPT = 20_000;
/** Names of one directory that are kept in memory: with more of them, the table is asked. */
const NAMES_KEPT = 20_000;

/** A directory of the tree while events are folded; what changes is written by {@link Directories.flush}. */
export class Directory {
  readonly id: NodeId;
  readonly parent: Directory | undefined;
  name: string;
  mtime_s: number;
  mtime_ns: number;
  version: NodeVersion;
  /** Nodes in it, those included that wait for a name. */
  entries: number;
  /** The scan (or, below 0, the event) that made it; null for a root that never held anything. */
  born: number | null;
  /** Tracks in it or below spell its name in several ways: see `_spellings`. */
  contested: boolean;
  /** To be written; its time moved. */
  touched = false;
  raised = false;
  /** It has no row yet. */
  pending = false;
  /** What it holds, where that is known without asking: of a directory that was empty when it came into memory. */
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

  /** Virtual path, "" for the root. */
  get path(): string {
    if (this.parent === undefined) return "";
    return this.parent.parent === undefined ? this.name : `${this.parent.path}/${this.name}`;
  }

  /** Notes a name that is given to something in it. */
  named(name: string): void {
    if (this.names === undefined) return;
    if (this.names.size < NAMES_KEPT) this.names.add(name);
    else this.names = undefined;
  }

  /** Whether this is the other directory, or lies in it at any depth. */
  isAtOrBelow(other: Directory): boolean {
    return this.id === other.id || (this.parent?.isAtOrBelow(other) ?? false);
  }
}

const COLUMNS = "parent, id, name, mtime_s, mtime_ns, changed_seq, entries, born, kind";
/** The columns of every new node. */
export const NEW_NODE_COLUMNS = [
  ...[
    "parent",
    "id",
    "name",
    "size",
    "mtime_s",
    "mtime_ns",
    "changed_seq",
    "wanted",
    "mode",
    "uid",
  ],
  ...["gid", "kind", "folded", "entries", "born"],
];

/** The directories of the tree, by path and by number. */
export class Directories {
  /** Names that differ by case alone are one directory. */
  folds: boolean;
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

  /** `nodes` has the columns of {@link NEW_NODE_COLUMNS}. */
  constructor(db: DatabaseSync, nodes: PendingRows, spellings: Spellings, folds: boolean) {
    this.folds = folds;
    this.#nodes = nodes;
    this.#spellings = spellings;
    // Those that have no row yet are known by number.
    this.#taken = new Query(db, `SELECT 1 FROM nodes WHERE id = ? AND kind = ${DIRECTORY}`);
    this.#byName = nodes.query(`SELECT ${COLUMNS} FROM nodes WHERE parent = ? AND name = ?`);
    this.#byFolded = nodes.query(`SELECT ${COLUMNS} FROM nodes WHERE parent = ? AND folded = ?`);
    this.#rename = nodes.prepare("UPDATE nodes SET name = ? WHERE parent = ? AND name = ?");
    // Of a directory that has a row: it need not wait for others to get theirs.
    this.#update = db.prepare(
      `UPDATE nodes SET mtime_s = ?, mtime_ns = ?, changed_seq = ?, entries = ?, born = ?
        WHERE parent = ? AND name = ?`,
    );
    this.#delete = nodes.prepare("DELETE FROM nodes WHERE parent = ? AND name = ?");
  }

  get root(): Directory {
    return this.#known.get(ROOT_ID) ?? this.#load(this.#byName.get(0, "")!, undefined);
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
   * Adds an empty directory; the name is free in `parent`. `path` is how the track that brings it spells its path: the
   * number is a hash of that.
   */
  add(parent: Directory, path: string, born: number, version: NodeVersion): Directory {
    const name = path.slice(path.lastIndexOf("/") + 1);
    let id = toNodeId(FIRST_DIRECTORY_ID + directoryHash(path));
    while (this.#known.has(id) || this.#taken.get(id) !== undefined) {
      id = toNodeId(id === Number.MAX_SAFE_INTEGER ? FIRST_DIRECTORY_ID : id + 1);
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

  /** Gives a directory another name, which is free. */
  rename(directory: Directory, name: string): void {
    this.#rename.run(name, directory.parent!.id, directory.name);
    directory.name = name;
  }

  /** Takes an empty directory out. */
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

  /** Whether the directory was not taken out since it was handed over. */
  exists(directory: Directory): boolean {
    return this.#known.get(directory.id) === directory;
  }

  /** Writes what changed, and hands over the directories whose time moved. */
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

  /** Drops what is in memory; it has to be written, or void. */
  forget(): void {
    this.#known = new Map();
    this.#paths = new Map();
  }

  #find({ id, names }: Directory, name: string) {
    if (this.folds) return this.#byFolded.get(id, foldCase(name));
    return names?.has(name) === false ? undefined : this.#byName.get(id, name);
  }

  /** Where case does not count, names meet that are not the same. */
  #noteEmpty(directory: Directory): void {
    if (!this.folds) directory.names = new Set();
  }

  /** A new directory as it is when its row is written. */
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
