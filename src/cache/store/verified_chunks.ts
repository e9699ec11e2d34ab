import { VERIFIED_BYTES } from "../../base/mod.ts";
import {
  CHUNK_ROOM,
  type ChunkReading,
  type ChunkStore,
  type VerifiedBytes,
} from "./chunk_store.ts";

/** Up to this many bytes of a chunk are read without the rest of it: a sequential reader asks for more at a time. */
const FEW_BYTES = 8 * 1024;

interface Remembered {
  /** The offset in the memory at which the chunk begins. */
  readonly start: number;
  readonly reading: { readonly bytes: VerifiedBytes };
}

/**
 * Chunks that were compared with their checksum a moment ago, so that small reads of one chunk compare it once.
 *
 * The memory is one ring: a chunk is read into the place where the last one ended, over the oldest chunks. So reading
 * allocates nothing, and the bound is exact. Even a chunk that is read all the time is overwritten with the others of
 * its age and compared again, once in hundreds of chunks: that is cheaper than keeping a list of when each was used.
 */
export class VerifiedChunks {
  readonly #store: ChunkStore;
  readonly #size: number;
  /** By name, oldest first. */
  readonly #remembered = new Map<string, Remembered>();
  #memory: Uint8Array<ArrayBuffer> | undefined;
  #next = 0;

  constructor(store: ChunkStore, size: number = VERIFIED_BYTES) {
    this.#store = store;
    this.#size = size;
  }

  /**
   * Bytes `from` to `to` (exclusive) of a chunk; they are valid until the next call. When the chunk is not remembered,
   * up to FEW_BYTES are read without the rest of it.
   */
  part(hash: string, length: number, from: number, to: number): ChunkReading {
    const isRemembered = this.#remembered.get(hash)?.reading.bytes.length === length;
    if (!isRemembered && to - from <= FEW_BYTES && length > FEW_BYTES) {
      return this.#store.readPart(hash, length, from, to);
    }
    const reading = this.get(hash, length);
    if ("fault" in reading) return reading;
    if (to === length) this.#reuse(hash);
    return { bytes: reading.bytes.subarray(from, to) };
  }

  /**
   * A whole chunk, written into `into`, which must be as long. The chunk is not remembered: its reader has all of it.
   */
  whole(hash: string, length: number, into: Uint8Array<ArrayBuffer>): ChunkReading {
    const known = this.#remembered.get(hash);
    if (known?.reading.bytes.length !== length) return this.#store.read(hash, length, into);
    into.set(known.reading.bytes);
    return { bytes: into };
  }

  /** A whole chunk, which is remembered. Its bytes are valid until the next call. */
  get(hash: string, length: number): ChunkReading {
    const known = this.#remembered.get(hash);
    if (known !== undefined && known.reading.bytes.length === length) return known.reading;
    const room = length + CHUNK_ROOM;
    if (room > this.#size) return this.#store.read(hash, length);
    const start = this.#makeRoom(room);
    this.#memory ??= new Uint8Array(this.#size);
    const reading = this.#store.read(hash, length, this.#memory.subarray(start, start + room));
    if ("fault" in reading) return reading;
    this.#remembered.delete(hash);
    this.#remembered.set(hash, { start, reading });
    // The store needs the room after the bytes only while it reads.
    this.#next = start + length;
    return reading;
  }

  /**
   * A reader that got the end of a chunk will read the next chunk. If nothing else was read since, that is read into
   * the same memory, so that a sequential reader stays in the processor's cache.
   */
  #reuse(hash: string): void {
    const known = this.#remembered.get(hash);
    if (known === undefined || known.start + known.reading.bytes.length !== this.#next) return;
    this.#remembered.delete(hash);
    this.#next = known.start;
  }

  /** Forgets the chunks in the place into which the next one will be read; returns the offset of that place. */
  #makeRoom(room: number): number {
    if (this.#next + room > this.#size) {
      this.#forget(this.#next, Infinity);
      this.#next = 0;
    }
    this.#forget(this.#next, this.#next + room);
    return this.#next;
  }

  /** Forgets the chunks that begin at `from` to `to` (exclusive). The oldest chunks lie from `from` on, in order. */
  #forget(from: number, to: number): void {
    for (const [hash, { start }] of this.#remembered) {
      if (start < from || start >= to) return;
      this.#remembered.delete(hash);
    }
  }
}
