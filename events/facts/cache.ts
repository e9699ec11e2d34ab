/**
 * What is said in a cache log: what this machine's chunk store has. `ChunkStoreFound` is read in library logs of before, when
 * these facts stood there; it is appended no more.
 *
 * @module
 */
import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** A part of a file that is stored under a name made of its bytes. */
export interface Chunk {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly length: number;
}

/** What the library log says of one version of a file's content; see ObservedFile. */
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
 * Bytes of one version of a file are in the chunk store: these chunks, one behind the other from `offset`. `version` is
 * the position, in the library log, of the event that last brought the file other bytes, and `of` is what that log says of
 * that version: null when it is not known, or was said before. `origin` gave the bytes; null when that is not known. What
 * was known from another version or copy of the file is provisional until a `PartsProven`.
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
 * What was provisional of a version of a file was compared, all of it, and is its own: byte by byte with the origin's file,
 * or with the MD5 that the origin names, or the origin itself says that the version is the one it was known from.
 */
export type PartsProven = Fact<"PartsProven", 1, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly by: "bytes" | "md5" | "etag";
}>;

/** What is stored of these files was read, or one of them was played. */
export type FilesUsed = Fact<"FilesUsed", 1, { readonly files: readonly number[] }>;

/** What is kept of one version of a file was given up: all of it, or all but what scanners of tags read. */
export type ChunksEvicted = Fact<"ChunksEvicted", 1, {
  readonly reason: "space" | "cleared" | "superseded";
  readonly part: "content" | "all";
  readonly manifests: readonly { readonly file: FileId; readonly version: ContentVersion }[];
}>;

/** A chunk was not what its name says, or not there: it is no part of any file any more. */
export type ChunkCorrupted = Fact<"ChunkCorrupted", 1, {
  readonly hash: string;
  readonly reason: string;
}>;

/**
 * The chunk store at hand has this identity. A new one, or one that is not the one the log spoke of so far, holds nothing of
 * what was stored before this event; the one that has just been given its identity holds all of it.
 */
export type ChunkStoreFound = Fact<"ChunkStoreFound", 1, {
  readonly store: string;
  readonly holds: "all" | "nothing";
}>;

/** Everything that can be said in a cache log. */
export type CacheEvent = ChunksStored | PartsProven | FilesUsed | ChunksEvicted | ChunkCorrupted;

/**
 * So many chunks are said in one event at most, and so many in one that says something of the version as well: of such records
 * four fill a page of the log, whoever gave the bytes.
 */
export const CHUNKS_PER_EVENT = 26;
export const CHUNKS_BESIDE_FACTS = 23;
