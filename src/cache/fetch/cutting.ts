import { createHash } from "node:crypto";
import type { Chunk } from "../../../events/facts/cache.ts";
import { Chunker } from "../store/mod.ts";
import { readFileAt } from "../../posix/mod.ts";

/** The most that is cut at a time. */
export const RUN_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes of one file that lie one behind the other in shared memory. */
export interface RunPiece {
  /** Of this process: its threads have the same. */
  readonly fd: number;
  /** Offset in that memory. */
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
  /** Nothing follows that the last chunk would go on with; otherwise what may go on is left over. */
  readonly isWhole: boolean;
}

/** The chunks of a run; their bytes stay where they were cut, until they are dropped. */
export interface CutRun {
  /** One behind the other, from the offset of the run. */
  readonly chunks: readonly Chunk[];
  /** Puts them all into the store. Rejects with ChunkStoreFull, or what the disk says; may be tried again. */
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

/** Cuts a run, which is read to `bytes`; the chunks are views of these. @throws PosixError */
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
