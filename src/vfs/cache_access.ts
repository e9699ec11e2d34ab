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

/** Stored chunks, checked against their checksums. */
export interface StoredChunks {
  /** Bytes `from` to `to` (exclusive) of a chunk of this length. They must not be written to. Never throws. */
  part(hash: string, length: number, from: number, to: number): ChunkReading;
  /** Reads a whole chunk into `into`, which has its length. Never throws. */
  whole(hash: string, length: number, into: Uint8Array<ArrayBuffer>): ChunkReading;
}

/** The cache as the mount uses it: stored chunks, and the engine, which fetches and stores the rest. */
export interface CacheAccess {
  /** A promise while the code that checks chunks is being loaded. */
  chunks(): StoredChunks | Promise<StoredChunks>;
  /** Resolves once the bytes are at hand, or with the reason why they are not. May reject: then nobody could be asked. */
  fetch(range: FileRange, signal: AbortSignal): Promise<FetchReply>;
  /** Fetches a range that will be wanted later. */
  ahead(range: FileRange): void;
  /** To be called when a listener begins the track. */
  heard(track: TrackId): void;
  /** To be called when the track was played, as {@link TrackPlays} counts it. */
  played(track: TrackId): void;
  used(files: readonly FileId[]): void;
  /** Reports a corrupt chunk. Resolves once no file has it as a part any more. Never rejects. */
  corrupt(hash: string, reason: string): Promise<void>;
}
