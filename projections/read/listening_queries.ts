import type { DatabaseSync } from "node:sqlite";
import { toTrackId, type TrackId } from "../../src/base/mod.ts";
import { AlbumOrder } from "./_album_order.ts";
import { isPinned } from "../catalog/pins.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import { type MatchedTrack, matchingTracks } from "./_track_match.ts";

export interface Pin {
  readonly query: string;
  /** When it was last pinned, in ms since 1970. */
  readonly at: number;
  /** How many tracks it names. */
  readonly tracks: number;
}

/** Bytes of files that were read from an origin. */
export interface OriginTransfers {
  /** The last day with any, in days since 1970-01-01 in UTC; `day_bytes` are those of that day. */
  readonly utc_day: number;
  readonly day_bytes: number;
  readonly total_bytes: number;
}

/** Queries about plays and pins, about tracks that belong together, and about the bytes read. They change nothing. */
export class ListeningQueries {
  readonly #db: DatabaseSync;
  #albums: AlbumOrder | undefined;
  readonly #ask: PreparedQueries;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ask = new PreparedQueries(db);
  }

  isPinned(track: TrackId): boolean {
    // Deno 2.4 refuses a parameter that a statement uses twice.
    return this.#ask.get(
      `SELECT ${isPinned("one.track")} AS pinned FROM (SELECT ? AS track) one`,
      track,
    )![0] !== 0;
  }

  /** How many tracks some pin names. */
  pinnedTracks(): number {
    return this.#ask.get("SELECT tracks FROM pin_totals")![0] as number;
  }

  /** The pins, in the order in which they were first made. */
  pins(): Pin[] {
    return this.#ask.all("SELECT query, at, tracks FROM pins ORDER BY id").map((
      [query, at, tracks],
    ) => ({ query, at, tracks } as Pin));
  }

  /** The tracks that the pin of a query names, ascending; none when there is no such pin. */
  tracksOfPin(query: string): TrackId[] {
    return this.#ask.all(
      `SELECT t.track FROM pins p JOIN pinned t ON t.pin = p.id WHERE p.query = ? ORDER BY t.track`,
      query,
    ).map(([track]) => toTrackId(track as number));
  }

  plays(track: TrackId): { count: number; last_at: number } {
    const row = this.#ask.get("SELECT count, last_at FROM plays WHERE track = ?", track);
    return { count: row?.[0] as number ?? 0, last_at: row?.[1] as number ?? 0 };
  }

  /**
   * The tracks that were played right after a track, the most frequent first, then the most recent, at most `limit`.
   */
  successors(track: TrackId, limit: number): { track: TrackId; count: number; last_at: number }[] {
    return this.#ask.all(
      `SELECT next, count, last_at FROM successors WHERE track = ?
        ORDER BY count DESC, last_at DESC, next LIMIT ?`,
      ...[track, limit],
    ).map((row) => {
      const [next, count, last_at] = row as [TrackId, number, number];
      return { track: next, count, last_at };
    });
  }

  /**
   * The tracks after a track on its album, by disc, number and path, at most `limit`. None for a track without an
   * album.
   */
  nextOnAlbum(track: TrackId, limit: number): TrackId[] {
    return (this.#albums ??= new AlbumOrder(this.#db)).after(track, limit);
  }

  /**
   * The tracks at and below a path of the tree (with or without a leading `/`; `/` is all of it). If there is no such
   * path, those that the text finds as a query; throws QueryError when it is none. They come in pages, which may be
   * empty.
   */
  tracksMatching(query: string): IterableIterator<MatchedTrack[]> {
    return matchingTracks(this.#db, query);
  }

  /** Undefined for an origin from which nothing was read. */
  transfers(origin: string): OriginTransfers | undefined {
    const sql = "SELECT utc_day, day_bytes, total_bytes FROM transfers WHERE origin = ?";
    const row = this.#ask.get(sql, origin) as [number, number, number] | undefined;
    return row && { utc_day: row[0], day_bytes: row[1], total_bytes: row[2] };
  }
}
