import type { NamesFor } from "../../events/facts/library.ts";
import { type FacetName, NAME_BYTES_MAX } from "../../src/base/mod.ts";
import { facetValue } from "../catalog/track_facets.ts";
import { foldFor } from "../naming/found_names.ts";
import { GivenNames } from "../naming/name_family.ts";
import { NUMBERING_BYTES, safeDirectoryName } from "../naming/path_segment.ts";
import { WINDOWS_NAME_BYTES, windowsName } from "../naming/windows_name.ts";

/** The names of directories for tracks that have no value. */
const WITHOUT: Readonly<Record<FacetName, string>> = {
  artist: "Unknown Artist",
  albumartist: "Unknown Artist",
  album: "Unknown Album",
  genre: "Unknown Genre",
  year: "Unknown Year",
  decade: "Unknown Decade",
  composer: "Unknown Composer",
  label: "Unknown Label",
  mood: "Unknown Mood",
  format: "Unknown Format",
  origin: "Unknown Origin",
  added: "Unknown Month",
  folder: "No Folder",
};

export interface FacetNamesOptions {
  readonly facet: FacetName;
  readonly names: NamesFor;
  /** Whether any track has a value. */
  readonly isValue: (value: number) => boolean;
}

/**
 * The names of values as directories, each once. A value whose name is a way to write it gets just that name, whatever
 * others there are: so a name that is no other's leads to its value without a list of all. A value whose name had to be
 * changed (`AC/DC`), or cut, takes a number when the name belongs to another value.
 */
export class FacetNames {
  readonly #options: FacetNamesOptions;
  readonly #given: GivenNames;

  constructor(options: FacetNamesOptions) {
    this.#options = options;
    this.#given = new GivenNames(foldFor(options.names));
  }

  /** To be called for values in ascending order. */
  give(value: number, spelling: string): string {
    const { facet, names } = this.#options;
    const name = facetName(facet, spelling, names);
    if (facetValue(facet, name) === value) return name;
    const short = safeDirectoryName(name, NAME_BYTES_MAX - NUMBERING_BYTES);
    const wanted = names === "windows" ? windowsName(short) : short;
    return this.#given.give(wanted, (it) => this.#options.isValue(facetValue(facet, it)));
  }
}

/** The name of a value when no other wants it. */
export function facetName(facet: FacetName, spelling: string, names: NamesFor): string {
  const text = (spelling || WITHOUT[facet]).replaceAll("/", "_");
  if (names === "linux") return safeDirectoryName(text) || WITHOUT[facet];
  return windowsName(
    safeDirectoryName(text, NAME_BYTES_MAX - WINDOWS_NAME_BYTES) || WITHOUT[facet],
  );
}

const CHANGED = /[_\ufffd]/;
const NUMBER = / \(\d+\)$/;
/** Shorter names are no others cut. A name may lose a last character with many marks. */
const CUT_CHARS_MIN = 48;

/** Whether a name can be one that a value has though it is no way to write the value. */
export function mayBeGiven(facet: FacetName, name: string): boolean {
  return CHANGED.test(name) || name.length >= CUT_CHARS_MIN ||
    name.replace(NUMBER, "") === WITHOUT[facet];
}
