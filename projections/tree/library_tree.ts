/**
 * The `library_tree` projection: the virtual tree that the mount shows, and the feed of its changes.
 *
 * - A track's node has the track's number, and shows its primary copy. When another copy becomes the primary, the node
 *   shows that one, at the place that its tags give it. A directory's number is a hash of its path as it was first
 *   spelled. So a rebuild yields the same numbers.
 * - Names depend on the present tracks and on the template (see `naming/name_family`), not on the past.
 * - When case does not count (with `fold_case`, and always for Windows), directories whose names differ by case alone
 *   are one directory. Its spelling is the one that most tracks in it and below use, of several the one of the lowest
 *   track number; with another spelling it keeps its number. For Windows the names of tracks must differ by more than
 *   case too.
 * - A directory exists from its first entry to its last.
 * - A directory is never older than anything it holds or ever held. A file with a time in the future of its event
 *   counts with the time of the event. When an entry comes, goes or is renamed by another scan than the one that
 *   created the directory, the directory moves to at least the time of that event: media servers decide by it whether
 *   to look inside. The time never goes back while the directory exists.
 *
 * `nodes` is clustered by directory and name. Folding asks for nothing else, so a rebuild inserts each track in one
 * place. Listings are read by number, from an index that holds all their columns.
 *
 * @module
 */
import { LOG_START, nodeSince } from "../../src/base/mod.ts";
import { hasMore } from "../core/query.ts";
import type { Projection } from "../core/projection.ts";
import { FALLBACK_TEMPLATE } from "../naming/path_naming.ts";
import { addRoot } from "./_directories.ts";
import { TreeFold } from "./_tree_fold.ts";
import { initTree, LIBRARY_TABLES, listingIndex } from "./_tree_tables.ts";
import { isOther, templateIn } from "./_tree_template.ts";
import { DIRECTORY } from "./node_kinds.ts";

export const libraryTree: Projection = {
  name: "library_tree",
  version: 5,
  tables: [
    { name: "nodes", key: ["parent", "name"] },
    { name: "spellings", key: ["directory", "spelling", "track"] },
    { name: "tree_state", key: ["id"] },
  ],
  handles: new Set([
    ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
    ...["CopiesCompared", "PartsCompared", "TemplateChanged"] as const,
  ]),
  init(db) {
    initTree(db, LIBRARY_TABLES);
    db.exec(`
      CREATE TABLE tree_state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        template TEXT NOT NULL,
        names TEXT NOT NULL,
        fold_case INTEGER NOT NULL
      );
    `);
    addRoot(db, LIBRARY_TABLES, 0, 0, nodeSince(LOG_START), null);
    db.prepare("INSERT INTO tree_state VALUES (1, ?, 'linux', 0)").run(FALLBACK_TEMPLATE);
  },
  indexes: [
    "CREATE UNIQUE INDEX IF NOT EXISTS nodes_by_id ON nodes (id)",
    listingIndex(LIBRARY_TABLES),
  ],
  start: (db, context) => new TreeFold(db, context),
  isLarge: (db, event, rows) =>
    event.type === "TemplateChanged" && isOther(event.data, templateIn(db)) &&
    hasMore(db, rows, "nodes"),
  // Of the former rows a new template uses only the times of directories.
  remakes: {
    TemplateChanged: { nodes: `kind = ${DIRECTORY}`, spellings: "0" },
  },
};
