import { setNewest, type TrackId } from "../../base/mod.ts";

/** A quarter of a short track ... */
const SHARE = 1 / 4;
/** ... and this much of a long one: the head that scanners read, and 2 MiB, which is 5 to 20 s of most music. */
const BYTES_MAX = (256 + 2048) * 1024;
/** Scanners, and the kernel's read-ahead for them, read less than this, even of a short file. */
const BYTES_MIN = 512 * 1024;
/**
 * Players close a file and open it again, for tags, for sound, after a pause: within this time the track is reported
 * once.
 */
const SAME_TRACK_MS = 60_000;
const TRACKS_MAX = 1024;

/** How many bytes in sequence through one open, of a sound of `size` bytes, show that a person begins to listen. */
export function heardBytes(size: number): number {
  return Math.min(size, Math.max(BYTES_MIN, Math.min(size * SHARE, BYTES_MAX)));
}

/**
 * Reports each track that a person begins to listen to, so that what follows it can be fetched ahead. This is an
 * early guess; {@link TrackPlays} finds out what was played.
 */
export class HeardTracks {
  readonly #tell: (track: TrackId) => void;
  readonly #now: () => number;
  /** When each track was last reported, the newest last. */
  readonly #toldAt = new Map<TrackId, number>();

  constructor(tell: (track: TrackId) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  /** To be called when {@link heardBytes} of the track were read through one open. */
  heard(track: TrackId): void {
    const now = this.#now();
    const before = this.#toldAt.get(track) ?? -Infinity;
    if (now - before < SAME_TRACK_MS) return;
    setNewest(this.#toldAt, track, now, TRACKS_MAX);
    this.#tell(track);
  }
}
