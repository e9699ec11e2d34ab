/** Bytes of a chunk that were compared with its checksum. They must not be changed: others read the same memory. */
export type VerifiedBytes = Uint8Array<ArrayBuffer>;

/**
 * Most bytes of memory that reading a chunk takes beyond the chunk's own: those of its checksums, and one by which a
 * longer file is noticed.
 */
export const CHUNK_ROOM = 8 * (1 + 64) + 1;

/** What is wrong with a stored chunk. The chunk counts as not stored then; it is no fault of the origin. */
export type ChunkFault = "missing" | "truncated" | "corrupt" | "unreadable";

export type ChunkReading =
  | { readonly bytes: VerifiedBytes }
  | { readonly fault: ChunkFault; readonly reason: string };

export interface StoredChunkFile {
  readonly hash: string;
  /** Bytes that the file takes on the disk. */
  readonly size: number;
}

/**
 * Chunks by name, which is the SHA-256 of their bytes in hex. The engine writes them, both processes read them. The
 * store neither counts nor limits its chunks: the log says which ones are stored, and how many bytes.
 */
export interface ChunkStore {
  /**
   * Stores bytes under their name; storing a chunk that is there already writes nothing. Throws ChunkStoreFull, or the
   * error of the disk.
   */
  put(hash: string, bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * The whole chunk, compared with its checksum. Never throws. `into` is memory to read it into, of at least `length`
   * bytes: the chunk is a view of its start then. With CHUNK_ROOM more bytes, one system call reads it.
   */
  read(hash: string, length: number, into?: Uint8Array<ArrayBuffer>): ChunkReading;
  /**
   * Bytes `from` to `to` (exclusive) of a chunk, compared with the checksums of their blocks, without reading all of
   * it. They are valid until the next call. Never throws.
   */
  readPart(hash: string, length: number, from: number, to: number): ChunkReading;
  /** Deletes a chunk; returns whether one was there. */
  remove(hash: string): boolean;
  /** Whether a chunk of that name and length is there; its bytes are not read. */
  has(hash: string, length: number): boolean;
  /**
   * Distinguishes this store from any other, also from one that is made later in the same place. Undefined when the
   * store has no identity, as after its deletion. Throws the error of the disk.
   */
  identity(): string | undefined;
  /** Gives the store a new identity, and returns it. Throws the error of the disk. */
  identify(): string;
  /** Whether no chunk came or went since {@link settle}, as far as the disk says, and that was less than a day ago. */
  isSettled(): boolean;
  /**
   * To be called when the stored chunks were just found to be those that the log promises. Throws the error of the
   * disk.
   */
  settle(): void;
  /** Takes {@link settle} back: the chunks have to be compared with the log, whatever the disk says. */
  unsettle(): void;
  /** Every chunk in the store, in no particular order. */
  list(): IterableIterator<StoredChunkFile>;
}

/** The disk is full, or has less free space than must stay free. */
export class ChunkStoreFull extends Error {
  override readonly name = "ChunkStoreFull";
}
