import type { FileVersion } from "../events/file_events.ts";

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
  /** Position of the event that last changed the node's content; equal means the same bytes (or listing). */
  readonly changed_seq: number;
}

/** Where the bytes of a file node are, and which version of them the tree describes. */
export interface FileLocation extends FileVersion {
  readonly file: number;
  readonly origin: string;
  /** Absolute root of the origin, and the path below it (see path_bytes). */
  readonly root: string;
  readonly path: string;
  readonly changed_seq: number;
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
  location(file: number): FileLocation | undefined;
  /** Newest position of the change feed, and what was changed behind one; undefined when the feed no longer
   * reaches back that far (everything may have changed). */
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
  /** Figures for statfs and status. */
  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number };
}
