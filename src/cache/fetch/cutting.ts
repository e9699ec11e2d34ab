import { createHash } from "node:crypto";
import type { Chunk } from "../../../events/facts/cache.ts";
import { Chunker } from "../store/mod.ts";
import { readFileAt } from "../../posix/mod.ts";

/** The most bytes that are cut at a time. */
export const RUN_BYTES_MAX = 8 * 1024 * 1024;

/** Consecutive bytes of one file in shared memory. */
export interface RunPiece {
  /** A file descriptor of this process: its threads share it. */
  readonly fd: number;
  /** Offset of the first byte in that memory. */
  readonly at: number;
  readonly length: number;
}

/** A run of bytes that is to be cut into chunks. */
export interface Run {
  readonly pieces: readonly RunPiece[];
  /** Offset in the file of its first byte. */
  readonly offset: number;
  /** Offsets in the file at which a chunk ends, whatever its content. */
  readonly borders: readonly number[];
  /**
   * Whether the last chunk ends with the run. Otherwise bytes at the end, whose chunk may go on after the run, stay
   * uncut.
   */
  readonly isWhole: boolean;
}

/** The chunks of a run. Their bytes stay in the thread that cut them until `drop` is called. */
export interface CutRun {
  /** In order and without gaps, from the offset of the run. */
  readonly chunks: readonly Chunk[];
  /**
   * Puts all chunks into the store. Rejects with ChunkStoreFull, or with the error of the disk; may be called again
   * then.
   */
  put(): Promise<void>;
  drop(): void;
}

/** A chunk that was cut, with its name. */
export interface NamedBytes {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function runLength({ pieces }: Run): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Reads a run into `bytes`, which must be as long as the run, and cuts it; the chunks are views of `bytes`. Throws
 * PosixError.
 */
export function cut(
  { pieces, offset, borders, isWhole }: Run,
  bytes: Uint8Array<ArrayBuffer>,
): NamedBytes[] {
  let end = 0;
  for (const { fd, at, length } of pieces) {
    readFileAt(fd, at, bytes.subarray(end, end + length));
    end += length;
  }
  const chunker = new Chunker(offset, borders);
  const chunks = chunker.push(bytes);
  if (isWhole) chunks.push(...chunker.end());
  // Hashing synchronously in the cutting thread is three times as fast as crypto.subtle, which uses other threads.
  return chunks.map((bytes) => ({ hash: createHash("sha256").update(bytes).digest("hex"), bytes }));
}
