import type { TrackId } from "../../base/mod.ts";

/** A quarter of a short track ... */
const SHARE = 1 / 4;
/** ... and of a long one this much: a head as scanners read it, and 2 MiB, which is 5 to 20 s of most music. */
const BYTES_MAX = (256 + 2048) * 1024;
/** Less is what a scanner reads, or what the kernel reads ahead of one, of a file however short. */
const BYTES_MIN = 512 * 1024;
/** Players close a file and open it again, for tags, for sound, after a pause: the track is told of once meanwhile. */
const SAME_TRACK_MS = 60_000;
const TRACKS_MAX = 1024;

/** How many of so many bytes of sound, read in sequence through one open, show that somebody begins to listen. */
export function heardBytes(size: number): number {
  return Math.min(size, Math.max(BYTES_MIN, Math.min(size * SHARE, BYTES_MAX)));
}

/**
 * Tells of each track that somebody begins to listen to, so that what follows it can be fetched ahead. That is a guess,
 * made early; what was played {@link TrackPlays} finds out.
 */
export class HeardTracks {
  readonly #tell: (track: TrackId) => void;
  readonly #now: () => number;
  /** When each track was last told of, the newest last. */
  readonly #toldAt = new Map<TrackId, number>();

  constructor(tell: (track: TrackId) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  /** {@link heardBytes} of the track were read through one open. */
  heard(track: TrackId): void {
    const now = this.#now();
    const before = this.#toldAt.get(track) ?? -Infinity;
    if (now - before < SAME_TRACK_MS) return;
    this.#toldAt.delete(track);
    this.#toldAt.set(track, now);
    for (const oldest of this.#toldAt.keys()) {
      if (this.#toldAt.size <= TRACKS_MAX) break;
      this.#toldAt.delete(oldest);
    }
    this.#tell(track);
  }
}
