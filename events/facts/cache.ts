/**
 * The events of a cache log, which say what this machine's chunk store has. `ChunkStoreFound` is no longer appended; it
 * is read in library logs from the time when these facts were in the library log.
 *
 * @module
 */
import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** A part of a file, which is stored under a name made from its bytes. */
export interface Chunk {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly length: number;
}

/** The facts about one version of a file that the library log has; see ObservedFile. */
export interface ContentFacts {
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly etag?: string;
  readonly audio?: string;
  readonly audio_start?: number;
  readonly audio_end?: number;
}

/**
 * Bytes of one version of a file are in the chunk store: these chunks, one after the other from `offset`. `version` is
 * the position, in the library log, of the event that last gave the file other bytes. `of` has the facts about that
 * version in the library log; null when they are not known, or an earlier event has them. `origin` gave the bytes; null
 * when that is not known, or they were made on this machine: a cover in another size is a file with a number of its own
 * (`sizedCoverOf`) and the version of the cover. Bytes that were taken over from another version or copy of the file are provisional until a
 * `PartsProven`.
 */
export type ChunksStored = Fact<"ChunksStored", 2, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly offset: number;
  readonly chunks: readonly Chunk[];
  readonly origin: string | null;
  readonly provisional: boolean;
  readonly of: ContentFacts | null;
}>;

/**
 * All provisional bytes of a version of a file were compared, and are its own. `by` says how: `bytes`, byte by byte
 * with the origin's file; `md5`, with the MD5 that the origin names; `etag`, the origin itself says that the version is
 * the one from which the bytes are known.
 */
export type PartsProven = Fact<"PartsProven", 1, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly by: "bytes" | "md5" | "etag";
}>;

/** Stored bytes of these files were read, or tracks of them were played. */
export type FilesUsed = Fact<"FilesUsed", 1, { readonly files: readonly number[] }>;

/**
 * Stored bytes of these versions of files were given up: all of them, or (`content`) all but what tag scanners read.
 */
export type ChunksEvicted = Fact<"ChunksEvicted", 1, {
  readonly reason: "space" | "cleared" | "superseded";
  readonly part: "content" | "all";
  readonly manifests: readonly { readonly file: FileId; readonly version: ContentVersion }[];
}>;

/** A chunk was damaged or missing: it is no longer a part of any file. */
export type ChunkCorrupted = Fact<"ChunkCorrupted", 1, {
  readonly hash: string;
  readonly reason: string;
}>;

/**
 * The present chunk store has this identity. `nothing`: the store is new or another one than before, and has none of
 * the chunks that were stored before this event. `all`: the store has just been given its identity, and has all of
 * them.
 */
export type ChunkStoreFound = Fact<"ChunkStoreFound", 1, {
  readonly store: string;
  readonly holds: "all" | "nothing";
}>;

/** The events of a cache log. */
export type CacheEvent = ChunksStored | PartsProven | FilesUsed | ChunksEvicted | ChunkCorrupted;

/**
 * Most chunks in one `ChunksStored`, and in one that also has the facts about the version. Four records of this size
 * fill a page of the log, whichever origin gave the bytes.
 */
export const CHUNKS_PER_EVENT = 26;
export const CHUNKS_BESIDE_FACTS = 23;
