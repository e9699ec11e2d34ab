import type { DatabaseSync } from "node:sqlite";
import {
  type Clock,
  type NodeId,
  nodeOfTrack,
  systemClock,
  type TrackId,
  UserError,
} from "../../src/base/mod.ts";
import { fieldNamed, printQuery, type Query } from "../../src/query/mod.ts";
import { FileDetailsStore } from "../catalog/file_details.ts";
import { FileStore } from "../catalog/file_store.ts";
import { search } from "../catalog/search.ts";
import { isDamage } from "../core/library_error.ts";
import { Query as Statement } from "../core/query.ts";
import type { FoundTrackFacts } from "../naming/found_names.ts";
import { Mistypings } from "./_mistypings.ts";
import { momentTracks } from "./_moment_tracks.ts";
import { type Ranked, type RankedTrack, SearchIndex, SORTED_MAX } from "./_search_index.ts";
import { type Plan, Planner, type PlanOptions } from "./_search_plan.ts";
import { type Highlight, highlightsOf } from "./_search_ranking.ts";
import { SearchedTracks } from "./_searched_track.ts";
import type { MatchedTrack } from "./_track_match.ts";
import { WordCorrections } from "./_word_corrections.ts";

export type { Highlight } from "./_search_ranking.ts";

/** A track that a search found. */
export interface FoundTrack extends FoundTrackFacts {
  readonly node: NodeId;
  /** The path in the tree, without a leading `/`. */
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** How well it matches; to be compared within one search. */
  readonly score: number;
  readonly highlights: readonly Highlight[];
}

export interface FoundTracks {
  /** The best first, or in the order that the query names. */
  readonly tracks: readonly FoundTrack[];
  /** How many there are. */
  readonly total: number;
  /** Whether there are, or may be, more than `total`: some thousands are counted, and not all can be looked at. */
  readonly isMore: boolean;
  /** The query as it was understood when words were taken for others, mistyped; null when none was. */
  readonly corrected: string | null;
  /** Whether the index is still being filled. Until it is, nothing is found. */
  readonly filling: boolean;
}

export interface SearchOptions {
  /** The most tracks to list, and how many to leave out before the first. */
  readonly limit: number;
  readonly offset?: number;
  /** Names of fields: words without a field are sought in these alone. */
  readonly fields?: readonly string[];
  /** Only tracks that this origin gives. */
  readonly origin?: string;
}

/** The index, or what it leads to, is damaged. */
export class IndexDamaged extends UserError {
  constructor(cause: unknown) {
    super("Cannot search: the index is damaged", {
      hint: "`musicfs events replay` makes it anew from the log",
      cause,
    });
  }
}

/** With fewer results, words are taken for mistyped. */
const FEW_RESULTS = 5;
const PAGE_TRACKS = 1_000;

interface Parts {
  readonly planner: Planner;
  readonly corrections: WordCorrections;
  readonly index: SearchIndex;
}

/**
 * Finds tracks by queries, through the index. It changes nothing, and works on a connection of any process. Throws
 * IndexDamaged.
 */
export class TrackSearch {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #versions: Statement;
  readonly #tracks: SearchedTracks;
  #made: Parts | undefined;

  constructor(db: DatabaseSync, clock: Clock = systemClock) {
    this.#db = db;
    this.#clock = clock;
    this.#versions = new Statement(db, "SELECT versions FROM library");
    this.#tracks = new SearchedTracks(db);
  }

