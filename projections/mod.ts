/**
 * Projections: what follows from the log, in the form in which others ask for it.
 *
 * A **projection** is a fold over the events, written down as a value (`projection`): a name, a version, its tables,
 * and how one event changes them. A **set** of projections is kept in one SQLite file, for one log; `core/` keeps a set
 * level with its log, and knows no projection by name. There are two sets. The **library** (`library.ts`) is made of
 * the library log:
 *
 * - `files`: what the log says about each file, by its number, and which files on several origins are copies of one
 *   **track**. Removed files stay, so that they come back as themselves. Details of a file that do not place it in the
 *   tree have a table of their own.
 * - `library_tree`: the virtual tree, and a feed of its changes for the process that has to tell the kernel.
 * - `views`: trees of the user's own beside it, of the tracks that a query matches.
 * - `artwork`: which picture is the cover of which directory of the tree.
 * - `origins`: each origin with its health, its scans and the removals that wait for a person to confirm them.
 * - `status`: the totals.
 * - `search`: a full text index of the tracks, with the vocabulary of their names.
 * - `collections`: the names under which queries and lists of tracks were saved.
 * - `playlists`: the playlist files that lie on origins, and the collections that they are.
 * - `plays`, `pins`, `transfers`: what was listened to and in which order, what is to be kept, and how much was read
 *   from each origin.
 *
 * The **cache** (`cache/`) is made of the cache log, in a file beside the chunks: `manifests` says which bytes of which
 * version of a file are in the chunk store, and how many they are. Its rows name files and versions of the library:
 * `CacheQueries` joins the two files where a question is about both, such as what to evict first.
 *
 * The **projector** belongs to the process that appends. It reads the log from the library's **checkpoint** in chunks,
 * and sends each event through `files` first, which finds out how each file and each track stood before and stands now
 * (a **transition**), and then through the others. It commits rows and checkpoint in one transaction. So after a crash
 * anywhere it goes on where it was, and no event counts twice.
 *
 * Rows depend on the events alone, not on how the events were batched, nor on the clock: `verifyLibrary` folds the log
 * again and finds the same rows. Two numbers say when rows are out of date: `SCHEMA` is the layout of a file (readers
 * can use some older layouts), and a projection's `version` is its logic. A projection that is new or of another
 * version is filled alone. In the serving file it stands still, while a **successor** of that file is made beside it.
 * In the successor the projection is folded from the log, together with `files`, whose transitions it needs; the rows
 * of the other projections are copied. Then the successor follows the log until it is level, and the pointer `CURRENT`
 * is moved to it. Readers notice that in `LibraryReader.reopen`. If a process dies meanwhile, the next one continues
 * its successor. A projection whose rows follow from the present rows of others (`artwork`) is not folded there: its
 * rows are made at the end. An event that changes more rows than fit between two turns of the event loop (another template, an
 * origin that is removed) is applied in a successor too, into which all rows were copied. The engine waits only for the
 * projections by which it decides (`awaited`).
 *
 * Readers take no lock for which a writer waits, see each commit at once, and hold a bounded page cache.
 *
 * The change feed is not part of the truth, and nothing is promised about it. It is cut, and begins anew with each
 * file; a reader that asks for older changes is told that everything may have changed.
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
  dedupRatio,
  type Evictable,
  type KnownChunk,
  type Manifest,
  type ManifestPart,
} from "./read/cache_queries.ts";
export { contentFacts } from "./cache/content_facts.ts";
export { formerCache, type FormerCacheParts } from "./cache/former_cache.ts";
export {
  type FoundTrack,
  type FoundTracks,
  type Highlight,
  IndexDamaged,
  type SearchOptions,
  TrackSearch,
} from "./read/track_search.ts";
export type { Facet, FacetOptions, FacetQueries, FacetValue } from "./read/facet_queries.ts";
export {
  FacetDirectories,
  type FacetDirectory,
  type FacetEntry,
  type WantedValue,
} from "./read/facet_directories.ts";
export { StoredReader } from "./read/stored_reader.ts";
export { ListeningQueries, type OriginTransfers, type Pin } from "./read/listening_queries.ts";
export { Projector, type ProjectorOptions, type Rebuilt } from "./core/projector.ts";
export { type Compaction, planCompaction } from "./compaction.ts";
export { isBuiltInName } from "./read/built_in_collections.ts";
export { type KnownPlaylist, type NamedFile, PlaylistQueries } from "./read/playlist_queries.ts";
export { CollectionQueries, type SavedCollection } from "./read/collection_queries.ts";
export {
  type CollectedTrack,
  type Collection,
  type CollectionContent,
  CollectionReader,
  noCollection,
} from "./read/collection_reader.ts";
export { collectionName } from "./naming/collection_names.ts";
export { playlistText, type PlaylistTrack } from "./naming/playlist_text.ts";
export { buildAt } from "./core/build_at.ts";
export type { ProjectionSet } from "./core/projection_set.ts";
export { type Verified, verify } from "./core/verify.ts";
export { LIBRARY, type LibraryProjector, openLibrary, verifyLibrary } from "./library.ts";
export { LIBRARY_FILE, SCHEMA } from "./library_file.ts";
export { LibraryUnusable } from "./core/library_error.ts";
export { type FileState, type ObservedFacts, versionOf } from "./catalog/file_state.ts";
export {
  LibraryQueries,
  type Placing,
  type TrackCopy,
  type TrackDetails,
  type UnreadableFile,
} from "./read/library_queries.ts";
export type { OpenScan, OriginRow } from "./read/origin_row.ts";
export type { KnownFile, Misread, MisreadCount } from "./read/scan_queries.ts";
export type { TrackCover, TrackCovers } from "./read/track_covers.ts";
export { LibraryReader } from "./read/library_reader.ts";
export { foundNames, type FoundTrackFacts } from "./naming/found_names.ts";
export { safeDirectoryName } from "./naming/path_segment.ts";
export { FALLBACK_TEMPLATE, Template } from "./naming/path_naming.ts";
export { utcDay } from "./catalog/transfers.ts";
export { type TrackNames, trackNames } from "./naming/track_names.ts";
export * from "./tree/tree_types.ts";
export type { ViewRules } from "./tree/view_rules.ts";
