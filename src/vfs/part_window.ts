import type { StoredPart } from "../../projections/tree_types.ts";
import { CHUNK_BYTES_AVERAGE } from "../base/mod.ts";

/** Parts asked for at a time: some 4 MiB, so that a sequential reader asks that often. */
const PARTS = 64;
/** A reader that jumps about asks for four times as many, each time it left what is known, up to this many. */
const PARTS_MAX = 1024;
/** Files of this size have about as many. */
const WIDE_BYTES = PARTS_MAX * CHUNK_BYTES_AVERAGE;

/** Stored parts that hold any of the bytes `from` and up, ascending, at most `limit`. */
export type AskParts = (from: number, limit: number) => readonly StoredPart[];

/**
 * The stored parts of one version of a file around the place where somebody reads: so that the library is asked once
 * for many reads. What it knows may be old: a part that is missing here may be stored by now, a part that is here
 * may be evicted.
 */
export class PartWindow {
  readonly #ask: AskParts;
  readonly #size: number;
  #parts: readonly StoredPart[] = [];
  /** Every stored part that holds any of these bytes is in `#parts`. */
  #from = 0;
  #to = 0;
  /** Where the last part was found: mostly the next is there, too, or behind it. */
  #last = 0;
  #limit = PARTS;

  constructor(size: number, ask: AskParts) {
    this.#size = size;
    this.#ask = ask;
  }

  /** How many parts are held in memory. */
  get length(): number {
    return this.#parts.length;
  }

  forget(): void {
    this.#parts = [];
    this.#to = this.#from = this.#last = 0;
  }

  /** The part that holds the byte at `position`. */
  at(position: number): StoredPart | undefined {
    const part = this.#partBehind(position);
    return part !== undefined && part.offset <= position ? part : undefined;
  }

  /** The first position from `position` on, up to `to`, that a stored part holds. */
  nextStored(position: number, to: number): number {
    const part = this.#partBehind(position);
    if (part === undefined) return Math.min(to, this.#to);
    return Math.min(to, Math.max(part.offset, position));
  }

  /** The first position from `position` on, up to `to`, that no stored part holds. */
  firstMissing(position: number, to: number): number {
    while (position < to) {
      const part = this.at(position);
      if (part === undefined) return position;
      position = part.offset + part.length;
    }
    return to;
  }

  /** The first part that ends behind `position`. */
  #partBehind(position: number): StoredPart | undefined {
    if (position < this.#from || position >= this.#to) this.#load(position);
    const parts = this.#parts;
    for (let i = this.#last, tries = 0; tries < 2; i++, tries++) {
      const part = parts[i];
      if (part === undefined || part.offset > position) break;
      if (position >= part.offset + part.length) continue;
      this.#last = i;
      return part;
    }
    let low = 0;
    let high = parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const part = parts[middle]!;
      if (part.offset + part.length > position) high = middle;
      else low = middle + 1;
    }
    this.#last = low;
    return parts[low];
  }

  #load(position: number): void {
    const leftBehind = this.#to > 0 && position !== this.#to;
    this.#limit = leftBehind ? Math.min(this.#limit * 4, PARTS_MAX) : PARTS;
    // Who jumps about will come back to what lies before, as well.
    const isWide = this.#limit === PARTS_MAX && this.#size <= WIDE_BYTES;
    if (isWide) this.#take(0);
    if (!isWide || position >= this.#to) this.#take(position);
  }

  #take(from: number): void {
    const parts = this.#ask(from, this.#limit);
    this.#parts = parts;
    this.#from = from;
    this.#to = parts.length < this.#limit ? this.#size : end(parts);
    this.#last = 0;
  }
}

function end(parts: readonly StoredPart[]): number {
  const last = parts.at(-1)!;
  return last.offset + last.length;
}
