import { type Field, fieldNamed } from "../query/mod.ts";

/** Navidrome's names of fields that have other names here. */
const RENAMED: ReadonlyMap<string, string> = new Map(Object.entries({
  recordingdate: "date",
  releaseyear: "releasedate",
  dateadded: "added",
  datemodified: "modified",
  filepath: "path",
  filetype: "format",
  sorttitle: "titlesort",
  sortalbum: "albumsort",
  sortartist: "artistsort",
  sortalbumartist: "albumartistsort",
  sortcomposer: "composersort",
  albumtype: "releasetype",
  mbz_album_id: "musicbrainz_albumid",
  mbz_album_artist_id: "musicbrainz_albumartistid",
  mbz_artist_id: "musicbrainz_artistid",
  mbz_recording_id: "musicbrainz_recordingid",
  mbz_release_track_id: "musicbrainz_trackid",
  mbz_release_group_id: "musicbrainz_releasegroupid",
}));

/** What Navidrome knows of its users, albums and artists, and no tag of a track says. */
const ELSEWHERE =
  /^(?:random|value|id|library_id|hascoverart|missing|averagerating|(?:album|artist)?(?:loved|dateloved|daterated)|(?:album|artist)(?:rating|playcount|lastplayed|dateadded|datemodified))$/;

/** The field of the query language that one of Navidrome's means; undefined when it has none. */
export function fieldOfNsp(name: string): Field | undefined {
  const lower = name.toLowerCase();
  return ELSEWHERE.test(lower) ? undefined : fieldNamed(RENAMED.get(lower) ?? lower);
}

/** A value of Navidrome's as the query language writes one of that field; undefined when it is none. */
export function valueOfNsp({ name, kind }: Field, value: unknown): string | undefined {
  if (kind === "flag") {
    return value === true || value === "true"
      ? "yes"
      : value === false || value === "false"
      ? "no"
      : undefined;
  }
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  if (typeof value === "string" && value.trim() === "") return undefined;
  if (kind === "text") return String(value);
  const text = String(value).trim();
  // Stars, of which there are five.
  if (name === "rating") return /^\d(?:\.\d+)?$/.test(text) ? `${Number(text) * 20}%` : undefined;
  if (kind === "bitrate") return `${text}k`;
  if (kind === "duration") return `${text}s`;
  return text;
}
