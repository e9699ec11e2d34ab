import { directoryHash } from "../../../projections/tree/directory_hash.ts";
import {
  type NodeId,
  nodeOfSearch,
  SEARCH_NAMES_MAX,
  SEARCH_NUMBERS,
  SEARCH_RECENT_MAX,
} from "../../base/mod.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import type { SearchListing } from "./_search_listing.ts";

/** How many names are given up at a time, so that the kernel is not told at each new one. */
const GIVEN_UP = 128;

/** The directory of a query. Its fields are the provider's to set. */
export interface SearchDirectory {
  readonly id: NodeId;
  /** Its name. */
  readonly query: string;
  /** The newest results, while they are kept. */
  listing: SearchListing | undefined;
  /** The results before those, for those who are still reading them. */
  before: SearchListing | undefined;
  /** The file that says what is wrong with the query, when it can't be read. */
  error: NodeRecipe | undefined;
  /** When the newest results were asked for, and when somebody last looked at them, ms. */
  askedAt: number;
  usedAt: number;
  /** The kernel may have kept what it was listed. */
  isListed: boolean;
  /** Resolves with newer results. */
  asking: Promise<SearchListing> | undefined;
}

/** The queries that somebody named, a bounded number of them, and those that were listed last. */
export class SearchDirectories {
  /** The one that was used last stands at the end. */
  readonly #byId = new Map<NodeId, SearchDirectory>();
  /** The one that was listed last stands at the end. */
  readonly #recent = new Set<SearchDirectory>();
  readonly #onGivenUp: (directories: readonly NodeId[]) => void;

  /** `onGivenUp` gets directories that are not kept any more, which the kernel may still know. */
  constructor(onGivenUp: (directories: readonly NodeId[]) => void) {
    this.#onGivenUp = onGivenUp;
  }

  /** The directories that were listed last, in no order. */
  get recent(): Iterable<SearchDirectory> {
    return this.#recent;
  }

  get(id: NodeId): SearchDirectory | undefined {
    return this.#byId.get(id);
  }

  /** The directory of a query, which is made when there is none. */
  named(query: string): SearchDirectory {
    let hash = directoryHash(query) % SEARCH_NUMBERS;
    for (;;) {
      const found = this.#byId.get(nodeOfSearch(hash));
      if (found === undefined) return this.#make(nodeOfSearch(hash), query);
      if (found.query === query) return this.use(found);
      hash = (hash + 1) % SEARCH_NUMBERS;
    }
  }

  /** To be called when somebody looks into the directory. Returns it. */
  use(directory: SearchDirectory): SearchDirectory {
    this.#byId.delete(directory.id);
    this.#byId.set(directory.id, directory);
    return directory;
  }

  /** To be called when somebody lists a directory that is kept. Returns whether others are the recent ones now. */
  listed(directory: SearchDirectory): boolean {
    const isNew = !this.#recent.delete(directory);
    this.#recent.add(directory);
    if (this.#recent.size > SEARCH_RECENT_MAX) {
      for (const oldest of this.#recent) {
        this.#recent.delete(oldest);
        break;
      }
    }
    return isNew;
  }

  /** To be called when the kernel no longer knows the directory. */
  forgotten(directory: SearchDirectory): void {
    if (!this.#recent.has(directory)) this.#byId.delete(directory.id);
  }

  #make(id: NodeId, query: string): SearchDirectory {
    const directory: SearchDirectory = {
      ...{ id, query, listing: undefined, before: undefined, error: undefined },
      ...{ askedAt: -Infinity, usedAt: -Infinity, isListed: false, asking: undefined },
    };
    this.#byId.set(id, directory);
    if (this.#byId.size > SEARCH_NAMES_MAX) this.#giveUp();
    return directory;
  }

  #giveUp(): void {
    const givenUp: NodeId[] = [];
    for (const directory of this.#byId.values()) {
      if (givenUp.length === GIVEN_UP) break;
      if (this.#recent.has(directory) || directory.listing !== undefined) continue;
      this.#byId.delete(directory.id);
      givenUp.push(directory.id);
    }
    this.#onGivenUp(givenUp);
  }
}
