/** A quarter of a short track ... */
const SHARE = 1 / 4;
/** ... and of a long one this much: a head as scanners read it, and 2 MiB, which is 5 to 20 s of most music. */
const BYTES_MAX = (256 + 2048) * 1024;
/** Less is what a scanner reads, or what the kernel reads ahead of one, of a file however short. */
const BYTES_MIN = 512 * 1024;
/** Players close a file and open it again, for tags, for sound, after a pause: one play all the same. */
const SAME_PLAY_MS = 60_000;
const TRACKS_MAX = 1024;

/** How many of so many bytes of sound, read in sequence through one open, are a play of the file. */
export function playedBytes(size: number): number {
  return Math.min(size, Math.max(BYTES_MIN, Math.min(size * SHARE, BYTES_MAX)));
}

/** Tells a play from what belongs to the one before. */
export class PlayWatch {
  readonly #played: (track: number) => void;
  readonly #now: () => number;
  /** When each track was last played, the one played last behind. */
  readonly #at = new Map<number, number>();

  constructor(played: (track: number) => void, now: () => number = () => performance.now()) {
    this.#played = played;
    this.#now = now;
  }

  /** Through some open of it, enough of the track was read. */
  heard(track: number): void {
    const now = this.#now();
    const before = this.#at.get(track) ?? -Infinity;
    if (now - before < SAME_PLAY_MS) return;
    this.#at.delete(track);
    this.#at.set(track, now);
    for (const oldest of this.#at.keys()) {
      if (this.#at.size <= TRACKS_MAX) break;
      this.#at.delete(oldest);
    }
    this.#played(track);
  }
}
