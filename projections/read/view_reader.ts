import type { DatabaseSync } from "node:sqlite";
import { type Cookie, type NodeId, ROOT_ID, toNodeId, VIEWS_ID } from "../../src/base/mod.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { Query } from "../core/query.ts";
import { DIRECTORY } from "../tree/node_kinds.ts";
import {
  type DirectoryReader,
  type Entry,
  type FileLocation,
  NO_DIRECTORIES,
  type Node,
  type TreeChange,
} from "../tree/tree_types.ts";
import { FeedReader } from "./_feed_reader.ts";
import { entryOfRow, NODE_COLUMNS, nodeOfRow } from "./_node_row.ts";

/** Whether a file of the library has tables of views. A program that knew none made it otherwise. */
export function hasViews(db: DatabaseSync): boolean {
  return new Query(db, "SELECT 1 FROM sqlite_schema WHERE name = 'view_nodes'").get() !== undefined;
}

/** The views of a library; none where it has no tables of them. */
export function viewsIn(db: DatabaseSync): DirectoryReader {
  return hasViews(db) ? new ViewReader(db) : NO_DIRECTORIES;
}

/** Reads the trees of views. They name tracks of the tree, which says where these lie. */
class ViewReader implements DirectoryReader {
  readonly #ask: PreparedQueries;
  readonly #feed: FeedReader;

  constructor(db: DatabaseSync) {
    this.#ask = new PreparedQueries(db);
    this.#feed = new FeedReader(db, "view");
  }

  node(id: NodeId): Node | undefined {
    const row = this.#ask.get(
      `SELECT ${NODE_COLUMNS}, parent FROM view_nodes WHERE id = ? AND kind = ${DIRECTORY}`,
      id,
    );
    return row && nodeOfRow(row, id, id === VIEWS_ID ? ROOT_ID : toNodeId(row[6] as number));
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    const row = this.#ask.get(
      `SELECT ${NODE_COLUMNS} FROM view_nodes WHERE parent = ? AND name = ?`,
      ...[parent, name],
    );
    return row && entryOfRow(row, parent, name);
  }

  children(parent: NodeId, after: Cookie, limit: number): Entry[] {
    const rows = this.#ask.all(
      `SELECT ${NODE_COLUMNS}, name FROM view_nodes WHERE parent = ? AND id > ? ORDER BY id LIMIT ?`,
      ...[parent, after, limit],
    );
    return rows.map((row) => entryOfRow(row, parent, row[6] as string));
  }

  location(): FileLocation | undefined {
    return undefined;
  }

  lastChange(): number {
    return this.#feed.lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#feed.changesSince(change, limit);
  }
}
