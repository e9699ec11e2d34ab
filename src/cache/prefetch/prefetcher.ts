import type { FileState, LibraryQueries } from "../../../projections/mod.ts";
import { type FileId, type Logger, messageOf, type TrackId } from "../../base/mod.ts";

/** Tracks that are fetched while another plays that was expected, and while one plays that was not. */
const TRACKS_AHEAD = 2;
const TRACKS_AHEAD_UNSURE = 1;
/** After so many plays in a row that nobody could expect, somebody shuffles: of albums nothing is expected any more. */
const STRAYS_MAX = 3;
/** A play that comes later than this after the one before has nothing to do with it. */
const SESSION_MS = 30 * 60_000;
/** What one play may fetch, and as a share of the cache. */
const BYTES_MAX = 256 * 1024 * 1024;
const CACHE_SHARE_MAX = 0.1;
/** A track that followed another so often is expected to follow it again. */
const HABIT_PLAYS = 2;
/** Fetched in one go: a reader who needs the way meanwhile waits for no more than this. */
const PIECE_BYTES = 2 * 1024 * 1024;

export interface PrefetcherParts {
  readonly queries: () => LibraryQueries;
  /** Fetches what is not stored of a file; tells how many bytes that was. */
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

/** Has what will be played next at hand before it is asked for. */
export class Prefetcher {
  readonly #parts: PrefetcherParts;
  /** What was expected to follow the last track, when that was, and how many in a row nobody had expected. */
  #expected: readonly TrackId[] = [];
  #lastAt = -Infinity;
  #strays = 0;
  #running: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(parts: PrefetcherParts) {
    this.#parts = parts;
  }

  /** Somebody begins to listen to the track: what comes next is fetched in the background. */
  heard(track: TrackId): void {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const ahead = this.#ahead(track);
    this.#done = this.#done.then(() => this.#fetch(ahead, running.signal));
  }

  /** Resolves when nothing is fetched any more. */
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

  /** What is worth to be fetched while a track plays; notes how it follows the play before. */
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

  /** What is expected after a track, one behind the other: what was so far, else what follows on the album. */
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
