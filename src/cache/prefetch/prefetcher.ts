import type { FileState, LibraryQueries } from "../../../projections/mod.ts";
import { type FileId, type Logger, messageOf, type TrackId } from "../../base/mod.ts";

/** How many tracks are fetched ahead while a track plays that was expected, and while one plays that was not. */
const TRACKS_AHEAD = 2;
const TRACKS_AHEAD_UNSURE = 1;
/**
 * After this many unexpected plays in a row, the listener is taken to shuffle: then the next track of the album is no
 * longer expected.
 */
const STRAYS_MAX = 3;
/** A play that begins later than this after the previous one is taken to be unrelated to it. */
const SESSION_MS = 30 * 60_000;
/** Most bytes that are fetched ahead of one play, and the share of the cache that these may be. */
const BYTES_MAX = 256 * 1024 * 1024;
const CACHE_SHARE_MAX = 0.1;
/** A track that followed another one at least this many times is expected to follow it again. */
const HABIT_PLAYS = 2;
/** Bytes that are fetched at a time: a reader that needs the connection meanwhile waits for no more than these. */
const PIECE_BYTES = 2 * 1024 * 1024;

export interface PrefetcherParts {
  readonly queries: () => LibraryQueries;
  /** Fetches the bytes of a file that are not stored; resolves with how many these were. */
  readonly complete: (
    file: FileId,
    pieceBytes: number,
    signal: AbortSignal,
  ) => Promise<{ readonly fetched: number }>;
  /** Whether bytes may be fetched from the origin on suspicion. */
  readonly isWorthIt: (origin: string) => boolean;
  readonly cacheBytes: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Fetches the tracks that will probably be played next, before anybody asks for them. */
export class Prefetcher {
  readonly #parts: PrefetcherParts;
  /**
   * The tracks that were expected to follow the last one; when that one began; how many unexpected plays in a row there
   * were.
   */
  #expected: readonly TrackId[] = [];
  #lastAt = -Infinity;
  #strays = 0;
  #running: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(parts: PrefetcherParts) {
    this.#parts = parts;
  }

  /**
   * To be called when somebody begins to listen to a track: the tracks that probably follow are fetched in the
   * background.
   */
  heard(track: TrackId): void {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const ahead = this.#ahead(track);
    this.#done = this.#done.then(() => this.#fetch(ahead, running.signal));
  }

  /** Resolves when nothing is being fetched. */
  idle(): Promise<void> {
    return this.#done;
  }

  async close(): Promise<void> {
    this.#running?.abort();
    await this.#done;
  }

  async #fetch(files: readonly FileState[], newer: AbortSignal): Promise<void> {
    const { complete, logger, signal, cacheBytes } = this.#parts;
    const either = AbortSignal.any([signal, newer]);
    let budget = Math.min(BYTES_MAX, cacheBytes * CACHE_SHARE_MAX);
    try {
      for (const { file, size } of files) {
        if (either.aborted || size > budget) return;
        budget -= (await complete(file, PIECE_BYTES, either)).fetched;
      }
    } catch (error) {
      if (!either.aborted) logger.debug(`Cannot fetch ahead: ${messageOf(error)}`);
    }
  }

  /** The files to be fetched while a track plays. Notes whether this play was expected. */
  #ahead(track: TrackId): FileState[] {
    const { queries, isWorthIt, now } = this.#parts;
    if (now() - this.#lastAt > SESSION_MS) this.#strays = 0;
    this.#lastAt = now();
    this.#strays = this.#expected.includes(track) ? 0 : this.#strays + 1;
    this.#expected = this.#following(track, TRACKS_AHEAD, true);
    const ahead = this.#strays === 0
      ? this.#expected
      : this.#following(track, TRACKS_AHEAD_UNSURE, this.#strays < STRAYS_MAX);
    return ahead.flatMap((next) => {
      const [primary] = queries().copies(next);
      return primary !== undefined && isWorthIt(primary.origin) ? primary : [];
    });
  }

  /**
   * Up to `most` tracks that are expected after a track, in order. After each comes the track that usually followed it
   * so far, else, with `onAlbum`, the next one of its album.
   */
  #following(track: TrackId, most: number, onAlbum: boolean): TrackId[] {
    const { queries } = this.#parts;
    const expected: TrackId[] = [];
    for (let at = track; expected.length < most;) {
      const habit = queries().listening.successors(at, 1).find(({ count }) => count >= HABIT_PLAYS);
      const next = habit?.track ??
        (onAlbum ? queries().listening.nextOnAlbum(at, 1)[0] : undefined);
      if (next === undefined || next === track || expected.includes(next)) break;
      expected.push(at = next);
    }
    return expected;
  }
}
