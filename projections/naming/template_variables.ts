import type { FileDetails, TrackTags } from "../../events/facts/files.ts";
import { DETAIL_KINDS } from "../../src/base/mod.ts";
import type { TrackNames } from "./track_names.ts";

/** The facts from which a template is rendered. */
export interface NamedTrack {
  readonly names: TrackNames;
  readonly format: string;
  readonly tags: TrackTags;
  /** The details of the file; called only by a template that names some. */
  details(): FileDetails;
}

export interface Variable {
  /** "" when the track has none. */
  readonly value: (track: NamedTrack) => string;
  /** The text outside of `{ ... }` when the value is "". */
  readonly fallback: string;
}

export const UNTITLED = "Unknown Title";

/** Prefix of a field of the user's own, followed by its name in the file: `${tag:RIPPED BY}`. */
const OWN = "tag:";

/** The variables that do not depend on details. */
const NAMED: ReadonlyMap<string, Variable> = new Map(Object.entries(
  {
    artist: { value: (t) => t.names.artist, fallback: "Unknown Artist" },
    artists: { value: (t) => t.tags.artists?.join(", ") ?? "", fallback: "Unknown Artist" },
    albumartist: { value: (t) => t.names.albumartist, fallback: "Unknown Artist" },
    album: { value: (t) => t.names.album, fallback: "Unknown Album" },
    title: { value: (t) => t.names.title, fallback: UNTITLED },
    track: { value: (t) => padded(t.names.track, trackDigits(t)), fallback: "00" },
    totaltracks: { value: (t) => padded(t.tags.track?.of ?? 0, 2), fallback: "00" },
    disc: { value: (t) => padded(t.names.disc, 2), fallback: "00" },
    totaldiscs: { value: (t) => padded(t.tags.disk?.of ?? 0, 2), fallback: "00" },
    year: { value: (t) => padded(t.names.year, 4), fallback: "0000" },
    date: { value: (t) => t.tags.date ?? "", fallback: "0000" },
    genre: { value: (t) => t.names.genre, fallback: "Unknown Genre" },
    composer: { value: (t) => t.names.composer, fallback: "Unknown Composer" },
    format: { value: (t) => t.format, fallback: "unknown" },
    format_upper: { value: (t) => t.format.toUpperCase(), fallback: "UNKNOWN" },
  } satisfies Record<string, Variable>,
));

/** Names of the variables that do not depend on details. */
export const VARIABLE_NAMES: readonly string[] = [...NAMED.keys()];

/** The variable with a name; undefined when there is none. */
export function variableOf(name: string): Variable | undefined {
  const named = NAMED.get(name);
  if (named !== undefined) return named;
  if (name.startsWith(OWN) && name.length > OWN.length) {
    const own = name.slice(OWN.length).trim();
    return {
      value: ({ details }) => ownValue(details(), own),
      fallback: `Unknown ${own}`,
    };
  }
  if (!DETAIL_KINDS.has(name)) return undefined;
  return {
    value: ({ details }) => text(details().tags?.[name]),
    fallback: `Unknown ${name[0]!.toUpperCase()}${name.slice(1)}`,
  };
}

/** The value of a field without a common name. `name` may include the part before the colon (`TXXX:`, `----:...:`). */
function ownValue({ other = {} }: FileDetails, name: string): string {
  const wanted = name.toLowerCase();
  for (const [field, value] of Object.entries(other)) {
    const full = field.toLowerCase();
    if (full === wanted || full.slice(full.lastIndexOf(":") + 1) === wanted) return text(value);
  }
  return "";
}

/** A value as text. Of a list the first element counts. */
function text(value: string | number | boolean | readonly string[] | undefined): string {
  if (value === undefined || value === false) return "";
  if (value === true) return "1";
  return typeof value === "object" ? value[0] ?? "" : String(value).trim();
}

/**
 * How many digits a track number gets: as many as the total has, so that names sort in track order, but 2 for a total
 * that is missing or implausible.
 */
function trackDigits({ tags }: NamedTrack): number {
  const total = tags.track?.of ?? 0;
  return total > 99 && total < 10_000 ? String(total).length : 2;
}

function padded(value: number, digits: number): string {
  return value === 0 ? "" : String(value).padStart(digits, "0");
}
