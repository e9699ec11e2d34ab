/** Bytes of a chunk that were compared with its checksum. Read only: others read the same memory. */
export type VerifiedBytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes of memory that reading a chunk takes besides its own at most: those of its checksums, and one to find a longer
 * file by.
 */
export const CHUNK_ROOM = 8 * (1 + 64) + 1;

/** What is wrong with a stored chunk; it is a miss then, and not the origin's fault. */
export type ChunkFault = "missing" | "truncated" | "corrupt" | "unreadable";

export type ChunkReading =
  | { readonly bytes: VerifiedBytes }
  | { readonly fault: ChunkFault; readonly reason: string };

export interface StoredChunkFile {
  readonly hash: string;
  /** Bytes it takes on the disk. */
  readonly size: number;
}

/**
 * Chunks by name, which is the SHA-256 of their bytes in hex. Written by the engine, read by both processes. Nothing
 * here counts or limits: what is stored, and how much, is told by the log.
 */
export interface ChunkStore {
  /** Stores bytes under their name; storing what is there costs no write. Throws ChunkStoreFull, or what the disk says. */
  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * The whole chunk, compared with its checksum. Never throws. `into` is memory to read it into, of at least `length`
   * bytes: the chunk is a view of its start then. With `CHUNK_ROOM` more it is read at once.
   */
  read(hash: string, length: number, into?: Uint8Array<ArrayBuffer>): ChunkReading;
  /**
   * Bytes `from` to `to` (exclusive) of a chunk, compared with their checksums; less is read than for all of it. They
   * stay what they are until the next call. Never throws.
   */
  readPart(hash: string, length: number, from: number, to: number): ChunkReading;
  /** Takes a chunk away; whether one was there. */
  remove(hash: string): boolean;
  /** Whether a chunk of that name and length lies there; its bytes are not looked at. */
  has(hash: string, length: number): boolean;
  /**
   * What tells this store from any other, also from one that is made where it was; undefined when it has no identity, as
   * when it was deleted. Throws what the disk says.
   */
  identity(): string | undefined;
  /** Gives it a new identity. Throws what the disk says. */
  identify(): string;
  /** Whether nothing came or went since {@link settle}, as far as the disk says, and that is less than a day ago. */
  isSettled(): boolean;
  /** Chunks that lie here and chunks that the log promises were just found to be the same. Throws what the disk says. */
  settle(): void;
  /** It has to be looked whether they are, whatever the disk says. */
  unsettle(): void;
  /** Every chunk that lies there, in no order. */
  list(): IterableIterator<StoredChunkFile>;
}

/** The disk is full, or has less free than what is to stay free. */
export class ChunkStoreFull extends Error {
  override readonly name = "ChunkStoreFull";
}
