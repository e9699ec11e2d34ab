import type { NamesFor } from "../../events/facts/library.ts";
import { foldCase, type TrackId } from "../../src/base/mod.ts";
import { arrange, type NameFold } from "./name_family.ts";
import { safeFileName } from "./path_segment.ts";
import { UNTITLED } from "./template_variables.ts";
import { windowsName } from "./windows_name.ts";

/** The facts by which a track is named among others that have nothing to do with it. Empty is "", null or 0. */
export interface FoundTrackFacts {
  readonly track: TrackId;
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly disc: number | null;
  readonly number: number | null;
  readonly format: string;
}

/**
 * The name of each track in a directory of tracks from anywhere: `Artist - Album - 03 - Title.flac`, with `2-03` for an
 * album of which a later disc is among them. Names are safe as those of the tree are, no two are equal, and of several
 * tracks that want one name the track with the lowest number gets it.
 */
export function foundNames(tracks: readonly FoundTrackFacts[], names: NamesFor): string[] {
  const manyDiscs = new Set(tracks.filter(({ disc }) => (disc ?? 0) > 1).map(albumKey));
  const claims = tracks.map((track) => ({
    track: track.track,
    wanted: foundName(track, manyDiscs.has(albumKey(track)), names),
  }));
  const given = arrange(claims, [], foldFor(names));
  return tracks.map(({ track }) => given.get(track)!);
}

/** The name that a track would get if it were alone. With `hasDiscs` it has the number of the disc. */
export function foundName(track: FoundTrackFacts, hasDiscs: boolean, names: NamesFor): string {
  const name = safeFileName(wantedName(track, hasDiscs));
  return names === "windows" ? windowsName(name) : name;
}

/** How names are compared where those of tracks from anywhere stand together. */
export function foldFor(names: NamesFor): NameFold {
  return names === "windows" ? foldCase : (name) => name;
}

function albumKey({ artist, album }: FoundTrackFacts): string {
  return `${artist}\n${album}`;
}

function wantedName(track: FoundTrackFacts, hasDiscs: boolean): string {
  const { artist, album, disc, number, title, format } = track;
  const place = number ? String(number).padStart(2, "0") : "";
  const part = hasDiscs && disc && place ? `${disc}-${place}` : place;
  const stem = [artist, album, part, title || UNTITLED].filter((text) => text !== "").join(" - ");
  return `${stem}.${format}`.replaceAll("/", "_");
}
