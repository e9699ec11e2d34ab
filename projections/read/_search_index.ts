import type { DatabaseSync } from "node:sqlite";
import { nodeOfTrack, type TrackId } from "../../src/base/mod.ts";
import type { SortKey } from "../../src/query/mod.ts";
import { fieldNamed } from "../../src/query/mod.ts";
import { type FactKind, FACTS, factWord, isFact } from "../catalog/search_facts.ts";
import { quotedWord, VALUE_END } from "../catalog/search_text.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { matchOrEvery, rowText } from "./_search_parts.ts";
import { type FreePart, MOMENT_COLUMNS, type Plan } from "./_search_plan.ts";
import { bySortKeys, inAlbumOrder, scoreOf } from "./_search_ranking.ts";
import type { SearchedTrack, SearchedTracks } from "./_searched_track.ts";
import type { MatchedTrack } from "./_track_match.ts";

/** A track with its score. */
export interface RankedTrack {
  readonly track: SearchedTrack;
  readonly score: number;
}

/** Tracks that match, the first ones in their order. */
export interface Ranked {
  readonly tracks: readonly RankedTrack[];
  readonly total: number;
  /** Whether there are, or may be, more than `total`. */
  readonly isMore: boolean;
}

/** At least so many candidates are compared with each other, however few are wanted. */
const RANKED_MIN = 200;
/** How far results are counted. */
const COUNTED_MAX = 10_000;
/** How many tracks are tested of which the index does not know exactly whether they match. */
const TESTED_MAX = 20_000;
/** With more matches than this, the counts of numbers tell which come first in an order. */
export const SORTED_MAX = 2_000;
const PAGE_TRACKS = 1_000;

/** When many tracks match, those are ranked of which these fields have all words, before others. */
const FIRST_COLUMNS = ["{title artist}", "{title artist albumartist album}"];

/** Asks the index for the tracks of a plan. */
export class SearchIndex {
  readonly #db: DatabaseSync;
  readonly #ask: PreparedQueries;
  readonly #tracks: SearchedTracks;

  constructor(db: DatabaseSync, tracks: SearchedTracks) {
    this.#db = db;
    this.#ask = new PreparedQueries(db);
    this.#tracks = tracks;
  }

