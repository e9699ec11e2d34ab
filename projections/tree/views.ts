/**
 * The `views` projection: trees of the user's own beside the library's, each of the tracks that its query matches, by a
 * template of its own; and the feed of their changes.
 *
 * - All views are one tree, of which the directories at the top are the views. What `library_tree` says of names,
 *   spellings, numbers and times holds here too, and the same code does it. A track has one node, whose names may be
 *   here and there: rows of it have the same facts.
 * - A query asks for facts of the track's file alone, so whether a track is in a view follows from the same events as
 *   its place.
 * - The directory of a view is there from the event that tells of the view, with tracks or without. When the view
 *   becomes another one, its rows are made anew, and every directory in it is at least as new as that event. Views that
 *   stay as they are keep their rows.
 * - A view that this program can't read (a newer one wrote the event) has no tracks.
 *
 * Without views there are no rows, and no event costs anything.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { FileDetails } from "../../events/facts/files.ts";
import type { FileState } from "../catalog/file_state.ts";
import type { Projection } from "../core/projection.ts";
import { hasMore } from "../core/query.ts";
import { initTree, listingIndex, VIEW_TABLES } from "./_tree_tables.ts";
import { initViewRules, isOtherRules, viewRulesIn } from "./view_rules.ts";
import { ViewsFold } from "./_views_fold.ts";

/** Whether a query matches the track that a file shows. */
export type TrackMatcher = (state: FileState, details: FileDetails) => boolean;
/** Makes a matcher of a query; throws when the query can't be read. */
export type MatcherOf = (db: DatabaseSync, match: string) => TrackMatcher;

export function viewsBy(matcherOf: MatcherOf): Projection {
  return {
    name: "views",
    // To be raised as well when queries match in another way than before.
    version: 1,
    tables: [
      { name: "view_nodes", key: ["parent", "name"] },
      { name: "view_spellings", key: ["directory", "spelling", "track"] },
      { name: "view_rules", key: ["id"] },
    ],
    handles: new Set([
      ...["FilesObserved", "FilesRemoved", "OriginConfigured", "OriginRemoved"] as const,
      ...["CopiesCompared", "PartsCompared", "ViewsChanged"] as const,
    ]),
    init(db) {
      initTree(db, VIEW_TABLES);
      initViewRules(db);
    },
    indexes: [listingIndex(VIEW_TABLES)],
    start: (db, { feed }) => new ViewsFold(db, { feed, matcherOf }),
    isLarge: (db, event, rows) =>
      event.type === "ViewsChanged" && isOtherRules(event.data, viewRulesIn(db)) &&
      hasMore(db, rows, "files"),
    // Views that stay keep all their rows.
    remakes: { ViewsChanged: {} },
  };
}
