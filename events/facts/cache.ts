import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** A part of a file that is stored under a name made of its bytes. */
export interface Chunk {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly length: number;
}

/**
 * Bytes of one version of a file are in the chunk store: these chunks, one behind the other from `offset`. `version` is
 * the position of the event that last brought the file other bytes. `origin` gave them; null when they were known
 * already, from another version or copy of the file: then they are provisional until a `PartsCompared` says otherwise.
 */
export type ChunksStored = Fact<"ChunksStored", 1, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly offset: number;
  readonly chunks: readonly Chunk[];
  readonly origin: string | null;
}>;

/**
 * What was provisional of a version of a file was compared, all of it: byte by byte with the origin's file, or with the MD5
 * that the origin names, or the origin itself says that the version is the one it was known from. When it is not alike,
 * bytes that are not the file's may have been given out: what the file has from here on is another version.
 */
export type PartsCompared = Fact<"PartsCompared", 1, {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly by: "bytes" | "md5" | "etag";
  readonly alike: boolean;
}>;

/**
 * The chunk store at hand has this identity. A new one, or one that is not the one the log spoke of so far, holds nothing of
 * what was stored before this event; the one that has just been given its identity holds all of it.
 */
export type ChunkStoreFound = Fact<"ChunkStoreFound", 1, {
  readonly store: string;
  readonly holds: "all" | "nothing";
}>;

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

export type CacheEvent =
  | ChunksStored
  | PartsCompared
  | ChunkStoreFound
  | ChunksEvicted
  | ChunkCorrupted;
