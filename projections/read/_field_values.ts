import { type Field, fieldKey } from "../../src/query/mod.ts";
import type { DetailValue, FileDetails, TrackTags } from "../../events/facts/files.ts";
import { type FileState, propertiesOf } from "../catalog/file_state.ts";

/** The fields that are no tags, or that are more than their tags; each gives the values of a track. */
const NAMED: Readonly<Record<string, (state: FileState) => readonly (string | number)[]>> = {
  title: ({ names }) => [names.title],
  artist: ({ names, trackTags: { artists = [] } }) => artists.length > 0 ? artists : [names.artist],
  album: ({ names }) => [names.album],
  track: ({ names }) => [names.track],
  disc: ({ names }) => [names.disc],
  totaltracks: ({ trackTags: { track } }) => [track?.of ?? 0],
  totaldiscs: ({ trackTags: { disk } }) => [disk?.of ?? 0],
  year: ({ names }) => [names.year],
  decade: ({ names: { year } }) => year === 0 ? [] : [`${year - year % 10}s`],
  format: ({ format }) => [format ?? ""],
  codec: (state) => [propertiesOf(state).codec ?? ""],
  samplerate: (state) => [propertiesOf(state).sample_rate ?? 0],
  bits: (state) => [propertiesOf(state).bits_per_sample ?? 0],
  channels: (state) => [propertiesOf(state).channels ?? 0],
  origin: ({ origin }) => [origin],
  path: ({ path }) => [path],
};

/** Whether tracks can be listed by a field: by its tags, or by what {@link NAMED} has. */
export function hasValues({ name, tags, isOwn }: Field): boolean {
  return isOwn || tags.length > 0 || Object.hasOwn(NAMED, name);
}

/** Whether the values of a field are found in the details of a file. */
export function needsDetails({ name, isOwn }: Field): boolean {
  return isOwn || name === "albumartist" || !Object.hasOwn(NAMED, name) && !OF_TRACK_TAGS.has(name);
}

/** Fields whose values are in TrackTags as they are. */
const OF_TRACK_TAGS: ReadonlySet<string> = new Set(["genre", "composer", "date", "compilation"]);

/**
 * The values that a track has of a field, as texts: each once, without spaces at its ends, none empty. `details` is asked
 * only where {@link needsDetails} says so.
 */
export function fieldValues(
  field: Field,
  state: FileState,
  details: () => FileDetails,
): string[] {
  const values = new Set<string>();
  for (const value of rawValues(field, state, details)) {
    const text = typeof value === "boolean" ? (value ? "yes" : "") : String(value).trim();
    // Tags have 0 for what is not known.
    if (text !== "" && value !== 0) values.add(text);
  }
  return [...values];
}

function rawValues(
  field: Field,
  state: FileState,
  details: () => FileDetails,
): readonly (string | number | boolean)[] {
  const { name, tags, isOwn } = field;
  if (Object.hasOwn(NAMED, name)) return NAMED[name]!(state);
  if (OF_TRACK_TAGS.has(name)) return many(state.trackTags[name as keyof TrackTags] as DetailValue);
  const { tags: kept = {}, other = {} } = details();
  if (isOwn) {
    const key = fieldKey(name);
    return Object.entries(other).filter(([own]) => fieldKey(own) === key)
      .flatMap(([, value]) => many(value));
  }
  const found = tags.flatMap((tag) => many(kept[tag]));
  if (name !== "albumartist" || found.length > 0) return found;
  return [state.names.albumartist];
}

function many(value: DetailValue | undefined): readonly (string | number | boolean)[] {
  if (value === undefined) return [];
  return typeof value === "object" ? value : [value];
}
