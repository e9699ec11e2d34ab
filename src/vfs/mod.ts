/**
 * The virtual file system: what a name means and which bytes a file has, with no FUSE in sight.
 *
 * A **node** is what the kernel knows by an inode number: a directory, a track, another file. An **entry** is a name that
 * a directory has for a node; a node may have several. `LibraryFileSystem` asks a `Router` for both, and that the
 * `Provider` whose directory it is: the tree for most of them, `ReadDirectories` for `/.origins` and `/.views`. It reads
 * bytes from local files and, what lies elsewhere, from a `CacheAccess`. `ChangeFeed` follows the changes of all providers
 * and makes the kernel forget, through a `KernelCache`, what is no longer so. What readers may rely on is written down in
 * SEMANTICS.md.
 *
 * A provider may have its answers from elsewhere: `SearchProvider` (`/.search/QUERY/`) asks the engine when somebody
 * looks into a directory, and keeps a bounded number of answers; so does `CollectionsProvider` (`/.collections`), whose
 * answers hold until the library changes. The others are asked meanwhile.
 * looks into a directory, and keeps a bounded number of answers; so does `ByProvider` (`/.by/FACET/VALUE/`), which keeps
 * none. The others are asked meanwhile.
 *
 * A file is open in one version. `HandleTable` holds which. One of a local origin is read by `LocalFiles`, which
 * compares it with the origin's file at open and after every read; what is not in memory an `OriginDisk` asks for on
 * other threads (`SlowCalls`), since the thread that answers never waits for a disk. Everything else, and a local file
 * whose origin is away while another has the same bytes, is read by `CachedFiles`:
 *
 *     PartMap        which parts are stored   -> chunks, compared with their checksums     at once
 *     SharedRanges   what the engine had at hand a moment ago, in memory that it shares    at once
 *     CachedRead     the rest: asks the engine, and looks at the two again                 later
 *
 * A cover in a smaller size is made by the engine when somebody looks its name up (`SizedCovers`), and kept in the store.
 *
 * A node that is no file as it lies on an origin (a cover that is a picture in a track) has a recipe (`src/segments`),
 * which its provider gives. `RecipeFiles`
 * reads it, opens the files that its segments are ranges of like any other, and has fetched ahead what comes next in the
 * recipe, in whichever file that lies.
 *
 * `ReadAheadWindow` sees from the reads of one open that they are in sequence, and has more fetched before it is asked for;
 * `HeardTracks` tells that somebody begins to listen, and `TrackPlays` which tracks were played.
 *
 * @module
 */
export { LibraryFileSystem, type LibraryFileSystemOptions } from "./library_filesystem.ts";
export type { CacheAccess, FileRange, StoredChunks } from "./cache_access.ts";
export type { FileSystem, FileSystemTotals, OpenFile, PendingRead } from "./filesystem.ts";
export type { Branch } from "./core/router.ts";
export type { Provider } from "./providers/provider.ts";
export {
  type CollectionProblem,
  collectionsBranch,
  type CollectionsOptions,
} from "./providers/collections.ts";
export { byBranch, type ByOptions } from "./providers/by.ts";
export { type SearchAnswer, searchBranch, type SearchOptions } from "./providers/search.ts";
export type { CoverOptions } from "./providers/tree.ts";
export type { NodeRecipe } from "./read/recipe_files.ts";
export type { KernelCache } from "./core/kernel_cache.ts";
