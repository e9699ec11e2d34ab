import type { DatabaseSync } from "node:sqlite";
import {
  type Clock,
  EXIT,
  foldCase,
  systemClock,
  toTrackId,
  type TrackId,
  UserError,
} from "../../src/base/mod.ts";
import {
  conditionOf,
  type Expression,
  type Leaf,
  parseQuery,
  type Query,
} from "../../src/query/mod.ts";
import { VISIBLE } from "../catalog/file_state.ts";
import { SAME_SOUND_MAX } from "../catalog/possible_copies.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { CollectedTracks } from "./_collected_tracks.ts";
import type { CollectedTrack } from "./_collected_tracks.ts";
import { CollectionQueries } from "./collection_queries.ts";
import { TrackSearch } from "./track_search.ts";

export type { CollectedTrack };

/** A collection that can be looked at: a saved one, or one that is always there. */
export interface Collection {
  readonly name: string;
  /** The text of its query; null for a list of tracks, and for the duplicates. */
  readonly query: string | null;
  readonly builtIn: boolean;
  /** When it was last saved, in ms since 1970; null for one that is always there. */
  readonly at: number | null;
}

/** What a collection has now. */
export interface CollectionContent {
  /** In their order. */
  readonly tracks: readonly TrackId[];
  /** Whether there are more tracks than were asked for. */
  readonly isMore: boolean;
  /** Whether it becomes another by the time alone: its query has an age or a day such as `today`. */
  readonly isTimed: boolean;
}

const MONTH_MS = 31 * 86_400_000;

/** Finds out what collections have, on a connection of any process. */
export class CollectionReader {
  readonly #ask: PreparedQueries;
  readonly #saved: CollectionQueries;
  readonly #search: TrackSearch;
  readonly #tracks: CollectedTracks;
  readonly #clock: Clock;

  constructor(db: DatabaseSync, clock: Clock = systemClock) {
    this.#ask = new PreparedQueries(db);
    this.#saved = new CollectionQueries(db);
    this.#search = new TrackSearch(db, clock);
    this.#tracks = new CollectedTracks(db);
    this.#clock = clock;
  }

  /** Those that are always there, then the saved ones by their names. */
  all(): Collection[] {
    return [
      ...this.#saved.builtIn().map(({ name, query }) => ({ name, query, builtIn: true, at: null })),
      ...this.#saved.all().map((saved) => ({ ...saved, builtIn: false })),
    ];
  }

  /** The one of a name, in any case. Throws UserError when there is none. */
  named(name: string): Collection {
    const folded = foldCase(name);
    const found = this.all().find((it) => foldCase(it.name) === folded);
    if (found === undefined) throw noCollection(name);
    return found;
  }

  /** The first `most` tracks of a collection. Throws UserError when its query can't be answered. */
  content({ name, query, builtIn }: Collection, most: number): CollectionContent {
    if (query === null) {
      const tracks = builtIn ? this.#duplicates() : this.#saved.tracks(name);
      return { ...cut(tracks, most), isTimed: false };
    }
    const parsed = parseQuery(query);
    const isTimed = changesWithTime(parsed, this.#clock.now());
    return { ...cut(this.#search.members(parsed, most + 1), most), isTimed };
  }

  /** What is shown of tracks, in their order, without those that the tree does not show. */
  show(tracks: readonly TrackId[]): IterableIterator<CollectedTrack> {
    return this.#tracks.of(tracks);
  }

  /** Tracks with the same sound side by side. */
  #duplicates(): TrackId[] {
    const rows = this.#ask.all(
      `SELECT f.audio, f.track FROM files f CROSS JOIN nodes n ON n.id = f.track
        WHERE f.audio IN (SELECT audio FROM files WHERE audio IS NOT NULL
          GROUP BY audio HAVING count(*) BETWEEN 2 AND ${SAME_SOUND_MAX}) AND ${VISIBLE}
        ORDER BY f.track`,
    ) as [string, number][];
    const bySound = new Map<string, Set<number>>();
    for (const [audio, track] of rows) {
      const tracks = bySound.get(audio);
      if (tracks === undefined) bySound.set(audio, new Set([track]));
      else tracks.add(track);
    }
    const several = [...bySound.values()].filter(({ size }) => size > 1);
    return [...new Set(several.flatMap((tracks) => [...tracks]))].map(toTrackId);
  }
}

export function noCollection(name: string): UserError {
  return new UserError(`Cannot find a collection ${JSON.stringify(name)}`, {
    exitCode: EXIT.notFound,
    hint: "musicfs collection list names them",
  });
}

function cut(tracks: readonly TrackId[], most: number) {
  return { tracks: tracks.slice(0, most), isMore: tracks.length > most };
}

/** Whether the same query means something else a month later. */
function changesWithTime({ where }: Query, now: number): boolean {
  return where !== null &&
    leavesOf(where).some((leaf) =>
      JSON.stringify(conditionOf(leaf, now)) !== JSON.stringify(conditionOf(leaf, now + MONTH_MS))
    );
}

function leavesOf(expression: Expression): Leaf[] {
  switch (expression.kind) {
    case "and":
      return expression.all.flatMap(leavesOf);
    case "or":
      return expression.any.flatMap(leavesOf);
    case "not":
      return leavesOf(expression.what);
    default:
      return [expression];
  }
}
