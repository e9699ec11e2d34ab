import { VERIFIED_BYTES } from "../../base/mod.ts";
import {
  CHUNK_ROOM,
  type ChunkReading,
  type ChunkStore,
  type VerifiedBytes,
} from "./chunk_store.ts";

/** Up to so many bytes of a chunk are compared without the rest of it: a sequential reader asks for more at a time. */
const FEW_BYTES = 8 * 1024;

interface Remembered {
  /** Where in the memory it begins. */
  readonly start: number;
  readonly reading: { readonly bytes: VerifiedBytes };
}

/**
 * Chunks that were compared with their checksum a moment ago, so that small reads of one chunk compare it once.
 *
 * One piece of memory, written round and round: a chunk is read where the last one ended, over the oldest ones. So
 * nothing is allocated, whatever is read, and the bound is exact. A chunk that is read all the time is lost
 * with the others of its age and compared again, once in hundreds of chunks: cheaper than keeping a list of
 * what was used when.
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
   * Bytes `from` to `to` (exclusive) of a chunk; they stay what they are until the next call. Of a chunk that is not
   * remembered, few bytes are read by themselves.
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

  /** A whole chunk, put into `into`, which is as long. The chunk is not remembered: its reader has all of it. */
  whole(hash: string, length: number, into: Uint8Array<ArrayBuffer>): ChunkReading {
    const known = this.#remembered.get(hash);
    if (known?.reading.bytes.length !== length) return this.#store.read(hash, length, into);
    into.set(known.reading.bytes);
    return { bytes: into };
  }

  /** A chunk as the store reads it. Its bytes stay what they are until the next call. */
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
    // The room behind the bytes is needed only while the store reads.
    this.#next = start + length;
    return reading;
  }

  /**
   * A reader that got the end of a chunk goes on to the next chunk. If nothing else was read since, the next chunk is read
   * to the same memory, so that a sequential reader stays in the processor's cache.
   */
  #reuse(hash: string): void {
    const known = this.#remembered.get(hash);
    if (known === undefined || known.start + known.reading.bytes.length !== this.#next) return;
    this.#remembered.delete(hash);
    this.#next = known.start;
  }

  /** Forgets what lies where the next chunk is to be read; returns where that is. */
  #makeRoom(room: number): number {
    if (this.#next + room > this.#size) {
      this.#forget(this.#next, Infinity);
      this.#next = 0;
    }
    this.#forget(this.#next, this.#next + room);
    return this.#next;
  }

  /** From `from` on lie the oldest chunks, one behind the other. */
  #forget(from: number, to: number): void {
    for (const [hash, { start }] of this.#remembered) {
      if (start < from || start >= to) return;
      this.#remembered.delete(hash);
    }
  }
}