  /** Whether the index is still being filled. */
  get isFilling(): boolean {
    const versions = JSON.parse(this.#versions.get()![0] as string) as Record<string, number>;
    return versions[search.name] !== search.version;
  }

  /**
   * The tracks that a query finds. When they are few, words that may be mistyped are taken for similar ones of the
   * library, unless that finds no more.
   */
  find(query: Query, options: SearchOptions): FoundTracks {
    try {
      return this.#find(query, options);
    } catch (error) {
      throw isDamage(error) ? new IndexDamaged(error) : error;
    }
  }

  #find(query: Query, options: SearchOptions): FoundTracks {
    const { limit, offset = 0 } = options;
    const none = { tracks: [], total: 0, isMore: false, corrected: null };
    if (this.isFilling) return { ...none, filling: true };
    this.#tracks.forget();
    const to = Math.min(offset + limit, query.limit ?? Infinity);
    const asked = this.#asked(options);
    let plan = this.#parts.planner.plan(query.where, asked);
    let ranked = this.#ranked(plan, query, to);
    let corrected: string | null = null;
    if (ranked.total < FEW_RESULTS && !ranked.isMore) {
      const mistypings = new Mistypings(query, this.#parts.corrections);
      for (const meant of mistypings.readings()) {
        const other = this.#parts.planner.plan(meant.where, { ...asked, meant: mistypings.meant });
        const more = this.#ranked(other, query, to);
        if (more.total <= ranked.total) continue;
        [plan, ranked] = [other, exactFirst(ranked, more)];
        const text = mistypings.corrected(meant, ranked.tracks[0]!.track);
        corrected = text === printQuery(query) ? null : text;
        break;
      }
    }
    return {
      ...{ corrected, isMore: ranked.isMore && query.limit === null, filling: false },
      tracks: ranked.tracks.slice(offset, to).flatMap((it) => this.#found(it, plan)),
      total: Math.min(ranked.total, query.limit ?? Infinity),
    };
  }

  /**
   * Every track that a query matches, in pages, which may be empty: in the order of the query when it has a limit,
   * otherwise ascending by number. No word is taken for another. While the index is being filled, each track is looked
   * at, and none has a time at which it was added.
   */
  *matching(query: Query): IterableIterator<MatchedTrack[]> {
    const asked = this.#asked({});
    if (this.isFilling) return yield* this.#lookedAt(query, asked);
    const { planner, index } = this.#parts;
    const plan = planner.plan(query.where, asked);
    if (query.limit === null) return yield* index.pages(plan);
    const { tracks } = this.#ranked(plan, query, query.limit);
    yield tracks.slice(0, query.limit)
      .map(({ track: { track, document } }) => ({ track, size: document.state.size }));
  }

  /**
   * The first `most` tracks that a query matches: in the order that it names, the best first when it has a limit and no
   * order, otherwise ascending by number. No word is taken for another. Throws UserError while the index is being
   * filled.
   */
  members(query: Query, most: number): TrackId[] {
    try {
      return this.#members(query, Math.min(query.limit ?? Infinity, most));
    } catch (error) {
      throw isDamage(error) ? new IndexDamaged(error) : error;
    }
  }

  #members(query: Query, most: number): TrackId[] {
    if (this.isFilling) throw new UserError("Cannot search yet: the index is still being made");
    this.#tracks.forget();
    const { planner, index } = this.#parts;
    const asked = this.#asked({});
    const some = Math.max(most, SORTED_MAX + 1);
    const found = momentTracks(this.#db, query, { now: asked.now, most: some });
    if (found !== undefined) {
      const isOrdered = query.sort.length === 0 || found.length > SORTED_MAX;
      return (isOrdered ? found : index.inOrder(found, query.sort)).slice(0, most);
    }
    const plan = planner.plan(query.where, asked);
    if (query.sort.length > 0) return index.ordered(plan, query.sort, most);
    if (query.limit !== null) {
      return index.best(plan, most).tracks.slice(0, most).map(({ track: { track } }) => track);
    }
    const tracks: TrackId[] = [];
    for (const numbers of index.numbers(plan)) {
      for (const track of numbers) if (tracks.length < most) tracks.push(track);
      if (tracks.length === most) break;
    }
    return tracks;
  }

  get #parts(): Parts {
    if (this.#made !== undefined) return this.#made;
    const db = this.#db;
    const corrections = new WordCorrections(db);
    const planner = new Planner({ db, corrections });
    return this.#made = { planner, corrections, index: new SearchIndex(db, this.#tracks) };
  }

  #asked({ fields, origin }: Pick<SearchOptions, "fields" | "origin">): PlanOptions {
    return { fields: fields?.map(fieldNamed), origin, now: this.#clock.now() };
  }

  #ranked(plan: Plan, query: Query, wanted: number): Ranked {
    const { index } = this.#parts;
    return query.sort.length > 0
      ? index.sorted(plan, query.sort, wanted)
      : index.best(plan, wanted);
  }

  #found({ track: { track, document }, score }: RankedTrack, plan: Plan): FoundTrack[] {
    const path = this.#tracks.path(track);
    if (path === undefined) return [];
    const { names, format, size } = document.state;
    const { title, artist, album } = names;
    return [{
      ...{ track, node: nodeOfTrack(track), path, title, artist, album },
      disc: names.disc || null,
      number: names.track || null,
      format: format ?? "",
      ...{ size, score, highlights: highlightsOf(names, plan.free) },
    }];
  }

  *#lookedAt(query: Query, asked: PlanOptions): IterableIterator<MatchedTrack[]> {
    const { test } = new Planner().plan(query.where, asked);
    const details = new FileDetailsStore(this.#db);
    let page: MatchedTrack[] = [];
    let looked = 0;
    for (const primary of new FileStore(this.#db).primaries()) {
      const track = this.#tracks.of(primary, details.get(primary.file));
      if (test(track)) page.push({ track: track.track, size: primary.size });
      if (++looked % PAGE_TRACKS > 0) continue;
      yield page;
      page = [];
    }
    yield page;
  }
}

/** Those that match as the query was written, before those that may be meant. */
function exactFirst(exact: Ranked, meant: Ranked): Ranked {
  const tracks = new Set(exact.tracks.map(({ track }) => track.track));
  const rest = meant.tracks.filter(({ track }) => !tracks.has(track.track));
  return { ...meant, tracks: [...exact.tracks, ...rest] };
}