  /**
   * The best `wanted` matches, the best first. Where many tracks match, those are sought first whose title or artist is
   * what was asked for, then those that have all words there; only some of the rest are compared.
   */
  best(plan: Plan, wanted: number): Ranked {
    const most = Math.max(RANKED_MIN, wanted);
    const { ids, total, isMore } = plan.isExact
      ? this.#known(plan, most)
      : this.#tested(plan, most);
    const tracks = ids.flatMap((id) => this.#tracks.get(id) ?? [])
      .map((track) => ({ track, score: scoreOf(track, plan.free) }))
      .sort((one, other) => other.score - one.score || inAlbumOrder(one.track, other.track));
    return { tracks, total, isMore };
  }

  /** The first `wanted` matches in an order. */
  sorted(plan: Plan, keys: readonly SortKey[], wanted: number): Ranked {
    const total = plan.isExact ? this.#count(plan, SORTED_MAX + 1) : 0;
    const isLarge = total > SORTED_MAX;
    const ids = isLarge ? this.#firstBy(keys, plan, wanted) : this.#every(plan);
    const tracks = ids.flatMap((id) => this.#tracks.get(id) ?? [])
      .filter((track) => plan.isExact || plan.test(track))
      .sort(bySortKeys(keys));
    const counted = isLarge ? this.#count(plan, COUNTED_MAX + 1) : tracks.length;
    return {
      tracks: tracks.map((track) => ({ track, score: scoreOf(track, plan.free) })),
      total: Math.min(counted, COUNTED_MAX),
      isMore: counted > COUNTED_MAX,
    };
  }

  /**
   * The numbers of the first `wanted` matches in an order. Where very many match, tracks that are equal in an order by
   * one moment or year come by their numbers, since to compare more of them takes too long.
   */
  ordered(plan: Plan, keys: readonly SortKey[], wanted: number): TrackId[] {
    const isLarge = plan.isExact && this.#count(plan, SORTED_MAX + 1) > SORTED_MAX;
    if (isLarge && isKnownOrder(keys)) return this.#firstBy(keys, plan, wanted).slice(0, wanted);
    return this.sorted(plan, keys, wanted).tracks.slice(0, wanted)
      .map(({ track: { track } }) => track);
  }

  /** The numbers of all matches in pages, which may be empty, ascending. */
  *numbers(plan: Plan): IterableIterator<TrackId[]> {
    for (const ids of this.#ascending(plan)) {
      yield plan.isExact ? ids : ids.filter((id) => {
        const track = this.#tracks.get(id);
        return track !== undefined && plan.test(track);
      });
    }
  }

  /** These tracks in an order, without those that are not there any more. */
  inOrder(tracks: readonly TrackId[], keys: readonly SortKey[]): TrackId[] {
    return tracks.flatMap((id) => this.#tracks.get(id) ?? []).sort(bySortKeys(keys))
      .map(({ track }) => track);
  }

  /** All matches in pages, which may be empty, ascending by number. */
  *pages(plan: Plan): IterableIterator<MatchedTrack[]> {
    for (const ids of this.#ascending(plan)) yield ids.flatMap((id) => this.#matched(id, plan));
  }

  /** The tracks that the index finds, in pages, ascending by number. */
  *#ascending(plan: Plan): IterableIterator<TrackId[]> {
    const { sql, values } = conditionsOf(plan);
    const match = matchOrEvery(plan.match);
    for (let after = 0;;) {
      const rows = this.#ask.all(
        `SELECT rowid FROM search WHERE search MATCH ? AND rowid > ?${sql} ORDER BY rowid LIMIT ?`,
        ...[match, after, ...values, PAGE_TRACKS],
      ) as [TrackId][];
      yield rows.map(([id]) => id);
      if (rows.length < PAGE_TRACKS) return;
      after = rows.at(-1)![0];
    }
  }

  #matched(track: TrackId, plan: Plan): MatchedTrack[] {
    if (plan.isExact) {
      const row = this.#ask.get("SELECT size FROM nodes WHERE id = ?", nodeOfTrack(track));
      return row === undefined ? [] : [{ track, size: row[0] as number }];
    }
    const found = this.#tracks.get(track);
    return found !== undefined && plan.test(found)
      ? [{ track, size: found.document.state.size }]
      : [];
  }

  #known(plan: Plan, most: number): { ids: TrackId[]; total: number; isMore: boolean } {
    const match = matchOrEvery(plan.match);
    const some = this.#ids(plan, match, most + 1);
    if (some.length <= most) return { ids: some, total: some.length, isMore: false };
    const ids = new Set<TrackId>();
    for (const first of firstMatches(plan)) {
      if (ids.size >= most) break;
      for (const id of this.#ids(plan, first, most)) ids.add(id);
    }
    for (const id of some) if (ids.size < most) ids.add(id);
    const count = this.#count(plan, COUNTED_MAX + 1);
    return { ids: [...ids], total: Math.min(count, COUNTED_MAX), isMore: count > COUNTED_MAX };
  }

  #tested(plan: Plan, most: number): { ids: TrackId[]; total: number; isMore: boolean } {
    const ids: TrackId[] = [];
    let tested = 0;
    for (const id of this.#candidates(plan, most)) {
      if (ids.length > most || tested++ >= TESTED_MAX) {
        return { ids, total: ids.length, isMore: true };
      }
      const track = this.#tracks.get(id);
      if (track !== undefined && plan.test(track)) ids.push(id);
    }
    return { ids, total: ids.length, isMore: false };
  }

  *#candidates(plan: Plan, most: number): IterableIterator<TrackId> {
    const seen = new Set<TrackId>();
    for (const first of firstMatches(plan)) {
      for (const id of this.#ids(plan, first, most)) {
        if (seen.has(id)) continue;
        seen.add(id);
        yield id;
      }
    }
    for (const ids of this.#ascending(plan)) yield* ids.filter((id) => !seen.has(id));
  }

