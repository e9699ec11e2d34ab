import type { ContentVersion, FileId, TrackId } from "../base/mod.ts";
import type { ChunkReading } from "../cache/store/chunk_store.ts";
import type { FetchReply } from "../control/protocol.ts";

/** Bytes `from` to `to` (exclusive) of one version of a file. */
export interface FileRange {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly from: number;
  readonly to: number;
}

/** Stored chunks, compared with their checksums. */
export interface StoredChunks {
  /** Bytes `from` to `to` (exclusive) of a chunk of that length, not to be written to; never throws. */
  part(hash: string, length: number, from: number, to: number): ChunkReading;
  /** All of a chunk, in `into`, which is as long; never throws. */
  whole(hash: string, length: number, into: Uint8Array<ArrayBuffer>): ChunkReading;
}

/** The cache as the mount reaches it: stored chunks, and the engine, which fetches and stores what is not there. */
export interface CacheAccess {
  /** A promise while what compares chunks with their checksums is being loaded. */
  chunks(): StoredChunks | Promise<StoredChunks>;
  /** Has the bytes at hand when it resolves, or says why not. May reject: then nobody could be asked. */
  fetch(range: FileRange, signal: AbortSignal): Promise<FetchReply>;
  /** The same, for later. */
  ahead(range: FileRange): void;
  /** Somebody begins to listen to the track. */
  heard(track: TrackId): void;
  /** The track was played, as {@link TrackPlays} counts it. */
  played(track: TrackId): void;
  used(files: readonly FileId[]): void;
  /** Resolves when the chunk is no part of any file any more. Never rejects. */
  corrupt(hash: string, reason: string): Promise<void>;
}
