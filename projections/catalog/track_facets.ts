/**
 * The facets of a track: what tracks are browsed by, besides where the tree shows them. A facet has values, and a track
 * has one or several of each facet. A value is known by a **number**, a hash of the facet's name and of the value without
 * case and accents: values that differ by these alone are one. A track without any has the value "".
 *
 * @module
 */
import { type FacetName, FACETS } from "../../src/base/mod.ts";
import type { DetailValue } from "../../events/facts/files.ts";
import { directoryHash } from "../tree/directory_hash.ts";
import { folded } from "./search_text.ts";
import { listOf, type TrackDocument } from "./track_document.ts";

/** A value of a facet, as one track spells it. */
export interface FacetSpelling {
  readonly facet: FacetName;
  readonly value: number;
  /** "" for tracks that have none. */
  readonly spelling: string;
}

/** The number of a value. Two values of a facet have the same when they differ by case and accents alone. */
export function facetValue(facet: FacetName, spelling: string): number {
  return directoryHash(`${facet}/${folded(spelling) || spelling}`);
}

/** The word in the search index of a value, for facets whose words are not there already. */
export function facetWord(value: number): string {
  return `v${value.toString(36)}`;
}

/** Facets whose values are words of the index by themselves: only that a track has none is a word of its own. */
export const WORDED: ReadonlySet<FacetName> = new Set(
  ["year", "decade", "format", "origin", "added"],
);
/** Facets of which most tracks have no value: the word of "" says that a track does have one. */
export const RARE: ReadonlySet<FacetName> = new Set(["composer", "label", "mood"]);

/** What one facet of a track is. */
export interface TrackFacet {
  readonly spellings: readonly FacetSpelling[];
  /** The words, each after a space. */
  readonly words: string;
}

/** The facets of a track, in the order of FACETS. */
export interface AllFacets {
  readonly each: readonly TrackFacet[];
  readonly words: string;
}

/** From what the values of a facet are made: when it is the same, so are they. */
type Source = string | number | readonly string[];

/** Finds the facets of tracks. The next track mostly has the same values: then it has the same objects. */
export class TrackFacets {
  readonly #last = FACETS.map((): { source: Source; made: TrackFacet } => ({
    source: -1,
    made: { spellings: [], words: "" },
  }));
  #all: AllFacets = { each: [], words: "" };

  /** `added` is when the track was found, ms since 1970. */
  of(document: TrackDocument, added: number): AllFacets {
    let isSame = true;
    for (let i = 0; i < FACETS.length; i++) {
      const made = this.#one(FACETS[i]!, i, document, added);
      if (made !== this.#all.each[i]) isSame = false;
    }
    if (!isSame) {
      const each = this.#last.map(({ made }) => made);
      this.#all = { each, words: each.map(({ words }) => words).join("") };
    }
    return this.#all;
  }

  one(facet: FacetName, document: TrackDocument, added: number): TrackFacet {
    return this.#one(facet, FACETS.indexOf(facet), document, added);
  }

  #one(facet: FacetName, i: number, document: TrackDocument, added: number): TrackFacet {
    const source = sourceOf(facet, document, added);
    const last = this.#last[i]!;
    if (!areEqual(last.source, source)) {
      last.source = source;
      last.made = trackFacet(facet, typeof source === "number" ? textOf(facet, source) : source);
    }
    return last.made;
  }
}

function sourceOf(facet: FacetName, { state, details }: TrackDocument, added: number): Source {
  const { names, trackTags } = state;
  switch (facet) {
    case "artist":
      return filled(trackTags.artists) ?? names.artist;
    case "albumartist":
      return filled(listed(details.tags?.["albumartists"])) ?? (names.albumartist || names.artist);
    case "album":
      return names.album;
    case "genre":
      return trackTags.genre ?? "";
    case "composer":
      return trackTags.composer ?? "";
    case "label":
    case "mood":
      return listed(details.tags?.[facet]) ?? "";
    case "year":
    case "decade":
      return names.year;
    case "format":
      return state.format ?? "";
    case "origin":
      return state.origin;
    case "added":
      return Math.floor(added / DAY_MS);
    case "folder":
      return state.path.slice(0, Math.max(0, state.path.indexOf("/")));
  }
}

/** The text of a year, or of a day since 1970. Months are in UTC: what a log is folded to depends on no time zone. */
function textOf(facet: FacetName, number: number): string {
  if (facet === "added") {
    return new Date(number * DAY_MS).toISOString().slice(0, "2026-11".length);
  }
  if (number === 0) return "";
  return facet === "decade" ? `${number - number % 10}s` : String(number);
}

const DAY_MS = 86_400_000;

function listed(value: DetailValue | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : listOf(value);
}

/** Undefined for a list of nothing. */
function filled(texts: readonly string[] | undefined): readonly string[] | undefined {
  return texts === undefined || texts.length === 0 ? undefined : texts;
}

function trackFacet(facet: FacetName, texts: string | readonly string[]): TrackFacet {
  const trimmed = (typeof texts === "string" ? [texts] : texts).map((text) => text.trim())
    .filter((text) => text !== "");
  const byValue = new Map<number, FacetSpelling>();
  for (const spelling of trimmed.length === 0 ? [""] : trimmed) {
    const value = facetValue(facet, spelling);
    if (!byValue.has(value)) byValue.set(value, { facet, value, spelling });
  }
  const spellings = [...byValue.values()];
  return { spellings, words: wordsOf(facet, spellings) };
}

function wordsOf(facet: FacetName, spellings: readonly FacetSpelling[]): string {
  const isNone = spellings[0]!.spelling === "";
  if (WORDED.has(facet) && !isNone || RARE.has(facet) && isNone) return "";
  const values = spellings.map(({ value }) => value);
  if (RARE.has(facet)) values.push(facetValue(facet, ""));
  return values.map((value) => ` ${facetWord(value)}`).join("");
}

function areEqual(one: Source, other: Source): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return one.length === other.length && one.every((text, i) => text === other[i]);
}
