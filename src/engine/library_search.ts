import {
  CollectionReader,
  FacetDirectories,
  type FacetDirectory,
  type FacetEntry,
  foundNames,
  type FoundTracks,
  IndexDamaged,
  LibraryQueries,
  type SearchOptions,
  TrackSearch,
} from "../../projections/mod.ts";
import { SEARCH_SHOWN_MAX, UserError } from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import { unknownOrigin } from "../control/mod.ts";
import type { FoundNames, SearchResult } from "../control/protocol.ts";
import { parseQuery } from "../query/mod.ts";
import { FacetListings } from "./facet_listings.ts";

/** Results when nobody says how many. */
const LIMIT = 100;

export interface LibrarySearchParts {
  /** The directory of the projections. */
  readonly directory: string;
  readonly settings: Settings;
  /** Called for each search that meets a damaged index. */
  readonly onDamaged: () => void;
}

/** What is asked for by the method `search`. */
export interface SearchParams {
  readonly query: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly fields?: readonly string[];
  readonly origin?: string;
}

/** A connection of its own, so that what is being written holds up no search. */
export interface OpenSearch {
  readonly queries: LibraryQueries;
  readonly tracks: TrackSearch;
  readonly collections: CollectionReader;
  readonly facets: FacetListings;
}

/** Answers searches. Every method throws UserError, which names the place in a query that can't be read. */
export class LibrarySearch {
  readonly #parts: LibrarySearchParts;
  #open: OpenSearch | undefined;

  constructor(parts: LibrarySearchParts) {
    this.#parts = parts;
  }

  search({ query, limit = LIMIT, origin, ...options }: SearchParams): SearchResult {
    const begin = performance.now();
    const found = this.#find(query, (search) => {
      if (origin === undefined) return { limit, ...options };
      if (search.queries.origin(origin) === undefined) throw unknownOrigin(origin);
      return { limit, origin, ...options };
    });
    const { tracks, total, isMore, corrected, filling } = found;
    return {
      results: tracks.map(({ path, title, artist, album, score, highlights }) => ({
        ...{ path, title, artist, album, score, highlights: [...highlights] },
      })),
      ...{ total, more: isMore, corrected, filling, query_ms: performance.now() - begin },
    };
  }

  /** What the directory of a query shows. Throws as well while the index is being made. */
  names(query: string): FoundNames {
    const { tracks, filling } = this.#find(query, () => ({ limit: SEARCH_SHOWN_MAX }));
    if (filling) throw stillFilling();
    const names = foundNames(tracks, this.#parts.settings.names);
    return { nodes: tracks.map(({ node }) => node), names };
  }

  /** See {@link FacetListings.entries}. */
  facetEntries(
    directory: FacetDirectory,
    after: number,
    limit: number,
  ): Promise<readonly FacetEntry[]> {
    return this.#facets((facets) => facets.entries(directory, after, limit));
  }

  /** See {@link FacetListings.find}. */
  facetEntry(directory: FacetDirectory, name: string): Promise<number | undefined> {
    return this.#facets((facets) => facets.find(directory, name));
  }

  /** To be called when another file of the library serves. */
  forget(): void {
    this.#open?.queries.close();
    this.#open = undefined;
  }

  async #facets<T>(work: (facets: FacetListings) => Promise<T>): Promise<T> {
    if (!this.#parts.settings.searchEnabled) throw searchDisabled();
    for (;;) {
      const search = this.#open ??= this.#opened();
      if (search.tracks.isFilling) throw stillFilling();
      try {
        return await work(search.facets);
      } catch (error) {
        // Another file of the library may serve meanwhile.
        if (this.#open !== search) continue;
        if (error instanceof IndexDamaged) this.#parts.onDamaged();
        throw error;
      }
    }
  }

  #find(text: string, options: (search: OpenSearch) => SearchOptions): FoundTracks {
    if (!this.#parts.settings.searchEnabled) throw searchDisabled();
    const query = parseQuery(text);
    return this.read((search) => search.tracks.find(query, options(search)));
  }

  /** Does work that reads the library and its index, and has a damaged index checked. */
  read<T>(work: (open: OpenSearch) => T): T {
    const search = this.#open ??= this.#opened();
    try {
      return work(search);
    } catch (error) {
      if (error instanceof IndexDamaged) this.#parts.onDamaged();
      throw error;
    }
  }

  #opened(): OpenSearch {
    const queries = LibraryQueries.open(this.#parts.directory);
    if (queries === undefined) throw new UserError("Cannot search: there is no library yet");
    const { connection } = queries;
    const facets = new FacetDirectories(connection, this.#parts.settings.names);
    return {
      queries,
      tracks: new TrackSearch(connection),
      collections: new CollectionReader(connection),
      facets: new FacetListings(facets),
    };
  }
}

function stillFilling(): UserError {
  return new UserError("Cannot search yet: the index is still being made");
}

function searchDisabled(): UserError {
  return new UserError("Cannot search: it is turned off", {
    hint: "features.search_enabled in the configuration turns it on",
  });
}
