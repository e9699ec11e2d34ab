/**
 * Projections: what follows from the log, in the form in which it is asked for.
 *
 * A **projection** is a fold over the events, written down as a value (`projection`): a name, a version, its
 * tables, and how one event changes them. A **set** of them is kept in one SQLite file, for one log; what keeps a set
 * level with its log is in `core/`, and knows no projection by name. The set here is the **library** (`library.ts`):
 *
 * - `files`: what the log says about each file, by its number, and which files on several origins are copies of one
 *   **track**. Removed files stay, so that they come back as themselves. What a file says besides what places it has
 *   a table of its own.
 * - `library_tree`: the virtual tree, and a feed of what changed in it for whoever has to tell the kernel.
 * - `origins`: each origin with its health, its scans and what is held for a person to confirm.
 * - `status`: the totals.
 * - `manifests`: which bytes of which version of a file are in the chunk store, and how much that is.
 * - `plays`, `pins`, `transfers`: what was listened to and in which order, what is to be kept, and how much was read
 *   from each origin.
 *
 * The **projector** belongs to the process that appends. It reads the log from the library's **checkpoint** in
 * chunks, sends each event through `files` first (which finds out how each file, and each track, stood before: a
 * **transition**) and then through the others, and commits rows and checkpoint in one transaction. So a crash
 * anywhere goes on where it was, and no event counts twice.
 *
 * Rows depend on the events alone, not on how they came in batches, nor on the clock: `verifyLibrary` folds the
 * log again and finds the same. Two numbers say when a library is out of date: `SCHEMA` is the layout (a reader
 * can't use another), a projection's `version` is its logic (the old rows serve until the rebuild is done). A
 * rebuild fills a new file and switches the pointer `CURRENT`; who reads notices with `LibraryReader.reopen`.
 *
 * Readers take no locks that a writer waits for, see each commit at once, and hold a bounded page cache.
 *
 * What is not promised: the change feed is no part of the truth. It is cut, and begins anew with each file; who asks
 * for more than it has is told that everything may have changed.
 *
 * @module
 */
export type { BuildProgress } from "./core/_build.ts";
export type { SourceLog } from "./core/_fold_run.ts";
export {
  ContentQueries,
  type ContentTotals,
  type Evictable,
  type KnownChunk,
  type Manifest,
  type ManifestPart,
  type OriginTransfers,
  type Pin,
} from "./content_queries.ts";
export { Projector, type ProjectorOptions, type Rebuilt } from "./core/projector.ts";
export { type Compaction, planCompaction } from "./compaction.ts";
export { buildAt } from "./core/build_at.ts";
export type { ProjectionSet } from "./core/projection_set.ts";
export { type Verified, verify } from "./core/verify.ts";
export { LIBRARY, type LibraryProjector, openLibrary, verifyLibrary } from "./library.ts";
export { LIBRARY_FILE, SCHEMA } from "./library_file.ts";
export { LibraryUnusable } from "./library_error.ts";
export { type FileState, type ObservedFacts, versionOf } from "./file_state.ts";
export {
  type KnownFile,
  LibraryQueries,
  type Misread,
  type OpenScan,
  type OriginRow,
  type Placing,
  type TrackCopy,
  type TrackDetails,
  type UnreadableFile,
} from "./library_queries.ts";
export { LibraryReader } from "./library_reader.ts";
export { FALLBACK_TEMPLATE, Template } from "./path_naming.ts";
export type { MatchedTrack } from "./_track_match.ts";
export { utcDay } from "./transfers.ts";
export { type TrackNames, trackNames } from "./track_names.ts";
export * from "./tree_types.ts";
