import type { FileLocation, TreeNode, TreeReader } from "../../projections/tree_types.ts";
import { bytesFromString, FileSystemError, messageOf } from "../base/mod.ts";
import { closeFile } from "../posix/mod.ts";
import { ChangeFeed } from "./change_feed.ts";
import { isDrift, openLocation, readHandle } from "./file_reader.ts";
import type { FileSystem, FileSystemTotals, OpenFile } from "./filesystem.ts";
import { type Handle, HandleTable, PASSED_THROUGH, UNOPENED } from "./handle_table.ts";
import type { KernelCache } from "./kernel_cache.ts";
import { ListingWindow } from "./listing_window.ts";
import { RecentNodes } from "./recent_nodes.ts";

export interface LibraryFileSystemOptions {
  /** What lies at the location is not what the tree says: it should be looked at again. */
  readonly onDrift: (location: FileLocation) => void;
}

/** Passing a file through costs two calls into the kernel; a smaller file is read in one or two requests. */
const PASSED_BYTES_MIN = 256 * 1024;
/** Of so many files it is known that the kernel may hold pages; of others it drops them at open. */
const READ_NODES_MAX = 8192;
const XATTR_PREFIX = "user.musicfs.";
const encoder = new TextEncoder();

/** The library's tree as a file system: names from a projection, bytes from local files. */
export class LibraryFileSystem implements FileSystem {
  #tree: TreeReader;
  readonly #options: LibraryFileSystemOptions;
  readonly #handles = new HandleTable();
  readonly #listing = new ListingWindow();
  readonly #readNodes = new RecentNodes(READ_NODES_MAX);
  #feed: ChangeFeed | undefined;

  constructor(tree: TreeReader, options: LibraryFileSystemOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  /** From now on the kernel is told of changes. Call it before the first request is answered. */
  connect(kernel: KernelCache): void {
    this.#feed = new ChangeFeed({
      tree: this.#tree,
      kernel,
      contentChanged: (node) => this.#contentChanged(node),
      anyContentChanged: () => {
        for (const node of this.#handles.nodes()) this.#contentChanged(node);
      },
    });
  }

  /**
   * The tree may have changed: reads its feed. Resolves once the kernel was told. `level` is an event up to which
   * the tree is known to be level with the log.
   */
  async treeChanged(level: number = 0): Promise<void> {
    this.#listing.forget();
    await this.#feed?.read(level);
  }

  /** Another reader, of a projection that was built anew, serves from now on. */
  async replaceTree(tree: TreeReader): Promise<void> {
    this.#tree = tree;
    this.#listing.forget();
    await this.#feed?.replaceTree(tree);
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.#handles.size;
  }

  lookup(parent: number, name: string): TreeNode | undefined {
    return this.#tree.lookup(parent, name);
  }

  attributes(id: number): TreeNode | undefined {
    return this.#tree.node(id);
  }

  entries(directory: number, after: number, limit: number): readonly TreeNode[] {
    return this.#listing.entries(
      directory,
      after,
      limit,
      (...window) => this.#tree.children(...window),
    );
  }

  open(id: number): OpenFile | Promise<OpenFile> {
    const location = this.#tree.location(id);
    const untold = this.#feed?.untold(id, location?.changed_seq);
    if (untold === undefined) return this.#open(id, location);
    // The kernel still has pages, or a size, of another version.
    return untold.then(() => this.#open(id, this.#tree.location(id)));
  }

  descriptor(handle: number): number {
    return this.#descriptor(this.#handle(handle));
  }

  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number {
    const open = this.#handle(handle);
    if (open.stale) throw new FileSystemError("ESTALE", "an older version was opened");
    if (open.fd === UNOPENED) this.#firstRead(open);
    try {
      return readHandle(open, offset, into);
    } catch (error) {
      if (isDrift(error)) this.#options.onDrift(open.location);
      throw error;
    }
  }

  passedThrough(handle: number): void {
    const open = this.#handle(handle);
    if (open.fd >= 0) closeFile(open.fd);
    open.fd = PASSED_THROUGH;
  }

  release(handle: number): void {
    const open = this.#handles.remove(handle);
    if (open !== undefined && open.fd >= 0) closeFile(open.fd);
  }

  xattrNames(id: number): readonly string[] {
    if (this.#tree.location(id) === undefined) return [];
    return ["origin", "real_path", "version"].map((name) => XATTR_PREFIX + name);
  }

  xattr(id: number, name: string): Uint8Array | undefined {
    // Listings ask for security labels and access lists of every file: those need no look at the tree.
    if (!name.startsWith(XATTR_PREFIX)) return undefined;
    const location = this.#tree.location(id);
    if (location === undefined) return undefined;
    switch (name.slice(XATTR_PREFIX.length)) {
      case "origin":
        return encoder.encode(location.origin);
      case "real_path":
        return realPath(location);
      case "version":
        return encoder.encode(versionText(location));
      default:
        return undefined;
    }
  }

  totals(): FileSystemTotals {
    const { bytes, tracks } = this.#tree.totals();
    return { bytes, files: tracks };
  }

  #open(id: number, location: FileLocation | undefined): OpenFile {
    if (location === undefined) {
      throw new FileSystemError(this.#tree.node(id)?.directory ? "EISDIR" : "ENOENT");
    }
    const direct = this.#handles.pin(id, location);
    const open = this.#handles.add(location);
    const { handle } = open;
    // What the kernel may serve from its pages without asking again is compared with the origin now;
    // otherwise the first read does that, and the open costs no look at the disk.
    const keepCache = !direct && this.#readNodes.has(id);
    try {
      if (keepCache) this.#descriptor(open);
    } catch (error) {
      this.release(handle);
      throw error;
    }
    return { handle, keepCache, direct, passable: location.size >= PASSED_BYTES_MIN };
  }

  /** The origin's file, compared with the tree. Throws FileSystemError, and remembers it for the handle. */
  #descriptor(open: Handle): number {
    if (open.failure) throw open.failure;
    if (open.fd !== UNOPENED) return open.fd;
    try {
      open.fd = openLocation(open.location);
      return open.fd;
    } catch (error) {
      const failure = asFileSystemError(error);
      // Another version stays another version; a disk that was away, or too many open files, may pass.
      if (isDrift(failure)) {
        open.failure = failure;
        this.#options.onDrift(open.location);
      }
      throw failure;
    }
  }

  #firstRead(open: Handle): void {
    try {
      this.#descriptor(open);
      this.#readNodes.add(open.node);
    } catch (error) {
      throw readFailure(error);
    }
  }

  #handle(handle: number): Handle {
    const open = this.#handles.get(handle);
    if (open === undefined) throw new FileSystemError("EBADF", `handle ${handle} is not open`);
    return open;
  }

  #contentChanged(node: number): void {
    const location = this.#tree.location(node);
    if (location !== undefined) this.#handles.pin(node, location);
  }
}

function asFileSystemError(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError("EIO", messageOf(error), { cause: error });
}

/** A file that vanished after it was opened is no missing name any more: what was opened is gone. */
function readFailure(error: unknown): unknown {
  if (!(error instanceof FileSystemError) || error.errno !== "ENOENT") return error;
  return new FileSystemError("ESTALE", error.message, { cause: error });
}

function realPath(location: FileLocation): Uint8Array {
  return bytesFromString(`${location.root}/${location.path}`);
}

/** Size, and time of modification in seconds with all its digits: equal means the same bytes. */
function versionText({ size, mtime_s, mtime_ns }: FileLocation): string {
  return `${size} ${mtime_s}.${String(mtime_ns).padStart(9, "0")}`;
}
