import type { DatabaseSync } from "node:sqlite";
import {
  FIRST_DIRECTORY_ID,
  FIRST_VIEW_DIRECTORY_ID,
  type NodeId,
  ROOT_ID,
  VIEW_DIRECTORIES,
  VIEWS_ID,
} from "../../src/base/mod.ts";
import { type FeedName, initChangeFeed } from "./change_feed.ts";
import { initSpellings } from "./_spellings.ts";
import { DIRECTORY } from "./node_kinds.ts";

/** Where a tree of tracks is kept, and which numbers its directories get. */
export interface TreeTables {
  /** Names of its tables. */
  readonly nodes: "nodes" | "view_nodes";
  readonly spellings: "spellings" | "view_spellings";
  readonly feed: FeedName;
  readonly root: NodeId;
  /** Numbers of directories are a hash of their path below `directories`, added to `first`. */
  readonly first: number;
  readonly directories: number;
}

export const LIBRARY_TABLES: TreeTables = {
  ...{ nodes: "nodes", spellings: "spellings", feed: "tree", root: ROOT_ID },
  ...{ first: FIRST_DIRECTORY_ID, directories: Number.MAX_SAFE_INTEGER - FIRST_DIRECTORY_ID + 1 },
};

export const VIEW_TABLES: TreeTables = {
  ...{ nodes: "view_nodes", spellings: "view_spellings", feed: "view", root: VIEWS_ID },
  ...{ first: FIRST_VIEW_DIRECTORY_ID, directories: VIEW_DIRECTORIES },
};

/** Creates the tables of a tree, without the row of its root. */
export function initTree(db: DatabaseSync, { nodes, spellings, feed }: TreeTables): void {
  db.exec(`
    CREATE TABLE ${nodes} (
      parent INTEGER NOT NULL,
      id INTEGER NOT NULL,
      kind INTEGER NOT NULL,  -- place in NODE_KINDS
      name TEXT NOT NULL,
      size INTEGER NOT NULL,
      mtime_s INTEGER NOT NULL,
      mtime_ns INTEGER NOT NULL,
      mode INTEGER,     -- of a track: permissions, owner and group, as far as its origin tells
      uid INTEGER,
      gid INTEGER,
      version INTEGER NOT NULL,
      wanted TEXT,      -- of a track: the name it would have, were it not taken
      entries INTEGER,  -- of a directory, as in Directory
      born INTEGER,
      folded TEXT,      -- the name without its case, where no other may be the same
      PRIMARY KEY (parent, name)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX ${nodes}_of_directories ON ${nodes} (id) WHERE kind = ${DIRECTORY};
    CREATE UNIQUE INDEX ${nodes}_folded ON ${nodes} (parent, folded) WHERE folded IS NOT NULL;
    CREATE UNIQUE INDEX ${nodes}_displaced ON ${nodes} (parent, id) WHERE wanted IS NOT NULL;
  `);
  initSpellings(db, spellings);
  initChangeFeed(db, feed);
}

/** Statements that create, unless it exists, the index by which a directory of the tree is listed. */
export function listingIndex({ nodes }: TreeTables): string {
  return `CREATE UNIQUE INDEX IF NOT EXISTS ${nodes}_listed
      ON ${nodes} (parent, id, kind, name, size, mtime_s, mtime_ns, version, mode, uid, gid)`;
}
