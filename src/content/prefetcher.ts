import type { MusicEvent } from "../../events/event_log.ts";
import type { ContentQueries, FileState, LibraryQueries } from "../../projections/mod.ts";
import { type Logger, messageOf } from "../base/mod.ts";

/** Tracks that are fetched while another plays. */
const TRACKS_AHEAD = 2;
/** What one play may fetch, and as a share of the cache. */
const BYTES_MAX = 256 * 1024 * 1024;
const CACHE_SHARE_MAX = 0.1;
/** A track that followed another so often is expected to follow it again. */
const HABIT_PLAYS = 2;
/** Fetched in one go: a reader who needs the way meanwhile waits for no more than this. */
const PIECE_BYTES = 2 * 1024 * 1024;
/** A track that is played again this soon is the same play: players open a file more than once. */
const SAME_PLAY_MS = 60_000;

export interface PrefetcherParts {
  readonly queries: () => LibraryQueries;
  readonly content: () => ContentQueries;
  readonly append: (events: MusicEvent[]) => Promise<void>;
  /** Fetches what is not stored of a file; returns how many bytes that was. */
  readonly complete: (file: number, pieceBytes: number, signal: AbortSignal) => Promise<number>;
  /** Whether bytes may be fetched from the origin on suspicion. */
  readonly isWorthIt: (origin: string) => boolean;
  readonly cacheBytes: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Notes what is played, and has what will be played next at hand before it is asked for. */
export class Prefetcher {
  readonly #parts: PrefetcherParts;
  readonly #playedAt = new Map<number, number>();
  #running: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(parts: PrefetcherParts) {
    this.#parts = parts;
  }

  /** Resolves when the play stands in the log; what comes next is fetched in the background. */
  async played(track: number): Promise<void> {
    const { append, now } = this.#parts;
    for (const [other, at] of this.#playedAt) {
      if (now() - at >= SAME_PLAY_MS) this.#playedAt.delete(other);
    }
    if (this.#playedAt.has(track)) return;
    this.#playedAt.set(track, now());
    await append([{ type: "TrackPlayed", v: 1, data: { track } }]);
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#done = this.#done.then(() => this.#fetch(track, running.signal));
  }

  /** Resolves when nothing is fetched any more. */
  idle(): Promise<void> {
    return this.#done;
  }

  async close(): Promise<void> {
    this.#running?.abort();
    await this.#done;
  }

  async #fetch(track: number, newer: AbortSignal): Promise<void> {
    const { complete, logger, signal, cacheBytes } = this.#parts;
    const either = AbortSignal.any([signal, newer]);
    let budget = Math.min(BYTES_MAX, cacheBytes * CACHE_SHARE_MAX);
    for (const { file, size, path } of this.#next(track)) {
      if (either.aborted || size > budget) return;
      try {
        budget -= await complete(file, PIECE_BYTES, either);
      } catch (error) {
        if (!either.aborted) logger.debug(`Cannot fetch ${path} ahead: ${messageOf(error)}`);
        return;
      }
    }
  }

  /** What is expected to be played after a track: what was so far, else what follows on the album. */
  #next(track: number): FileState[] {
    const { content, queries, isWorthIt } = this.#parts;
    const habits = content().successors(track, 1).filter(({ count }) => count >= HABIT_PLAYS);
    const expected = new Set(habits.map(({ track }) => track));
    // One habit leads to the album that it is from.
    for (const from of [...expected, track]) {
      for (const next of content().nextOnAlbum(from, TRACKS_AHEAD)) expected.add(next);
    }
    expected.delete(track);
    return [...expected].slice(0, TRACKS_AHEAD).flatMap((next) => {
      const [primary] = queries().copies(next);
      return primary !== undefined && isWorthIt(primary.origin) ? primary : [];
    });
  }
}
