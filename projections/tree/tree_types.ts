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

/** Where a cover can come from: a picture file beside the tracks, or a picture in one of them. */
export type CoverSource = "files" | "embedded";
/** All sources. A table has the index of one in this list. */
export const COVER_SOURCES: readonly CoverSource[] = ["files", "embedded"];

/**
 * The kind of a node: a directory, a track, another file of an origin that is shown as it is there, or a picture in a
 * track's file.
 */
export type NodeKind = "directory" | "track" | "file" | "picture";

/**
 * What an inode number of the kernel stands for. Numbers are stable: they survive restarts, rebuilds and moves of the
 * file. A node may be in several directories, and several times in one.
 */
export interface Node {
  /** The number of a track is in its events; the number of a directory is a hash of its path (see library_tree). */
  readonly id: NodeId;
  readonly kind: NodeKind;
  /**
   * The directory to which `..` leads; for a node in several directories, the one it belongs to. The root is its own
   * parent.
   */
  readonly parent: NodeId;
  /** In bytes; 0 for a directory. */
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  /**
   * Permission bits, owner and group of the origin's file; absent or null where the origin has none, and for
   * directories.
   */
  readonly mode?: number | null;
  readonly uid?: number | null;
  readonly gid?: number | null;
  /** Equal versions mean equal bytes, or an equal listing. */
  readonly version: NodeVersion;
}

/** A name in a directory. */
export interface Entry {
  /** A listing continues after this cookie. It is unique in the directory. */
  readonly cookie: Cookie;
  /** Safe, NFC, at most 255 bytes. */
  readonly name: string;
  readonly node: Node;
  /** For how long the name may be cached, in seconds; Infinity when changes are reported to the one who caches it. */
  readonly ttl: number;
  /** The size of the node is not known before the name is looked up: a listing hands on the name alone. */
  readonly unsized?: true;
}

/**
 * Where the bytes of a node are, and which version of them it shows. A track may have a copy on each of several
 * origins: this is the location of the copy that the tree shows.
 */
export interface FileLocation extends FileVersion, FileOwnership {
  readonly node: NodeId;
  /** The track that is played when the node is; null for a file that is no track. */
  readonly track: TrackId | null;
  /** The number of the copy: the track's own, or another one when that copy is gone or has a lower priority. */
  readonly file: FileId;
  /** How many other copies the track has. */
  readonly others: number;
  readonly origin: string;
  readonly kind: OriginType;
  /** The absolute root of the origin, and the path below it (see path_bytes). */
  readonly root: string;
  readonly path: string;
  readonly content: ContentVersion;
  /** The offset of the first byte of its sound; null when that is not known. */
  readonly audio_start: number | null;
  /** The newest change of the tree at the time of the look-up; undefined for a node that the tree does not show. */
  readonly change: number | undefined;
}

/** A stored part of one version of a file. Parts never overlap. */
export interface StoredPart {
  /** The offset of its first byte in the file. */
  readonly offset: number;
  readonly length: number;
  /** The name of the chunk, whose first byte is the first of the part. */
  readonly hash: string;
}

/** One change that may contradict what the kernel has cached. */
export interface TreeChange {
  /** Position in the feed. Positions ascend, and have no other meaning. */
  readonly change: number;
  readonly kind: "added" | "removed" | "content" | "attributes";
  /** For `added` and `removed` the directory and name of the entry; otherwise those of the node itself. */
  readonly parent: NodeId;
  readonly name: string;
  readonly node: NodeId;
  readonly directory: boolean;
}

/** Reads directories and their entries. All answers are synchronous, and nothing is changed. */
export interface DirectoryReader {
  node(id: NodeId): Node | undefined;
  lookup(parent: NodeId, name: string): Entry | undefined;
  /** Entries of a directory with a cookie above `after`, ascending, at most `limit`. */
  children(parent: NodeId, after: Cookie, limit: number): Entry[];
  /** The location of a file; undefined for a directory, and for a node that no longer exists. */
  location(node: NodeId): FileLocation | undefined;
  /**
   * The newest position of the change feed, and the changes after a position, at most `limit`. The changes are
   * undefined when the feed does not reach back so far: then everything may have changed.
   */
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
}

/** A picture in the file that shows a track: a range of it. */
export interface TrackPicture {
  readonly file: FileLocation;
  /** Bytes of the file, `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly version: NodeVersion;
}

/** The covers of directories of the tree. */
export interface Covers {
  /**
   * The cover of a directory by the first of these sources that has one; undefined as well when a track or a directory
   * there has its name. The cookie is the number of the node, which no other entry of the directory has.
   */
  of(directory: NodeId, sources: readonly CoverSource[]): Entry | undefined;
  /** The node of a picture in a track; undefined for other nodes. */
  node(id: NodeId): Node | undefined;
  /** What the bytes of a picture in a track are; undefined for other nodes. */
  picture(id: NodeId): TrackPicture | undefined;
  /** As in {@link DirectoryReader}. */
  lastChange(): number;
  changesSince(change: number, limit: number): TreeChange[] | undefined;
}

/** Stands for a library in which nobody has looked for covers yet. */
export const NO_COVERS: Covers = {
  of: () => undefined,
  node: () => undefined,
  picture: () => undefined,
  lastChange: () => 0,
  changesSince: () => [],
};

/** Stands for directories of which a library knows nothing yet. */
export const NO_DIRECTORIES: DirectoryReader = {
  node: () => undefined,
  lookup: () => undefined,
  children: () => [],
  location: () => undefined,
  lastChange: () => 0,
  changesSince: () => [],
};

/** The queries of the mount about the library: about the tree, and what it needs to read files. */
export interface TreeReader extends DirectoryReader {
  /** Each origin as it is; the directory of all origins has the number ORIGINS_ID. */
  readonly origins: DirectoryReader;
  readonly covers: Covers;
  /** The views; their directory has the number VIEWS_ID, and is there when there are views. */
  readonly views: DirectoryReader;
  /** The duration of a file's sound in ms: null when the file does not say it, undefined when there is no such file. */
  duration(file: FileId): number | null | undefined;
  /** Paths of the directories of an origin that are, or were, file systems of their own; "" is its root. */
  mountPoints(origin: string): readonly string[];
  /** The stored parts of a file's version that hold any of `from` to `to` (exclusive), ascending, at most `limit`. */
  storedParts(
    file: FileId,
    version: ContentVersion,
    from: number,
    to: number,
    limit: number,
  ): StoredPart[];
  /** The names of the collections; those that are always there come first. */
  collections(): readonly string[];
  /** The totals for statfs and status. */
  totals(): { tracks: number; albums: number; artists: number; bytes: number; unreadable: number };
}
