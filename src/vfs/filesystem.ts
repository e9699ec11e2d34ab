import type { Entry, Node } from "../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../base/mod.ts";
import type { PendingRead } from "../segments/mod.ts";

export type { PendingRead };

/** What `statfs` answers. */
export interface FileSystemTotals {
  readonly bytes: number;
  readonly files: number;
}

/** An open file as the protocol skin needs it. */
export interface OpenFile {
  readonly handle: number;
  /** The kernel may keep pages it has from earlier opens: they are of the same version. */
  readonly keepCache: boolean;
  /** Reads must go past the kernel's pages: somebody still has an older version open, and they share them. */
  readonly direct: boolean;
  /** A local file is the content, one to one, and large enough that the kernel had better read it itself. */
  readonly passable: boolean;
}

/** What may have to be waited for. It rejects with FileSystemError. */
export type Answer<T> = T | Promise<T>;

/**
 * The virtual file system without FUSE in sight: names, attributes, bytes. Every method either answers at once or throws
 * `FileSystemError`; those that may have to wait for a provider, the engine or the kernel return something to wait for
 * instead of the value.
 */
export interface FileSystem {
  lookup(directory: NodeId, name: string): Answer<Entry | undefined>;
  /** For how long it may be kept that a name was not there, in seconds; Infinity when changes are reported. */
  missingTtl(directory: NodeId): number;
  /** With a `handle`, of the version that this has open: ESTALE when the node is of another by now. */
  attributes(id: NodeId, handle?: number): Node | undefined;
  /**
   * Somebody has an older version of the node open. The kernel has one size and one set of pages for all who have it
   * open, so it must ask, before each read of them, whether they may be given: nobody keeps the node's attributes.
   */
  hasOldOpen(id: NodeId): boolean;
  /**
   * Entries above the cookie `after` (0 at the start), ascending, at most `limit`; none are the end. Cookies begin at 3:
   * those of `.` and `..` stand before them.
   */
  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]>;
  /** The kernel knows the node no longer. */
  forgotten(id: NodeId): void;
  /**
   * The kernel was told of the node. With `passes` it may read large files by itself. Once it has the answer,
   * {@link opened} is called.
   */
  open(id: NodeId, passes?: boolean): Answer<OpenFile>;
  /**
   * The answer to an open was sent: what it did not depend on is looked at while whoever opened the file goes on. Called
   * before anything else, unless the open had to be waited for.
   */
  opened(handle: number): void;
  /**
   * Descriptor of the local file that is the content, for as long as the handle is open; later when its disk is slow.
   * Undefined when bytes come from elsewhere, since its origin is away or is not local.
   */
  descriptor(handle: number): number | undefined | Promise<number | undefined>;
  /** The kernel reads the local file by itself from now on: the handle needs no descriptor any more. */
  passedThrough(handle: number): void;
  /** Fills `into` from `offset`; returns how many bytes, fewer than its length only at the end of the file. */
  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead;
  release(handle: number): void;
  xattrNames(id: NodeId): readonly string[];
  /** Value of an extended attribute, undefined when the node has none of that name. */
  xattr(id: NodeId, name: string): Uint8Array | undefined;
  totals(): FileSystemTotals;
}
