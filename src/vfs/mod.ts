/**
 * The virtual file system: what a name means and which bytes a file has, with no FUSE in sight. A
 * `LibraryFileSystem` answers from a `TreeReader` (which names there are, and where their bytes lie) and
 * from local files (the bytes). `ChangeFeed` follows the tree and makes the kernel forget, through a
 * `KernelCache`, what is no longer so. What readers may rely on is written down in SEMANTICS.md.
 *
 * A file is open in one version. `HandleTable` holds which; `file_reader` compares it with the origin's
 * file at open and after every read.
 *
 * @module
 */
export { LibraryFileSystem, type LibraryFileSystemOptions } from "./library_filesystem.ts";
export type { FileSystem, FileSystemTotals, OpenFile } from "./filesystem.ts";
export type { KernelCache } from "./kernel_cache.ts";
