import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import { type FacetName, type NodeId, nodeOfTrack, type TrackId } from "../../src/base/mod.ts";
import { formatWord, originWord } from "../catalog/search_columns.ts";
import { FACTS, factWord } from "../catalog/search_facts.ts";
import { facetValue, facetWord, RARE, TrackFacets, WORDED } from "../catalog/track_facets.ts";
import { quotedWord } from "../catalog/search_text.ts";
import { isDamage } from "../core/library_error.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { foundName } from "../naming/found_names.ts";
import { fieldNamed } from "../../src/query/mod.ts";
import { matchOrEvery } from "./_search_parts.ts";
import { type SearchedTrack, SearchedTracks } from "./_searched_track.ts";
import { IndexDamaged } from "./track_search.ts";

/** A value that tracks must have. */
export interface WantedValue {
  readonly facet: FacetName;
  readonly value: number;
}

/** A value that some tracks have. */
export interface FoundValue {
  readonly value: number;
  /** As most of all tracks spell it; "" for tracks that have none. */
  readonly spelling: string;
}

/** A track, and the name that it gets in a directory of tracks from anywhere when no other wants it. */
export interface NamedNode {
  readonly node: NodeId;
  readonly wanted: string;
}

/** Rows that are read at a time: some ms of work. */
const PAGE_ROWS = 500;
const PAGE_TRACKS = 250;
/** So many tracks are looked at in the time in which the index is asked for one value. */
const TRACKS_A_VALUE = 2;
/** However many values there are: nothing is known of them before the last track was looked at. */
const LOOKED_AT_MAX = 20_000;

/**
 * Finds the values of facets, and the tracks that have them, through the search index. It changes nothing. What may take
 * long comes in pages, which may be empty, each some ms of work; the library may change between two. Throws IndexDamaged.
 */
export class FacetReader {
  readonly #ask: PreparedQueries;
  readonly #tracks: SearchedTracks;
  readonly #facets = new TrackFacets();

  constructor(db: DatabaseSync) {
    this.#ask = new PreparedQueries(db);
    this.#tracks = new SearchedTracks(db);
  }

  /** A number that is another after each change of the library. */
  get version(): number {
    return guarded(() => this.#ask.get("PRAGMA data_version")![0] as number);
  }

  /** How most of the tracks that have a value spell it; undefined when none has it. */
  spelling(facet: FacetName, value: number): string | undefined {
    return guarded(() =>
      this.#ask.get(
        `SELECT spelling FROM search_values WHERE facet = ? AND value = ?
          ORDER BY tracks DESC, spelling LIMIT 1`,
        ...[facet, value],
      )?.[0] as string | undefined
    );
  }

