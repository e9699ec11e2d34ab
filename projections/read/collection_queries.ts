import type { DatabaseSync } from "node:sqlite";
import { foldCase, toTrackId, type TrackId } from "../../src/base/mod.ts";
import { FACTS } from "../catalog/search_facts.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Row } from "../core/query.ts";
import { type BuiltInCollection, builtInCollections } from "./built_in_collections.ts";

/** A collection that somebody saved. */
export interface SavedCollection {
  readonly name: string;
  /** The text of its query; null for a list of tracks. */
  readonly query: string | null;
  /** When it was last saved, in ms since 1970. */
  readonly at: number;
}

/** Other years are mistakes in tags. */
const YEARS = { first: 1000, last: 2999 };

/** Queries about the collections that were saved. They change nothing. */
export class CollectionQueries {
  readonly #ask: PreparedQueries;

  constructor(db: DatabaseSync) {
    this.#ask = new PreparedQueries(db);
  }

  /** Whether the collections of a library of an older version are still being looked for in its log. */
  get isFilling(): boolean {
    return !this.#has("collections");
  }

  /** Those that are always there; of the decades those of which there is music. */
  builtIn(): readonly BuiltInCollection[] {
    if (!this.#has("search_facts")) return builtInCollections([]);
    const decades = this.#ask.all(
      `SELECT DISTINCT step / 10 * 10 AS decade FROM search_facts
        WHERE kind = '${FACTS.year.letter}' AND step BETWEEN ${YEARS.first} AND ${YEARS.last}
        ORDER BY decade`,
    );
    return builtInCollections(decades.map(([decade]) => decade as number));
  }

  /** The names of all, those that are always there first. */
  names(): string[] {
    return [...this.builtIn(), ...this.all()].map(({ name }) => name);
  }

  #has(table: string): boolean {
    const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
    return this.#ask.get(sql, table) !== undefined;
  }

  /** All of them by their names; none while `isFilling`. */
  all(): SavedCollection[] {
    if (this.isFilling) return [];
    return this.#ask.all("SELECT name, query, at FROM collections ORDER BY folded").map(collection);
  }

  /** The one of a name, in any case; undefined when there is none, and while `isFilling`. */
  get(name: string): SavedCollection | undefined {
    if (this.isFilling) return undefined;
    const sql = "SELECT name, query, at FROM collections WHERE folded = ?";
    const row = this.#ask.get(sql, foldCase(name));
    return row && collection(row);
  }

  /**
   * The tracks of a list in their order, as they are now: one that was merged into another since is that other one.
   * Tracks that are gone are among them.
   */
  tracks(name: string): TrackId[] {
    return this.#ask.all(
      `SELECT coalesce(f.track, t.track) AS track
        FROM collections c JOIN collection_tracks t ON t.collection = c.id
        LEFT JOIN files f ON f.number = t.track
        WHERE c.folded = ? ORDER BY t.place`,
      foldCase(name),
    ).map(([track]) => toTrackId(track as number));
  }
}

function collection([name, query, at]: Row): SavedCollection {
  return { name, query, at } as SavedCollection;
}
