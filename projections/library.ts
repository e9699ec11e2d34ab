import type { DatabaseSync } from "node:sqlite";
import { Projector, type ProjectorOptions } from "./core/projector.ts";
import type { ProjectionSet } from "./core/projection_set.ts";
import { type Verified, verify, type VerifyOptions } from "./core/verify.ts";
import { beginFeedAbove, lastChange } from "./tree/change_feed.ts";
import { collections } from "./catalog/collections.ts";
import { files } from "./catalog/files.ts";
import { LIBRARY_FILE } from "./library_file.ts";
import { LibraryQueries } from "./read/library_queries.ts";
import { trackMatcher } from "./read/track_matcher.ts";
import { artwork } from "./tree/artwork.ts";
import { libraryTree } from "./tree/library_tree.ts";
import { originTree } from "./tree/origin_tree.ts";
import { viewsBy } from "./tree/views.ts";
import { origins } from "./catalog/origins.ts";
import { pins } from "./catalog/pins.ts";
import { playlists } from "./catalog/playlists.ts";
import { plays } from "./catalog/plays.ts";
import { search } from "./catalog/search.ts";
import { status } from "./catalog/status.ts";
import { transfers } from "./catalog/transfers.ts";

/**
 * Every projection of the library log. `files` goes first and hands its findings on; the others follow in this order.
 */
export const LIBRARY: ProjectionSet<LibraryQueries> = {
  ...LIBRARY_FILE,
  files,
  followers: [
    ...[libraryTree, viewsBy(trackMatcher), originTree, artwork, origins, status],
    ...[plays, pins, transfers, search, collections, playlists],
  ],
  questions: (db) => new LibraryQueries(db),
  succeed: (db, former) => beginFeedAbove(db, lastChangeOf(former)),
};

function lastChangeOf(former: DatabaseSync | undefined): number {
  try {
    return former === undefined ? 0 : lastChange(former);
  } catch {
    return 0; // The former file is damaged, which is why it is replaced.
  }
}

/** Keeps the projections of a library level with its log. */
export type LibraryProjector = Projector<LibraryQueries>;

/** See {@link Projector.open}. */
export function openLibrary(
  options: Omit<ProjectorOptions<LibraryQueries>, "set">,
): Promise<LibraryProjector> {
  return Projector.open({ ...options, set: LIBRARY });
}

/** See {@link verify}. */
export function verifyLibrary(options: Omit<VerifyOptions, "set">): Promise<Verified> {
  return verify({ ...options, set: LIBRARY });
}
