import type { FileOwnership, FileVersion } from "../events/facts/files.ts";
import type { OriginType } from "../events/facts/origins.ts";

/** Number of the root directory, as FUSE wants it. */
export const ROOT_ID = 1;

/** A node of the virtual tree. Numbers are stable: they survive restarts, rebuilds and moves of the file. */
export interface TreeNode {
  /** A file's number is the one its events carry; a directory's is a hash of its path (see library_tree). */
  readonly id: number;
  /** Number of the directory that holds it; the root holds itself. */
  readonly parent: number;
  /** Safe, NFC, at most 255 bytes; empty for the root. */
  readonly name: string;
  readonly directory: boolean;
  /** Bytes, 0 for a directory. */
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  /** Permission bits, owner and group of the origin's file; absent or null where it does not say, and of directories. */
  readonly mode?: number | null;
  readonly uid?: number | null;
  readonly gid?: number | null;
  /** Position of the event that last changed the node's content; equal means the same bytes (or listing). */
  readonly changed_seq: number;
}

/**
 * Where the bytes of a file node are, and which version of them the tree describes. A node is a track, which may have a
 * copy on each of several origins: this is the one that the tree shows.
 */
export interface FileLocation extends FileVersion, FileOwnership {
  /** Number of the node. */
  readonly track: number;
  /** Number of the copy: the track's own, or another when that copy is gone or of a lesser priority. */
  readonly file: number;
  /** How many copies the track has besides. */
  readonly others: number;
  readonly origin: string;
  readonly kind: OriginType;
  /** Absolute root of the origin, and the path below it (see path_bytes). */
  readonly root: string;
  readonly path: string;
  readonly changed_seq: number;
  /** Offset of the first byte of its sound; null where that is not known. */
  readonly audio_start: number | null;
  /** The newest change of the tree when this was looked up. */
  readonly change: number;
}

/** A stored part of one version of a file. Parts never overlap. */
export interface StoredPart {
  /** Of its first byte in the file. */
  readonly offset: number;
  readonly length: number;
  /** Name of the chunk that holds the bytes, from its first. */
  readonly hash: string;
}

/** One thing the kernel may have cached that is no longer so. */
export interface TreeChange {
  /** Position in the feed: ascending, without meaning otherwise. */
  readonly change: number;
  readonly kind: "added" | "removed" | "content" | "attributes";
  /** Directory and name of the entry that was added or removed; of the node itself for the others. */
  readonly parent: number;
  readonly name: string;
  readonly node: number;
  readonly directory: boolean;
}

/** What the mount asks of the tree. All answers are synchronous and read only. */
export interface TreeReader {
  node(id: number): TreeNode | undefined;
  lookup(parent: number, name: string): TreeNode | undefined;
  /** Entries of a directory with a number above `after`, ascending by number: the number is the cookie. */
  children(parent: number, after: number, limit: number): TreeNode[];
  /** Undefined for a directory, and for what is no longer there. */
  location(node: number): FileLocation | undefined;
  /** How long a file's sound is, ms: null when the file does not say, undefined when there is no such file. */
  duration(file: number): number | null | undefined;
  /** Directories of an origin that are, or were, file systems of their own; "" is its root. */
  mountPoints(origin: string): readonly string[];
  /** Stored parts of a file's version that hold any of `from` to `to` (exclusive), ascending, at most `limit`. */
  storedParts(
    file: number,
    version: number,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[];
  /** Newest position of the change feed, and what was changed behind one; undefined when the feed no longer
   * reaches back that far (everything may have changed). */
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
  /** Figures for statfs and status. */
  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number };
}
