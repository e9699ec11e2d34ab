import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import type { FileSystemError, NodeId } from "../../base/mod.ts";
import type { PendingRead } from "../filesystem.ts";
import type { LocalFile } from "../read/local_file.ts";
import type { CachedFile } from "../read/cached_file.ts";

/** A file that somebody has open, pinned to the version that the tree described at that time. */
export interface Handle {
  readonly handle: number;
  readonly node: NodeId;
  /** As of the newest look at the same bytes. */
  readonly location: FileLocation;
  /** The origin's file, once it was needed. */
  file: LocalFile | undefined;
  /** Resolves when it is open. */
  opening: Promise<LocalFile> | undefined;
  /** Reads that wait for its disk. */
  waiting: Set<PendingRead> | undefined;
  /** Nobody has the handle any more, or the kernel reads the origin's file by itself. */
  isClosed: boolean;
  /** The bytes behind it are another version by now: every read fails, for good (see {@link HandleTable.outdate}). */
  readonly stale: boolean;
  /** Why the origin's file could not be opened. */
  failure: FileSystemError | undefined;
  /** Set once it is read from the store and the engine, and no longer from a local file. */
  cached: CachedFile | undefined;
  /** It is a recipe that somebody has open, and this a file that segments of it are ranges of. */
  readonly isSegment: boolean;
  /** When it was first seen open, on the clock of {@link TrackPlays}, ms; undefined for the first second. */
  openAt: number | undefined;
  /** Bytes of the origin's file that were read through the handle. */
  bytesRead: number;
  /** The kernel reads the origin's file by itself: none of its reads is seen. */
  isPassedThrough: boolean;
  /** Nothing that happens to the handle can be a play any more: it was one. */
  isPlayCounted: boolean;
}

/** The open files, by handle and by node. Handles are never used twice. */
export class HandleTable {
  readonly #byHandle = new Map<number, Handle>();
  readonly #byNode = new Map<NodeId, Handle[]>();
  /** Nodes with a stale handle. */
  readonly #outdated = new Set<NodeId>();
  #next = 1;

  get size(): number {
    return this.#byHandle.size;
  }

  /** A number that no handle has had. */
  nextHandle(): number {
    return this.#next++;
  }

  /** `handle` is a number of {@link nextHandle} that was given out for it, if any was. */
  add(location: FileLocation, handle: number = this.#next++): Handle {
    return this.#add(handle, location, false);
  }

  /** The handle of a file that segments are ranges of. */
  addSegment(location: FileLocation): Handle {
    return this.#add(this.#next++, location, true);
  }

  get(handle: number): Handle | undefined {
    return this.#byHandle.get(handle);
  }

  remove(handle: number): Handle | undefined {
    const found = this.#byHandle.get(handle);
    if (!found) return undefined;
    this.#byHandle.delete(handle);
    const others = this.#byNode.get(found.node)!;
    if (others.length === 1) this.#byNode.delete(found.node);
    else others.splice(others.indexOf(found), 1);
    if (found.stale && !others.some((other) => other !== found && other.stale)) {
      this.#outdated.delete(found.node);
    }
    return found;
  }

  ofNode(node: NodeId): readonly Handle[] {
    return this.#byNode.get(node) ?? [];
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Handle> {
    return this.#byHandle.values();
  }

  nodes(): IterableIterator<NodeId> {
    return this.#byNode.keys();
  }

  /** Whether any handle of the node is stale. */
  isOutdated(node: NodeId): boolean {
    return this.#outdated.has(node);
  }

  /** What the handle has open is an older version from now on. */
  outdate(handle: Handle): void {
    (handle as { stale: boolean }).stale = true;
    this.#outdated.add(handle.node);
  }

  /** Marks the node's handles of any other version stale; whether there is a stale one now. */
  pin(node: NodeId, location: FileLocation): boolean {
    for (const handle of this.ofNode(node)) {
      if (sameContent(handle.location, location)) continue;
      if (isRestated(handle, location)) (handle as { location: FileLocation }).location = location;
      else this.outdate(handle);
    }
    return this.isOutdated(node);
  }

  #add(number: number, location: FileLocation, isSegment: boolean): Handle {
    const node = location.node;
    const handle: Handle = {
      handle: number,
      node,
      location,
      file: undefined,
      opening: undefined,
      waiting: undefined,
      isClosed: false,
      stale: false,
      failure: undefined,
      cached: undefined,
      isSegment,
      openAt: undefined,
      bytesRead: 0,
      isPassedThrough: false,
      isPlayCounted: false,
    };
    this.#byHandle.set(handle.handle, handle);
    const others = this.#byNode.get(node);
    if (others) others.push(handle);
    else this.#byNode.set(node, [handle]);
    return handle;
  }
}

/** Whether only the inode of what is open has changed: who may read it, say, and not its bytes. */
function isRestated({ location: a, file }: Handle, b: FileLocation): boolean {
  return a.file === b.file && a.size === b.size && a.mtime_s === b.mtime_s &&
    a.mtime_ns === b.mtime_ns && a.inode === b.inode && a.inode !== undefined &&
    (file?.isUnwritten ?? false);
}

/** Whether both are the same bytes, as far as copies on two origins can be compared. */
function sameContent(a: FileLocation, b: FileLocation): boolean {
  if (a.file === b.file) return a.content === b.content;
  return a.size === b.size && a.mtime_s === b.mtime_s && a.mtime_ns === b.mtime_ns;
}
