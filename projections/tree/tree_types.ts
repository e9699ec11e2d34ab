import {
  type ContentVersion,
  type Cookie,
  type FileId,
  type NodeId,
  type NodeVersion,
  ROOT_ID,
  type TrackId,
} from "../../src/base/mod.ts";
import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";
import type { OriginType } from "../../events/facts/origins.ts";

export { ROOT_ID };

/** What a node is: a directory, a track, or another file of an origin that is shown as it lies there. */
export type NodeKind = "directory" | "track" | "file";

/**
 * What the kernel knows by an inode number. Numbers are stable: they survive restarts, rebuilds and moves of the file. A
 * node may stand in several directories, and in one of them more than once.
 */
export interface Node {
  /** A track's is the one that its events carry; a directory's is a hash of its path (see library_tree). */
  readonly id: NodeId;
  readonly kind: NodeKind;
  /** Where `..` leads: of what stands in several directories the one it belongs to. The root holds itself. */
  readonly parent: NodeId;
  /** Bytes, 0 for a directory. */
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  /** Permission bits, owner and group of the origin's file; absent or null where it does not say, and of directories. */
  readonly mode?: number | null;
  readonly uid?: number | null;
  readonly gid?: number | null;
  /** Equal means the same bytes (or listing). */
  readonly version: NodeVersion;
}

/** A name in a directory. */
export interface Entry {
  /** Where a listing goes on behind it: no other entry of the directory has the same. */
  readonly cookie: Cookie;
  /** Safe, NFC, at most 255 bytes. */
  readonly name: string;
  readonly node: Node;
  /** For how long the name may be kept, in seconds; Infinity when whoever keeps it is told of changes. */
  readonly ttl: number;
}

/**
 * Where the bytes of a node are, and which version of them it shows. A track may have a copy on each of several origins:
 * this is the one that the tree shows.
 */
export interface FileLocation extends FileVersion, FileOwnership {
  readonly node: NodeId;
  /** What is heard when the node is played; null for a file that is no track. */
  readonly track: TrackId | null;
  /** Number of the copy: the track's own, or another when that copy is gone or of a lesser priority. */
  readonly file: FileId;
  /** How many copies the track has besides. */
  readonly others: number;
  readonly origin: string;
  readonly kind: OriginType;
  /** Absolute root of the origin, and the path below it (see path_bytes). */
  readonly root: string;
  readonly path: string;
  readonly content: ContentVersion;
  /** Offset of the first byte of its sound; null where that is not known. */
  readonly audio_start: number | null;
  /** The newest change of the tree when this was looked up; undefined where the tree does not show it. */
  readonly change: number | undefined;
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
  readonly parent: NodeId;
  readonly name: string;
  readonly node: NodeId;
  readonly directory: boolean;
}

/** Directories and what is in them. All answers are synchronous and read only. */
export interface DirectoryReader {
  node(id: NodeId): Node | undefined;
  lookup(parent: NodeId, name: string): Entry | undefined;
  /** Entries of a directory with a cookie above `after`, ascending. */
  children(parent: NodeId, after: Cookie, limit: number): Entry[];
  /** Undefined for a directory, and for what is no longer there. */
  location(node: NodeId): FileLocation | undefined;
  /** Newest position of the change feed, and what was changed behind one; undefined when the feed no longer
   * reaches back that far (everything may have changed). */
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
}

/** What the mount asks of the library: of the tree, and of what it needs to read files. */
export interface TreeReader extends DirectoryReader {
  /** Each origin as it lies there; its own root is the number ORIGINS_ID. */
  readonly origins: DirectoryReader;
  /** How long a file's sound is, ms: null when the file does not say, undefined when there is no such file. */
  duration(file: FileId): number | null | undefined;
  /** Directories of an origin that are, or were, file systems of their own; "" is its root. */
  mountPoints(origin: string): readonly string[];
  /** Stored parts of a file's version that hold any of `from` to `to` (exclusive), ascending, at most `limit`. */
  storedParts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[];
  /** Figures for statfs and status. */
  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number };
}
