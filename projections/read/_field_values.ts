import type { Field } from "../../src/query/mod.ts";
import type { TrackDocument } from "../catalog/track_document.ts";

/** Fields whose values are no details of a file. */
const OF_STATE: ReadonlySet<string> = new Set([
  ...[
    "title",
    "artist",
    "album",
    "genre",
    "composer",
    "track",
    "totaltracks",
    "disc",
    "totaldiscs",
  ],
  ...["year", "decade", "date", "compilation", "format", "codec", "samplerate", "bits", "channels"],
  ...["origin", "path"],
]);

/** Whether tracks can be listed by a field: several may have the same value. */
export function isListable({ kind, name }: Field): boolean {
  return ["text", "number", "date", "flag"].includes(kind) && name !== "plays";
}

/** Whether the values of a field are found in the details of a file. */
export function needsDetails({ name, isOwn }: Field): boolean {
  return isOwn || !OF_STATE.has(name);
}

/** The values that a track has of a field, as texts for people: each once, without spaces at its ends, none empty. */
export function fieldValues(field: Field, document: TrackDocument): string[] {
  const values = rawValues(field, document).map((value) => value.trim());
  return [...new Set(values)].filter((value) => value !== "");
}

function rawValues(field: Field, document: TrackDocument): readonly string[] {
  switch (field.kind) {
    case "text":
      return single(field, document) ?? document.texts(field);
    case "date":
      return document.dates(field);
    case "flag":
      return document.flag(field) ? ["yes"] : [];
    default:
      return document.numbers(field)
        .map((number) => field.name === "decade" ? `${number}s` : String(number));
  }
}

/** The artists one by one, where a file names them so beside the name of all together; else undefined. */
function single({ name }: Field, { state, details }: TrackDocument): readonly string[] | undefined {
  const artists = name === "artist"
    ? state.trackTags.artists
    : name === "albumartist"
    ? details.tags?.["albumartists"]
    : undefined;
  return typeof artists === "object" && artists.length > 0 ? artists : undefined;
}
