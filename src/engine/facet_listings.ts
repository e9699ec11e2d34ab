import type { FacetDirectories, FacetDirectory, FacetEntry } from "../../projections/mod.ts";
import { BY_LISTED_MAX, SEARCH_FRESH_MS } from "../base/mod.ts";

/** The entries of a directory, as far as somebody has asked for them. */
class FacetListing {
  /** That of the library when it was begun, and when that was, in ms. */
  readonly version: number;
  readonly begunAt = performance.now();
  readonly entries: FacetEntry[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #source: Iterator<readonly FacetEntry[]>;
  #isWhole = false;
  #growing: Promise<void> | undefined;

  constructor(version: number, source: Iterator<readonly FacetEntry[]>) {
    this.version = version;
    this.#source = source;
  }

  /** Entries with a number above `after`, ascending; fewer than `limit` means that they are the last. */
  async above(after: number, limit: number): Promise<readonly FacetEntry[]> {
    let first = firstAbove(this.entries, after);
    while (!this.#isWhole && this.entries.length - first < limit) {
      await this.#grow();
      first = firstAbove(this.entries, after);
    }
    return this.entries.slice(first, first + limit);
  }

  /** The number of a name among the entries so far. */
  known(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  async find(name: string): Promise<number | undefined> {
    while (!this.#isWhole && !this.#numbers.has(name)) await this.#grow();
    return this.#numbers.get(name);
  }

  /** Does some ms of work; the event loop turns before there is more. All who want more wait together. */
  #grow(): Promise<void> {
    return this.#growing ??= this.#next().finally(() => this.#growing = undefined);
  }

  async #next(): Promise<void> {
    const { done, value } = this.#source.next();
    if (done) this.#isWhole = true;
    for (const entry of value ?? []) {
      this.entries.push(entry);
      this.#numbers.set(entry.name, entry.number);
    }
    await new Promise((turn) => setTimeout(turn, 0));
  }
}

/**
 * The directories of facets that somebody looks into. Entries are ordered by number: a reader who goes on after the
 * library has changed, in another listing, misses nothing that was there all the time, and sees nothing twice.
 */
export class FacetListings {
  readonly #directories: FacetDirectories;
  /** The one that was used last stands at the end. */
  readonly #listings = new Map<string, FacetListing>();

  constructor(directories: FacetDirectories) {
    this.#directories = directories;
  }

  /** Entries with a number above `after` (-1 at the start); fewer than `limit` means that they are the last. */
  async entries(
    directory: FacetDirectory,
    after: number,
    limit: number,
  ): Promise<readonly FacetEntry[]> {
    const kept = after < 0 ? undefined : this.#listings.get(keyOf(directory));
    const entries = await (kept ?? this.#listing(directory)).above(after, limit);
    this.#trim();
    return entries;
  }

  /** The number of the entry with a name. */
  async find(directory: FacetDirectory, name: string): Promise<number | undefined> {
    const plain = this.#directories.plainValue(directory, name);
    if (plain !== undefined) return plain;
    const number = this.#listings.get(keyOf(directory))?.known(name);
    if (number !== undefined && this.#directories.isStill(directory, { number, name })) {
      return number;
    }
    if (!this.#directories.mayBe(directory, name)) return undefined;
    const found = await this.#listing(directory).find(name);
    this.#trim();
    return found;
  }

  /** A listing of the library as it is now, or was a moment ago. */
  #listing(directory: FacetDirectory): FacetListing {
    const key = keyOf(directory);
    const { version } = this.#directories;
    let listing = this.#listings.get(key);
    this.#listings.delete(key);
    const isFresh = listing !== undefined &&
      (listing.version === version || performance.now() < listing.begunAt + SEARCH_FRESH_MS);
    if (!isFresh) listing = new FacetListing(version, this.#directories.entries(directory));
    this.#listings.set(key, listing!);
    return listing!;
  }

  #trim(): void {
    let entries = 0;
    for (const listing of this.#listings.values()) entries += 1 + listing.entries.length;
    for (const [key, listing] of this.#listings) {
      if (entries <= BY_LISTED_MAX || this.#listings.size === 1) return;
      this.#listings.delete(key);
      entries -= 1 + listing.entries.length;
    }
  }
}

function keyOf({ facet, wanted }: FacetDirectory): string {
  return [facet, ...wanted.map(({ value }) => value)].join("/");
}

function firstAbove(entries: readonly FacetEntry[], after: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.number > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
