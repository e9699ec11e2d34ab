import type { TrackTags } from "../../events/facts/files.ts";
import { discOfDirectory, guessFromPath } from "./path_guess.ts";

/**
 * The names by which a track is placed and counted: from its tags, and from its path where they lack something. Empty
 * is "" or 0.
 */
export interface TrackNames {
  readonly title: string;
  readonly artist: string;
  readonly albumartist: string;
  readonly album: string;
  readonly genre: string;
  readonly composer: string;
  readonly track: number;
  readonly disc: number;
  readonly year: number;
}

/**
 * Tags win; the path fills in what they lack. A disc that only the directory names counts even when all other tags are
 * there, since few people tag it. A compilation without an album artist is by `Various Artists`. Of several genres or
 * composers the first counts.
 */
export function trackNames(tags: TrackTags, path: string): TrackNames {
  const title = text(tags.title);
  const artist = text(tags.artist) || text(tags.artists?.join(", "));
  const album = text(tags.album);
  const track = number(tags.track?.no);
  const year = number(tags.year) || number(Number(/^\d{4}/.exec(tags.date ?? "")?.[0]));
  const complete = title !== "" && artist !== "" && album !== "" && track > 0 && year > 0;
  const guess = complete ? {} : guessFromPath(path);
  return {
    title: title || text(guess.title),
    artist: artist || text(guess.artist),
    albumartist: text(tags.albumartist) || (tags.compilation === true ? "Various Artists" : ""),
    album: album || text(guess.album),
    genre: text(tags.genre?.[0]),
    composer: text(tags.composer?.[0]),
    track: track || number(guess.track),
    disc: number(tags.disk?.no) || number(complete ? discOfDirectory(path) : guess.disc),
    year: year || number(guess.year),
  };
}

function text(value: string | undefined): string {
  return value === undefined ? "" : value.trim();
}

/** A whole number above 0, or 0. */
function number(value: number | null | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
