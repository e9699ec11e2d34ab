import type { FileLocation, TreeNode, TreeReader } from "../../projections/tree_types.ts";
import { bytesFromString, FileSystemError } from "../base/mod.ts";
import { closeFile } from "../posix/mod.ts";
import { ChangeFeed } from "./change_feed.ts";
import { isDrift, openLocation, readHandle } from "./file_reader.ts";
import type { FileSystem, FileSystemTotals, OpenFile } from "./filesystem.ts";
import { HandleTable } from "./handle_table.ts";
import type { KernelCache } from "./kernel_cache.ts";

export interface LibraryFileSystemOptions {
  /** What lies at the location is not what the tree says: it should be looked at again. */
  readonly onDrift: (location: FileLocation) => void;
}

const XATTR_PREFIX = "user.musicfs.";
const encoder = new TextEncoder();

/** The library's tree as a file system: names from a projection, bytes from local files. */
export class LibraryFileSystem implements FileSystem {
  #tree: TreeReader;
  readonly #options: LibraryFileSystemOptions;
  readonly #handles = new HandleTable();
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

  /** The tree may have changed: reads its feed. Resolves once the kernel was told. */
  async treeChanged(): Promise<void> {
    await this.#feed?.read();
  }

  /** Another reader, of a projection that was built anew, serves from now on. */
  async replaceTree(tree: TreeReader): Promise<void> {
    this.#tree = tree;
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
    return this.#tree.children(directory, after, limit);
  }

  open(id: number): OpenFile | Promise<OpenFile> {
    const untold = this.#feed?.untold(id);
    if (untold === undefined) return this.#open(id);
    // The kernel still has pages, or a size, of another version.
    return untold.then(() => this.#open(id));
  }

  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number {
    const open = this.#handles.get(handle);
    if (open === undefined || open.fd < 0) {
      throw new FileSystemError("EBADF", `handle ${handle} is not open for reading`);
    }
    try {
      return readHandle(open, offset, into);
    } catch (error) {
      this.#reportDrift(error, this.#tree.location(open.node));
      throw error;
    }
  }

  passedThrough(handle: number): void {
    const open = this.#handles.get(handle);
    if (open === undefined || open.fd < 0) return;
    closeFile(open.fd);
    open.fd = -1;
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

  #open(id: number): OpenFile {
    const location = this.#tree.location(id);
    if (location === undefined) {
      throw new FileSystemError(this.#tree.node(id)?.directory ? "EISDIR" : "ENOENT");
    }
    let fd: number;
    try {
      fd = openLocation(location);
    } catch (error) {
      this.#reportDrift(error, location);
      throw error;
    }
    const direct = this.#handles.pin(id, location);
    const { handle } = this.#handles.add(id, fd, location);
    return { handle, keepCache: true, direct, backing: fd };
  }

  #contentChanged(node: number): void {
    const location = this.#tree.location(node);
    if (location !== undefined) this.#handles.pin(node, location);
  }

  #reportDrift(error: unknown, location: FileLocation | undefined): void {
    if (location !== undefined && isDrift(error)) this.#options.onDrift(location);
  }
}

function realPath(location: FileLocation): Uint8Array {
  return bytesFromString(`${location.root}/${location.path}`);
}

/** Size, and time of modification in seconds with all its digits: equal means the same bytes. */
function versionText({ size, mtime_s, mtime_ns }: FileLocation): string {
  return `${size} ${mtime_s}.${String(mtime_ns).padStart(9, "0")}`;
}
