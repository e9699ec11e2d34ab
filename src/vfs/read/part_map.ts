import type { StoredPart } from "../../../projections/tree/tree_types.ts";

/** Parts are asked for by blocks of the file with some 64 parts: quickly, and once for many reads. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** How many parts one question returns; few blocks have more. */
const PARTS = 256;

/** Asks for the stored parts that hold any of bytes `from` to `to` (exclusive), ascending, at most `limit`. */
export type AskParts = (from: number, to: number, limit: number) => readonly StoredPart[];

/**
 * The stored parts of one version of a file, as far as they were asked for. The map may be outdated: a part that it
 * lacks may be stored by now, and one that it has may be evicted.
 */
export class PartMap {
  readonly #ask: AskParts;
  readonly #blocks = new Map<number, readonly StoredPart[]>();
  /** The block that was looked at last, and its parts. */
  #block = -1;
  #parts: readonly StoredPart[] = [];
  /** Where the last part was found: the next one is usually the same or a later one. */
  #last = 0;

  constructor(ask: AskParts) {
    this.#ask = ask;
  }

  forget(): void {
    this.#blocks.clear();
    this.#block = -1;
  }

  /** The part that holds the byte at `position`. */
  at(position: number): StoredPart | undefined {
    const part = this.#partBehind(position);
    return part !== undefined && part.offset <= position ? part : undefined;
  }

  /** The first position from `position` on that a stored part holds; `to` when there is none before. */
  nextStored(position: number, to: number): number {
    for (let at = position; at < to; at = blockEnd(at)) {
      const part = this.#partBehind(at);
      if (part !== undefined) return Math.min(to, Math.max(part.offset, position));
    }
    return to;
  }

  /** The first position from `position` on that no stored part holds; `to` when there is none before. */
  firstMissing(position: number, to: number): number {
    while (position < to) {
      const part = this.at(position);
      if (part === undefined) return position;
      position = part.offset + part.length;
    }
    return to;
  }

  /** The first part in the block of `position` that ends after it. */
  #partBehind(position: number): StoredPart | undefined {
    this.#goTo(Math.floor(position / BLOCK_BYTES));
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

  #goTo(block: number): void {
    if (block === this.#block) return;
    let parts = this.#blocks.get(block);
    if (parts === undefined) {
      parts = this.#load(block * BLOCK_BYTES);
      this.#blocks.set(block, parts);
    }
    this.#block = block;
    this.#parts = parts;
    this.#last = 0;
  }

  #load(from: number): readonly StoredPart[] {
    const to = from + BLOCK_BYTES;
    const parts = this.#ask(from, to, PARTS);
    if (parts.length < PARTS) return parts;
    const all = [...parts];
    for (let more = parts; more.length === PARTS;) {
      const last = more.at(-1)!;
      if (last.offset + last.length >= to) break;
      more = this.#ask(last.offset + last.length, to, PARTS);
      all.push(...more);
    }
    return all;
  }
}

function blockEnd(position: number): number {
  return (Math.floor(position / BLOCK_BYTES) + 1) * BLOCK_BYTES;
}