  #ids(plan: Plan, match: string, most: number): TrackId[] {
    const { sql, values } = conditionsOf(plan);
    return this.#ask.all(
      `SELECT rowid FROM search WHERE search MATCH ?${sql} LIMIT ?`,
      ...[match, ...values, most],
    ).map(([id]) => id as TrackId);
  }

  #every(plan: Plan): TrackId[] {
    return this.#ids(plan, matchOrEvery(plan.match), -1);
  }

  /** How many tracks match, counted up to `most`. */
  #count(plan: Plan, most: number): number {
    const { sql, values } = conditionsOf(plan);
    return this.#ask.get(
      `SELECT count(*) AS tracks FROM (SELECT rowid FROM search WHERE search MATCH ?${sql} LIMIT ?)`,
      ...[matchOrEvery(plan.match), ...values, most],
    )![0] as number;
  }

  /** Matches among which are the first `wanted` by a field. */
  #firstBy(keys: readonly SortKey[], plan: Plan, wanted: number): TrackId[] {
    const { field, descending } = keys[0]!;
    const { name } = fieldNamed(field);
    const match = matchOrEvery(plan.match);
    const column = MOMENT_COLUMNS[name];
    if (column !== undefined) {
      const { sql, values } = conditionsOf(plan);
      const order = descending ? "DESC" : "ASC";
      return this.#ask.all(
        `SELECT rowid FROM search WHERE search MATCH ?${sql}
          ORDER BY ${column} ${order} NULLS LAST, rowid LIMIT ?`,
        ...[match, ...values, wanted],
      ).map(([id]) => id as TrackId);
    }
    if (!isFact(name)) return this.#every(plan);
    const kind: FactKind = FACTS[name];
    // The tracks of such a step are equal in this order, so that some of them will do.
    const most = keys.length === 1 && kind.stepOf === Math.floor
      ? Math.max(RANKED_MIN, wanted)
      : -1;
    const ids = new Set<TrackId>();
    const steps = this.#ask.all(
      `SELECT step FROM search_facts WHERE kind = ? ORDER BY step ${descending ? "DESC" : "ASC"}`,
      kind.letter,
    );
    for (const [step] of steps) {
      if (ids.size >= wanted) return [...ids];
      const word = quotedWord(factWord(kind, step as number));
      for (const id of this.#ids(plan, `(${match}) AND {facts} : ${word}`, most)) ids.add(id);
    }
    for (const id of this.#every(plan)) {
      if (ids.size >= wanted) break;
      ids.add(id);
    }
    return [...ids];
  }
}

/** Whether the index has the tracks in this order by itself. */
function isKnownOrder(keys: readonly SortKey[]): boolean {
  const { name } = fieldNamed(keys[0]!.field);
  const isWhole = isFact(name) && FACTS[name].stepOf === Math.floor;
  return keys.length === 1 && (Object.hasOwn(MOMENT_COLUMNS, name) || isWhole);
}

function conditionsOf({ conditions }: Plan) {
  return {
    sql: conditions.map(({ sql }) => ` AND ${sql}`).join(""),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** Expressions that find the likely best of many matches, the best first. */
function firstMatches(plan: Plan): string[] {
  const { free, rest } = plan;
  if (free.length === 0 || free.some(({ rows }) => rows.length === 0) || plan.isInFields) return [];
  const besides = rest === null ? "" : `(${rest}) AND `;
  const words = free.flatMap(({ rows }) => rows[0]!.words).map(quotedWord);
  const phrase = (words: readonly string[]) => `{title artist} : ^ ${words.join(" + ")}`;
  const end = quotedWord(VALUE_END);
  const isBroad = free.some((part) => part.broad.length > 0);
  return [
    `(${phrase([...words, end])} OR ${phrase([quotedWord("the"), ...words, end])})`,
    ...isBroad ? [] : [`${phrase(words)} *`],
    ...FIRST_COLUMNS.map((columns) => `${columns} : (${free.map(partText).join(" AND ")})`),
  ].map((match) => `${besides}${match}`);
}

function partText({ rows, broad }: FreePart): string {
  const texts = broad.length > 0
    ? broad.map(quotedWord)
    : rows.map((row) => rowText(row, (it) => it));
  return `(${texts.join(" OR ")})`;
}
