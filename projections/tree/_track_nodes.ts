import { foldCase, nodeShowing, type NodeVersion, type TrackId } from "../../src/base/mod.ts";
import type { FileState } from "../catalog/file_state.ts";
import type { Change, PendingRows } from "../core/pending_rows.ts";
import type { Cell, Query } from "../core/query.ts";
import type { NameFamily } from "../naming/name_family.ts";
import { type Directory, NEW_NODE_COLUMNS } from "./_directories.ts";
import { DIRECTORY, TRACK } from "./node_kinds.ts";
import type { TreeTables } from "./_tree_tables.ts";
import { shownMode } from "./shown_mode.ts";

/** The node of a track for which a name is sought. */
export interface TrackNode {
  readonly track: TrackId;
  /** The name that it gets unless another node has it. */
  readonly wanted: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly version: NodeVersion;
  /** As in {@link TrackTransition}. */
  readonly renewed: boolean;
}

/**
 * A node with its name in a directory. For a directory only the columns that every node has are meaningful in `node`.
 */
export interface NamedNode {
  readonly name: string;
  readonly node: TrackNode;
  readonly isDirectory: boolean;
}

const COLUMNS = "parent, id, name, size, mtime_s, mtime_ns, version, wanted, mode, uid, gid, kind";

/** The names that tracks have in directories: rows of `nodes`. */
export class TrackNodes {
  readonly #nodes: PendingRows;
  readonly #byName: Query;
  readonly #byPrefix: Query;
  readonly #byFolded: Query;
  readonly #byFoldedPrefix: Query;
  readonly #displaced: Query;
  readonly #anyDisplaced: Query;
  readonly #insert: Change;
  readonly #update: Change;
  readonly #delete: Change;

  /** `nodes` are the rows of `table`, with the columns of {@link NEW_NODE_COLUMNS}. */
  constructor({ nodes: table }: TreeTables, nodes: PendingRows) {
    const select = `SELECT ${COLUMNS} FROM ${table} WHERE parent = ? AND`;
    this.#nodes = nodes;
    this.#byName = nodes.query(`${select} name = ?`);
    this.#byPrefix = nodes.query(`${select} name > ? AND name < ?`);
    this.#byFolded = nodes.query(`${select} folded = ?`);
    this.#byFoldedPrefix = nodes.query(`${select} folded > ? AND folded < ?`);
    this.#displaced = nodes.query(`${select} id = ? AND wanted IS NOT NULL`);
    this.#anyDisplaced = nodes.query(
      `SELECT 1 FROM ${table} INDEXED BY ${table}_displaced
        WHERE parent = ? AND wanted IS NOT NULL LIMIT 1`,
    );
    const columns = NEW_NODE_COLUMNS.join(", ");
    const marks = NEW_NODE_COLUMNS.map(() => "?").join(", ");
    this.#insert = nodes.prepare(
      `INSERT INTO ${table} (${columns}) VALUES (${marks}) ON CONFLICT DO NOTHING`,
    );
    this.#update = nodes.prepare(
      `UPDATE ${table} SET size = ?, mtime_s = ?, mtime_ns = ?, version = ?, mode = ?, uid = ?, gid = ?
        WHERE parent = ? AND name = ?`,
    );
    this.#delete = nodes.prepare(`DELETE FROM ${table} WHERE parent = ? AND name = ?`);
  }

  /** The node with this name; with `folds`, in whatever case. */
  at(directory: Directory, name: string, folds: boolean): NamedNode | undefined {
    const row = folds
      ? this.#byFolded.get(directory.id, foldCase(name))
      : this.#byName.get(directory.id, name);
    return row && fromRow(row);
  }

  /**
   * All nodes whose names can be of the family. With `folds` names are compared regardless of case, and the family is
   * folded.
   */
  relatives(directory: Directory, { stem, extension }: NameFamily, folds: boolean): NamedNode[] {
    const [one, many] = folds
      ? [this.#byFolded, this.#byFoldedPrefix]
      : [this.#byName, this.#byPrefix];
    const first = one.get(directory.id, stem + extension);
    const numbered = many.all(directory.id, `${stem} (`, `${stem} )`).map(fromRow);
    return first === undefined ? numbered : [fromRow(first), ...numbered];
  }

  /** The name that a track has, given the name that it wants. */
  nameOf(directory: Directory, track: TrackId, wanted: string): string {
    const row = this.#displaced.get(directory.id, track);
    return row === undefined ? wanted : row[2] as string;
  }

  /** Whether any track in the directory has another name than the one it wants. */
  hasDisplaced(directory: Directory): boolean {
    return this.#anyDisplaced.get(directory.id) !== undefined;
  }

  /**
   * Gives a node a name. Returns false when the name is taken; with `folds`, in whatever case. If the names in the
   * directory are known, the row is written later.
   */
  insert(directory: Directory, node: TrackNode, name: string, folds: boolean): boolean {
    const { names } = directory;
    if (names?.has(name) === true) return false;
    const row: Cell[] = [
      directory.id,
      node.track,
      name,
      node.size,
      node.mtime_s,
      node.mtime_ns,
      node.version,
      name === node.wanted ? null : node.wanted,
      node.mode,
      node.uid,
      node.gid,
      TRACK,
      folds ? foldCase(name) : null,
      null,
      null,
    ];
    if (names === undefined) return this.#insert.run(...row).changes > 0;
    this.#nodes.add(...row);
    return true;
  }

  update(directory: Directory, node: TrackNode, name: string): void {
    const { size, mtime_s, mtime_ns, version, mode, uid, gid } = node;
    this.#update.run(
      ...[size, mtime_s, mtime_ns, version, mode, uid, gid],
      ...[directory.id, name],
    );
  }

  delete(directory: Directory, name: string): void {
    this.#delete.run(directory.id, name);
    directory.names?.delete(name);
  }
}

/** The node that shows a track by its primary copy. */
export function nodeOf(
  track: TrackId,
  primary: FileState,
  wanted: string,
  renewed: boolean,
): TrackNode {
  const { size, mtime_s, mtime_ns, uid, gid } = primary;
  return {
    ...{ track, wanted, size, mtime_s, mtime_ns, mode: shownMode(primary), uid, gid, renewed },
    version: nodeShowing(primary.content),
  };
}

/** Whether the two are shown with different permissions, owner or group. */
export function hasOtherOwnership(one: FileState, other: FileState): boolean {
  return shownMode(one) !== shownMode(other) || one.uid !== other.uid || one.gid !== other.gid;
}

function fromRow(row: readonly unknown[]): NamedNode {
  const [, track, name, size, mtime_s, mtime_ns, version, wanted, mode, uid, gid, kind] = row as [
    ...[number, TrackId, string, number, number, number, NodeVersion, string | null],
    ...[number | null, number | null, number | null, number],
  ];
  const node = { track, wanted: wanted ?? name, size, mtime_s, mtime_ns, mode, uid, gid, version };
  return { name, node: { ...node, renewed: false }, isDirectory: kind === DIRECTORY };
}
