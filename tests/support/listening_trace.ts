import { randomNumbers } from "../../scripts/audio/bytes.ts";

/** One play: the track, and the time since the play before it began, in ms. */
export interface Play {
  readonly track: number;
  readonly after: number;
}

const MINUTES = 60_000;

/**
 * What a listener plays in some weeks, from a library of albums with `tracks` tracks each. Track `n` is the `n %
 * tracks`-th of album `n / tracks`. The listener hears whole albums, liked ones more often; three playlists in their
 * order; the whole library shuffled; and the last tracks once more.
 */
export function listeningTrace(
  { albums, tracks, plays, seed }: { albums: number; tracks: number; plays: number; seed: number },
): Play[] {
  const random = randomNumbers(seed);
  const anyTrack = () => random(albums * tracks);
  // A few albums are liked very much, and most hardly at all.
  const anyAlbum = () => Math.floor(albums * (random(1000) / 1000) ** 2);
  const playlists = [0, 1, 2].map(() => Array.from({ length: 12 }, anyTrack));
  const session = (): number[] => {
    const kind = random(100);
    if (kind < 50) {
      const first = anyAlbum() * tracks;
      const all = Array.from({ length: tracks }, (_, i) => first + i);
      // A quarter of the albums is not heard to the end.
      return random(4) === 0 ? all.slice(0, 1 + random(tracks)) : all;
    }
    if (kind < 70) return playlists[random(playlists.length)]!;
    if (kind < 85) return Array.from({ length: 4 + random(5) }, anyTrack);
    const loved = anyTrack();
    return [loved, loved, anyTrack(), loved];
  };
  const found: Play[] = [];
  while (found.length < plays) {
    for (const [i, track] of session().entries()) {
      found.push({ track, after: (i === 0 ? 120 + random(600) : 3 + random(3)) * MINUTES });
    }
  }
  return found.slice(0, plays);
}
