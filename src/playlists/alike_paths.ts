import { foldCase, type TrackId } from "../base/mod.ts";
import type { KnownFile } from "./find_entries.ts";

/** The files whose paths end alike: in the same last segments, folded. */
interface Ending {
  /** The track of which all of them are; null when they are several. */
  track: TrackId | null;
  /** Those that have one more segment in common, by that segment. */
  readonly longer: Map<string, Ending>;
}

/** Names that say nothing: many files are called `CD1/01.mp3`, so the only one that is here need not be meant. */
const TELLING = /\p{L}{2}/u;
const NUMBERED = /^(?:track|cd|disc|disk|side)[\s_-]*\w{0,2}$/;
/** Segments that are compared; what differs only further up is one and the same. */
const COMPARED_MAX = 16;

/** Paths of tracks, to be found by others that are like them. */
export class AlikePaths {
  readonly #root: Ending = { track: null, longer: new Map() };
  /** Tracks by origin and folded path; null where several files have that. */
  readonly #folded = new Map<string, TrackId | null>();

  add({ origin, path, track }: KnownFile): void {
    const folded = foldCase(path);
    const key = `${origin}\0${folded}`;
    this.#folded.set(key, same(this.#folded.get(key), track));
    let at = this.#root;
    for (const segment of lastFirst(folded.split("/"))) {
      const next = at.longer.get(segment);
      if (next === undefined) at.longer.set(segment, at = { track, longer: new Map() });
      else {
        next.track = same(next.track, track);
        at = next;
      }
    }
  }

  /** The track of the only file whose path differs from this one by case and composition alone. */
  folded(origin: string, path: string): TrackId | undefined {
    return this.#folded.get(`${origin}\0${foldCase(path)}`) ?? undefined;
  }

  /**
   * The track of the only file that has more of the last segments than any other. Copies of one track on several
   * origins are no choice.
   */
  ending(segments: readonly string[]): TrackId | undefined {
    const folded = segments.filter((it) => it !== "..").map(foldCase);
    let at = this.#root;
    let isTold = false;
    for (const segment of lastFirst(folded)) {
      const next = at.longer.get(segment);
      if (next === undefined) break;
      const name = at === this.#root ? segment.replace(/\.[^.]*$/, "") : segment;
      isTold ||= TELLING.test(name) && !NUMBERED.test(name);
      at = next;
    }
    return isTold ? at.track ?? undefined : undefined;
  }
}

function same(known: TrackId | null | undefined, track: TrackId): TrackId | null {
  return known === undefined || known === track ? track : null;
}

function lastFirst(segments: readonly string[]): string[] {
  return segments.slice(-COMPARED_MAX).reverse();
}
