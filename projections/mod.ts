/**
 * Projections: what follows from the log, in the form in which it is asked for.
 *
 * A **projection** is a fold over the events, written down as a value (`projection`): a name, a version, its
 * tables, and how one event changes them. A **set** of them is kept in one SQLite file, for one log; what keeps a set
 * level with its log is in `core/`, and knows no projection by name. There are two. The **library** (`library.ts`) is made of
 * the library log:
 *
 * - `files`: what the log says about each file, by its number, and which files on several origins are copies of one
 *   **track**. Removed files stay, so that they come back as themselves. What a file says besides what places it has
 *   a table of its own.
 * - `library_tree`: the virtual tree, and a feed of what changed in it for whoever has to tell the kernel.
 * - `origins`: each origin with its health, its scans and what is held for a person to confirm.
 * - `status`: the totals.
 * - `plays`, `pins`, `transfers`: what was listened to and in which order, what is to be kept, and how much was read
 *   from each origin.
 *
 * The **cache** (`cache/`) is made of the cache log, in a file beside the chunks: `manifests` says which bytes of which
 * version of a file are in the chunk store, and how much that is. Its rows name files and versions of the library:
 * `CacheQueries` joins the two files where a question is about both, such as what to give up first.
 *
 * The **projector** belongs to the process that appends. It reads the log from the library's **checkpoint** in
 * chunks, sends each event through `files` first (which finds out how each file, and each track, stood before: a
 * **transition**) and then through the others, and commits rows and checkpoint in one transaction. So a crash
 * anywhere goes on where it was, and no event counts twice.
 *
 * Rows depend on the events alone, not on how they came in batches, nor on the clock: `verifyLibrary` folds the
 * log again and finds the same. Two numbers say when rows are out of date: `SCHEMA` is the layout of a file (a reader can
 * use some of those before), a projection's `version` is its logic. A projection that is new or of another version is
 * filled alone: it stands still in the file that serves, while a **successor** of that file is made beside it. There it is
 * folded from the log, with `files`, whose transitions it needs; the rows of the others are copied; then the successor
 * follows the log until it is level, and the pointer `CURRENT` is moved to it. Who reads notices with
 * `LibraryReader.reopen`. A process that dies meanwhile leaves the successor for the next to go on with. An event that
 * changes more rows than fit between two turns of the event loop (another template, an origin that leaves) is applied in a
 * successor as well, all of whose rows were copied. Only what the engine decides by (`awaited`) is waited for.
 *
 * Readers take no locks that a writer waits for, see each commit at once, and hold a bounded page cache.
 *
 * What is not promised: the change feed is no part of the truth. It is cut, and begins anew with each file; who asks
 * for more than it has is told that everything may have changed.
 *
 * @module
 */
export type { BuildProgress, SourceLog } from "./core/build_at.ts";
export { CACHE } from "./cache/cache_file.ts";
export { cacheEvents } from "./cache/cache_events.ts";
export {
  type CachePlaces,
  CacheQueries,
  type ContentTotals,
  type Evictable,
  type KnownChunk,
  type Manifest,
  type ManifestPart,
} from "./read/cache_queries.ts";
export { contentFacts } from "./cache/content_facts.ts";
export { formerCache, type FormerCacheParts } from "./cache/former_cache.ts";
export { StoredReader } from "./read/stored_reader.ts";
export { ListeningQueries, type OriginTransfers, type Pin } from "./read/listening_queries.ts";
export { Projector, type ProjectorOptions, type Rebuilt } from "./core/projector.ts";
export { type Compaction, planCompaction } from "./compaction.ts";
export { buildAt } from "./core/build_at.ts";
export type { ProjectionSet } from "./core/projection_set.ts";
export { type Verified, verify } from "./core/verify.ts";
export { LIBRARY, type LibraryProjector, openLibrary, verifyLibrary } from "./library.ts";
export { LIBRARY_FILE, SCHEMA } from "./library_file.ts";
export { LibraryUnusable } from "./core/library_error.ts";
export { type FileState, type ObservedFacts, versionOf } from "./catalog/file_state.ts";
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
} from "./read/library_queries.ts";
export { LibraryReader } from "./read/library_reader.ts";
export { FALLBACK_TEMPLATE, Template } from "./naming/path_naming.ts";
export { utcDay } from "./catalog/transfers.ts";
export { type TrackNames, trackNames } from "./naming/track_names.ts";
export * from "./tree/tree_types.ts";
