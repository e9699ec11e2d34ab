import { CHUNK_BYTES_AVERAGE, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "../../base/mod.ts";
import { GEAR } from "./gear.ts";

/**
 * Up to the average size, a chunk ends where this many more bits are zero than the average asks for; above it, where
 * this many fewer are.
 */
const NORMALISATION = 2;
const BITS = Math.log2(CHUNK_BYTES_AVERAGE);
/**
 * The masks select upper bits of the hash, since bit n depends on the last n + 1 bytes. The strict mask contains the
 * lenient one.
 */
const STRICT = upperBits(BITS + NORMALISATION);
const LENIENT = upperBits(BITS - NORMALISATION);

/**
 * Cuts a run of bytes at places that depend on their content alone: so bytes that are known already, at another offset
 * or in another file, become chunks that are known already. This is FastCDC with normalised chunking (Xia et al.,
 * USENIX ATC 2016; IEEE TPDS 2020): a rolling hash with one look-up a byte, which skips the first bytes of a chunk, and
 * two masks that draw the sizes towards the average.
 *
 * Pushed bytes belong to the chunker; chunks are views of them where possible.
 */
export class Chunker {
  /** Offset, in the file, of the chunk that is being collected. */
  #start: number;
  /** Descending: the next border is the last element. */
  readonly #borders: number[];
  /** Bytes of the chunk that is being collected, from earlier pushes. */
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  #hash = 0;

  /**
   * `start` is the offset in the file of the first byte that will be pushed; `borders` are the offsets at which a chunk
   * must end, whatever the content.
   */
  constructor(start: number, borders: readonly number[]) {
    this.#start = start;
    this.#borders = borders.filter((border) => border > start).sort((a, b) => b - a);
  }

  /** Adds bytes; returns the chunks that these complete. */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let from = 0;
    while (from < bytes.length) {
      const end = this.#chunkEnd(bytes, from);
      if (end === undefined) {
        this.#pieces.push(bytes.subarray(from));
        this.#length += bytes.length - from;
        break;
      }
      chunks.push(this.#take(bytes.subarray(from, end)));
      from = end;
    }
    return chunks;
  }

  /** To be called after the last push: returns the rest, as one chunk or none. */
  end(): Uint8Array<ArrayBuffer>[] {
    const last = this.#pieces.pop();
    if (last === undefined) return [];
    this.#length -= last.length;
    return [this.#take(last)];
  }

  /**
   * Index after the last byte of the chunk that continues at `from`; undefined when the chunk doesn't end within
   * `bytes`.
   */
  #chunkEnd(bytes: Uint8Array, from: number): number | undefined {
    // Index in `bytes` at which the chunk would have started.
    const origin = from - this.#length;
    const border = (this.#borders.at(-1) ?? Infinity) - this.#start;
    const limit = Math.min(border, CHUNK_BYTES_MAX) + origin;
    // `| 0` tells the compiler that these are whole numbers; else the loops count in floating point, three times as
    // slowly.
    const stop = Math.min(limit, bytes.length) | 0;
    const strictStop = Math.min(stop, origin + CHUNK_BYTES_AVERAGE) | 0;
    let at = Math.max(from, origin + CHUNK_BYTES_MIN) | 0;
    const gear = GEAR;
    let hash = this.#hash | 0;
    for (; at < strictStop; at++) {
      hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
      if ((hash & STRICT) === 0) return at + 1;
    }
    for (; at < stop; at++) {
      hash = ((hash << 1) + gear[bytes[at]!]!) | 0;
      if ((hash & LENIENT) === 0) return at + 1;
    }
    this.#hash = hash;
    return stop === limit ? limit : undefined;
  }

  /** Ends the chunk with these bytes as its last, and returns it. */
  #take(last: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = this.#length + last.length;
    let chunk = last;
    if (this.#pieces.length > 0) {
      chunk = new Uint8Array(length);
      let at = 0;
      for (const piece of this.#pieces) {
        chunk.set(piece, at);
        at += piece.length;
      }
      chunk.set(last, at);
      this.#pieces = [];
    }
    this.#start += length;
    this.#length = 0;
    this.#hash = 0;
    while (this.#borders.length > 0 && this.#borders.at(-1)! <= this.#start) this.#borders.pop();
    return chunk;
  }
}

function upperBits(count: number): number {
  return -1 << (32 - count);
}
