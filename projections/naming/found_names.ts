import type { NamesFor } from "../../events/facts/library.ts";
import { foldCase, type TrackId } from "../../src/base/mod.ts";
import { arrange } from "./name_family.ts";
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
  const claims = tracks.map((track) => {
    const name = safeFileName(wantedName(track, manyDiscs.has(albumKey(track))));
    return { track: track.track, wanted: names === "windows" ? windowsName(name) : name };
  });
  const given = arrange(claims, [], names === "windows" ? foldCase : (name) => name);
  return tracks.map(({ track }) => given.get(track)!);
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
