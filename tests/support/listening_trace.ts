import { randomNumbers } from "../../scripts/audio/bytes.ts";

/** One play: which track, and how long after the one before it began, ms. */
export interface Play {
  readonly track: number;
  readonly after: number;
}

const MINUTES = 60_000;

/**
 * What somebody plays in some weeks, out of a library of so many albums of `tracks` tracks each; track `n` is the
 * `n % tracks`-th of album `n / tracks`. They listen to whole albums, the liked ones more often; to three playlists of
 * their own, in their order; to the whole library shuffled; and to what they have just heard once more.
 */
export function listeningTrace(
  { albums, tracks, plays, seed }: { albums: number; tracks: number; plays: number; seed: number },
): Play[] {
  const random = randomNumbers(seed);
  const anyTrack = () => random(albums * tracks);
  // Liked as in real life: a few very much, most hardly ever.
  const anyAlbum = () => Math.floor(albums * (random(1000) / 1000) ** 2);
  const playlists = [0, 1, 2].map(() => Array.from({ length: 12 }, anyTrack));
  const session = (): number[] => {
    const kind = random(100);
    if (kind < 50) {
      const first = anyAlbum() * tracks;
      const all = Array.from({ length: tracks }, (_, i) => first + i);
      // Not everybody hears it to its end.
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
