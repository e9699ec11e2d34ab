import { foldCase, TimeSlices, type TrackId } from "../base/mod.ts";
import { AlikePaths } from "./alike_paths.ts";
import { type EntryPlace, placesOf } from "./entry_place.ts";
import { PlaylistError } from "./playlist_error.ts";
import type { PlaylistEntry } from "./read_playlist.ts";

/** Where a playlist lies. */
export interface PlaylistPlace {
  readonly origin: string;
  /** The directory on the origin, "" for its root. */
  readonly directory: string;
}

/** A file of the library that is a track. */
export interface KnownFile {
  readonly origin: string;
  readonly path: string;
  readonly track: TrackId;
}

/** The questions about the library's files that are asked for the entries of a playlist. */
export interface KnownFiles {
  /** The track of the file at a path of an origin; undefined when there is none. */
  at(origin: string, path: string): TrackId | undefined;
  /** The origins whose root is a directory of this machine, with that. */
  roots(): Iterable<{ readonly origin: string; readonly root: string }>;
  /** All files whose names, folded by `foldCase`, are among these. */
  named(folded: ReadonlySet<string>): AsyncIterable<KnownFile>;
}

/** For how long, in ms, nothing else has its turn. */
const SLICE_MS = 20;
/** Files that are compared with the entries of one playlist that are at no known path. */
const ALIKE_FILES_MAX = 100_000;

/**
 * Finds the tracks that the entries of a playlist mean, in their order; undefined for one that means none. A file at the very place counts first: relative to the playlist,
 * below the root of an origin if the path is absolute. Next is the only one whose path is that place but for case and
 * the composition of letters. Last is the only one whose path ends most like the entry's, since a playlist may come from
 * another machine, where the music lies elsewhere.
 */
export async function findEntries(
  entries: readonly PlaylistEntry[],
  place: PlaylistPlace,
  known: KnownFiles,
): Promise<(TrackId | undefined)[]> {
  const slices = new TimeSlices(SLICE_MS);
  const roots = [...known.roots()];
  const places = entries.map((entry) => placesOf(entry));
  const found: (TrackId | undefined)[] = [];
  const names = new Set<string>();
  for (const all of places) {
    const track = trackAt(all, place, roots, known);
    found.push(track);
    if (track === undefined) { for (const it of all) names.add(nameOf(it)); }
    await slices.pause();
  }
  if (names.size === 0) return found;
  const alike = new AlikePaths();
  let files = 0;
  for await (const file of known.named(names)) {
    if (++files > ALIKE_FILES_MAX) throw new PlaylistError("too many files have the names in it");
    alike.add(file);
  }
  for (const [i, all] of places.entries()) {
    found[i] ??= likeliest(all, place, roots, alike);
    await slices.pause();
  }
  return found;
}

/** The track of the file that is exactly where an entry says. */
function trackAt(
  places: readonly EntryPlace[],
  place: PlaylistPlace,
  roots: readonly Root[],
  known: KnownFiles,
): TrackId | undefined {
  for (const it of places) {
    for (const { origin, path } of pathsOf(it, place, roots)) {
      const track = known.at(origin, path);
      if (track !== undefined) return track;
    }
  }
  return undefined;
}

interface Root {
  readonly origin: string;
  readonly root: string;
}

/** The paths that a place may be, the likeliest first. */
function pathsOf(
  { isAbsolute, segments }: EntryPlace,
  { origin, directory }: PlaylistPlace,
  roots: readonly Root[],
): { origin: string; path: string }[] {
  if (!isAbsolute) {
    const up = segments.findIndex((it) => it !== "..");
    const base = directory === "" ? [] : directory.split("/");
    // The place is outside of the origin, or that of the playlist's own machine is not known.
    if (up > base.length) return [];
    const path = [...base.slice(0, base.length - up), ...segments.slice(up)].join("/");
    return [{ origin, path }];
  }
  const path = segments.join("/");
  const below = roots.flatMap((it) => {
    const root = it.root.replace(/^\/+|\/+$/g, "");
    return path.startsWith(`${root}/`)
      ? [{ origin: it.origin, path: path.slice(root.length + 1) }]
      : [];
  });
  return [...below, { origin, path }];
}

function likeliest(
  places: readonly EntryPlace[],
  place: PlaylistPlace,
  roots: readonly Root[],
  alike: AlikePaths,
): TrackId | undefined {
  for (const it of places) {
    for (const { origin, path } of pathsOf(it, place, roots)) {
      const track = alike.folded(origin, path);
      if (track !== undefined) return track;
    }
  }
  for (const { segments } of places) {
    const track = alike.ending(segments);
    if (track !== undefined) return track;
  }
  return undefined;
}

function nameOf({ segments }: EntryPlace): string {
  return foldCase(segments.at(-1)!);
}