  /** Whether any track has all of these values. */
  isAny(wanted: readonly WantedValue[]): boolean {
    return guarded(() =>
      this.#ask.get(
        "SELECT rowid FROM search WHERE search MATCH ? LIMIT 1",
        this.#match(wanted),
      ) !==
        undefined
    );
  }

  /** The values of a facet among the tracks that have all of these values, ascending. */
  *values(facet: FacetName, wanted: readonly WantedValue[]): IterableIterator<FoundValue[]> {
    if (wanted.length === 0) return yield* this.#everyValue(facet);
    const values = guarded(() =>
      this.#count("search_values WHERE facet = ?", facet, LOOKED_AT_MAX)
    );
    const most = Math.min(LOOKED_AT_MAX, TRACKS_A_VALUE * values);
    const tracks = guarded(() =>
      this.#count("search WHERE search MATCH ?", this.#match(wanted), most + 1)
    );
    if (tracks <= most) return yield* this.#valuesOfTracks(facet, wanted);
    for (const page of this.#everyValue(facet)) {
      for (let from = 0; from < page.length; from += PAGE_TRACKS) {
        yield page.slice(from, from + PAGE_TRACKS)
          .filter(({ value }) => this.isAny([...wanted, { facet, value }]));
      }
    }
  }

  /** The tracks that have all of these values, ascending by number. */
  *tracks(wanted: readonly WantedValue[], names: NamesFor): IterableIterator<NamedNode[]> {
    for (const page of this.#pages(wanted)) {
      yield page.map(({ track, document }) => ({
        node: nodeOfTrack(track),
        wanted: nameOf(track, document, names),
      }));
    }
  }

  /** The name that a track gets in a directory when no other wants it; undefined unless it has all of these values. */
  wantedName(track: TrackId, wanted: readonly WantedValue[], names: NamesFor): string | undefined {
    return guarded(() => {
      const found = this.#ask.get(
        "SELECT rowid FROM search WHERE search MATCH ? AND rowid = ?",
        ...[this.#match(wanted), track],
      );
      const read = found && this.#tracks.get(track);
      return read && nameOf(track, read.document, names);
    });
  }

  *#everyValue(facet: FacetName): IterableIterator<FoundValue[]> {
    for (let after = -1;;) {
      const rows = guarded(() =>
        this.#ask.all(
          `SELECT value, spelling, tracks FROM search_values WHERE facet = ? AND value > ?
            ORDER BY value, tracks DESC, spelling LIMIT ?`,
          ...[facet, after, PAGE_ROWS],
        )
      ) as [number, string, number][];
      const page: FoundValue[] = [];
      for (const [value, spelling] of rows) {
        // The first spelling of each value is the one of most tracks.
        if (page.at(-1)?.value !== value) page.push({ value, spelling });
      }
      yield page;
      if (rows.length < PAGE_ROWS) return;
      after = page.at(-1)!.value;
    }
  }

  *#valuesOfTracks(
    facet: FacetName,
    wanted: readonly WantedValue[],
  ): IterableIterator<FoundValue[]> {
    const values = new Set<number>();
    for (const page of this.#pages(wanted)) {
      for (const { track, document } of page) {
        const added = facet === "added" ? this.#tracks.added(track)[0] ?? 0 : 0;
        const { spellings } = this.#facets.one(facet, document, added);
        for (const { value } of spellings) values.add(value);
      }
      yield [];
    }
    const found = [...values].sort((one, other) => one - other);
    for (let from = 0; from < found.length; from += PAGE_ROWS) {
      yield found.slice(from, from + PAGE_ROWS).flatMap((value) => {
        const spelling = this.spelling(facet, value);
        return spelling === undefined ? [] : [{ value, spelling }];
      });
    }
  }

  *#pages(wanted: readonly WantedValue[]): IterableIterator<SearchedTrack[]> {
    for (let after = 0;;) {
      const tracks = guarded(() =>
        this.#ask.all(
          "SELECT rowid FROM search WHERE search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?",
          ...[this.#match(wanted), after, PAGE_TRACKS],
        )
      ) as [TrackId][];
      yield guarded(() => tracks.flatMap(([track]) => this.#tracks.get(track) ?? []));
      if (tracks.length < PAGE_TRACKS) return;
      after = tracks.at(-1)![0];
    }
  }

  /** The expression that finds the tracks with all of these values. */
  #match(wanted: readonly WantedValue[]): string {
    const parts = wanted.map((it) => this.#part(it));
    const unwanted = parts.flatMap(({ isNot, match }) => isNot ? [match] : []);
    const others = parts.flatMap(({ isNot, match }) => isNot ? [] : [match]).join(" AND ");
    if (unwanted.length === 0) return others || matchOrEvery(null);
    return `(${others || matchOrEvery(null)}) NOT (${unwanted.join(" OR ")})`;
  }

  /** What finds the tracks with a value, or (`isNot`) those without it. */
  #part({ facet, value }: WantedValue): { match: string; isNot: boolean } {
    if (RARE.has(facet) && value === facetValue(facet, "")) {
      return { match: factOf(facetWord(value)), isNot: true };
    }
    const spelling = WORDED.has(facet) ? this.spelling(facet, value) ?? "" : "";
    const words = spelling === "" ? [facetWord(value)] : wordsOf(facet, spelling);
    return { match: `(${words.map(factOf).join(" OR ")})`, isNot: false };
  }

  #count(rows: string, value: string, most: number): number {
    return this.#ask.get(
      `SELECT count(*) AS rows FROM (SELECT 1 FROM ${rows} LIMIT ?)`,
      ...[value, most],
    )![0] as number;
  }
}

/** The disc is named where an album has several, as far as the track itself says. */
function nameOf(track: TrackId, document: SearchedTrack["document"], names: NamesFor): string {
  const { names: { title, artist, album, disc, track: number }, format } = document.state;
  const facts = { track, title, artist, album, disc, number, format: format ?? "" };
  const hasDiscs = disc > 1 || document.numbers(TOTAL_DISCS).some((discs) => discs > 1);
  return foundName(facts, hasDiscs, names);
}

const TOTAL_DISCS = fieldNamed("totaldiscs");

function guarded<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw isDamage(error) ? new IndexDamaged(error) : error;
  }
}

function factOf(word: string): string {
  return `{facts} : ${quotedWord(word)}`;
}

/** The words of the index for a value of one of the facets in WORDED. */
function wordsOf(facet: FacetName, spelling: string): string[] {
  switch (facet) {
    case "format":
      return [formatWord(spelling)];
    case "origin":
      return [originWord(spelling)];
    case "added": {
      const [first, end] = [0, 1].map((months) => {
        const date = new Date(`${spelling}-01T00:00:00Z`);
        date.setUTCMonth(date.getUTCMonth() + months);
        return FACTS.added.stepOf(date.getTime());
      });
      return range(first!, end!).map((day) => factWord(FACTS.added, day));
    }
    default: {
      const first = parseInt(spelling);
      return range(first, first + (facet === "decade" ? 10 : 1))
        .map((year) => factWord(FACTS.year, year));
    }
  }
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}
