import { CHUNK_BYTES_AVERAGE, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "../../base/mod.ts";
import { GEAR } from "./gear.ts";

/** How many bits more than the average asks for must be zero below it, and fewer above it. */
const NORMALISATION = 2;
const BITS = Math.log2(CHUNK_BYTES_AVERAGE);
/**
 * The upper bits of the hash are looked at: bit n knows of the last n + 1 bytes. The strict mask contains the
 * lenient one.
 */
const STRICT = upperBits(BITS + NORMALISATION);
const LENIENT = upperBits(BITS - NORMALISATION);

/**
 * Cuts a run of bytes where their content says so, so that bytes which are known already, at another offset or in
 * another file, become chunks that are known already. FastCDC with normalised chunking (Xia et al., USENIX ATC
 * 2016; IEEE TPDS 2020): a rolling hash of one look-up a byte, the first bytes of a chunk skipped, and two masks that
 * draw the sizes towards the average.
 *
 * What was pushed belongs to the chunker, and the chunks are views of it where they can be.
 */
export class Chunker {
  /** Offset in the file of the chunk that is being collected. */
  #start: number;
  /** Descending: the next one is last. */
  readonly #borders: number[];
  /** Bytes of that chunk from earlier pushes. */
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  #hash = 0;

  /**
   * `start` is the offset in the file of the first byte that will come, `borders` those at which a chunk has to end
   * whatever stands there.
   */
  constructor(start: number, borders: readonly number[]) {
    this.#start = start;
    this.#borders = borders.filter((border) => border > start).sort((a, b) => b - a);
  }

  /** The chunks that these bytes complete. */
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

  /** What is left when nothing more comes: one chunk or none. */
  end(): Uint8Array<ArrayBuffer>[] {
    const last = this.#pieces.pop();
    if (last === undefined) return [];
    this.#length -= last.length;
    return [this.#take(last)];
  }

  /** Index behind the last byte of the chunk that goes on at `from`; undefined when the bytes do not hold it. */
  #chunkEnd(bytes: Uint8Array, from: number): number | undefined {
    // Index in `bytes` at which the chunk would have started.
    const origin = from - this.#length;
    const border = (this.#borders.at(-1) ?? Infinity) - this.#start;
    const limit = Math.min(border, CHUNK_BYTES_MAX) + origin;
    // Whole numbers to the compiler too, or the loops count in floating point: three times as slow.
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

  /** Closes the chunk with these bytes as its last. */
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
