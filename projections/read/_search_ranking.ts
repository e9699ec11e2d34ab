import { fieldNamed, type SortKey } from "../../src/query/mod.ts";
import { wordsIn } from "../catalog/search_columns.ts";
import { chunksOf, folded, hasRow, type Words, wordsOf } from "../catalog/search_text.ts";
import type { TrackNames } from "../naming/track_names.ts";
import type { Row } from "./_search_parts.ts";
import type { FreePart } from "./_search_plan.ts";
import type { SearchedTrack } from "./_searched_track.ts";

/** How much a match in a field counts. */
const WEIGHTS = {
  ...{ title: 10, artist: 10, album: 6, albumartist: 6, composer: 4, genre: 3 },
} as const;
const OTHER_WEIGHT = 1;
/** A word of which only the beginning matches counts less, the less the more it lacks. */
const BEGINNING = 0.6;
/** What is added when a name is what was asked for and no more, or begins so. */
const WHOLE_NAME = 1;
const NAME_BEGINS = 0.3;

/** A stretch of a field's text that matches. */
export interface Highlight {
  readonly field: "title" | "artist" | "album";
  /** Offsets in the text. */
  readonly from: number;
  readonly to: number;
}

/** How well a track matches the words that were asked for in any field; the best is some 2. */
export function scoreOf(track: SearchedTrack, free: readonly FreePart[]): number {
  if (free.length === 0) return 1;
  let sum = 0;
  for (const { rows } of free) {
    let best = 0;
    for (const [name, words] of track.nameWords()) {
      best = Math.max(best, WEIGHTS[name] * matchOf(words, rows));
    }
    if (best < OTHER_WEIGHT) {
      for (const words of track.otherWords()) {
        best = Math.max(best, OTHER_WEIGHT * matchOf(words, rows));
      }
    }
    sum += best;
  }
  return sum / (free.length * WEIGHTS.title) + nameBonus(track, free);
}

/** How well a text matches, from 0 to 1. */
function matchOf(words: Words, rows: readonly Row[]): number {
  let best = 0;
  for (const row of rows) {
    if (row.likeness <= best || !hasRow(words, row)) continue;
    if (!row.isOpen || hasRow(words, { ...row, isOpen: false })) best = row.likeness;
    else {
      const asked = row.words.at(-1)!;
      const word = [...words.words, ...words.joined].find((it) => it.startsWith(asked)) ?? asked;
      const beginning = BEGINNING + (1 - BEGINNING) * asked.length / (word.length + 1);
      best = Math.max(best, row.likeness * beginning);
    }
  }
  return best;
}

function nameBonus(track: SearchedTrack, free: readonly FreePart[]): number {
  let bonus = 0;
  for (const name of ["title", "artist", "album"] as const) {
    const weight = WEIGHTS[name] / WEIGHTS.title;
    for (const words of track.words(fieldNamed(name))) {
      const likeness = nameLikeness(words.words, free);
      if (likeness === undefined) continue;
      const gain = likeness.isWhole ? WHOLE_NAME : NAME_BEGINS;
      bonus = Math.max(bonus, weight * gain * likeness.likeness);
    }
  }
  return bonus;
}

/** How well the words at the beginning of a name are those asked for, in their order; undefined when they aren't. */
function nameLikeness(
  words: readonly string[],
  free: readonly FreePart[],
): { likeness: number; isWhole: boolean } | undefined {
  let at = words.length > 1 && words[0] === "the" ? 1 : 0;
  let likeness = 1;
  let isOpen = false;
  for (const { rows } of free) {
    let taken: Row | undefined;
    for (const row of rows) {
      const last = row.words.length - 1;
      const fits = row.words.every((word, i) =>
        i === last && row.isOpen ? words[at + i]?.startsWith(word) : words[at + i] === word
      );
      if (fits && (taken === undefined || row.likeness > taken.likeness)) taken = row;
    }
    if (taken === undefined) return undefined;
    at += taken.words.length;
    likeness = Math.min(likeness, taken.likeness);
    isOpen = words[at - 1] !== taken.words.at(-1);
  }
  return { likeness, isWhole: at === words.length && !isOpen };
}

/** The order of tracks that match equally well: that of albums, and in them as they are heard. */
export function inAlbumOrder(one: SearchedTrack, other: SearchedTrack): number {
  const [a, b] = [one.document.state.names, other.document.state.names];
  return compared(folded(a.albumartist || a.artist), folded(b.albumartist || b.artist)) ||
    compared(folded(a.album), folded(b.album)) || (a.disc || 1) - (b.disc || 1) ||
    a.track - b.track || one.track - other.track;
}

/** Compares tracks by the fields of `sort:`; those without a value come last. */
export function bySortKeys(keys: readonly SortKey[]) {
  const fields = keys.map(({ field, descending }) => ({ field: fieldNamed(field), descending }));
  const values = new WeakMap<SearchedTrack, (string | number | undefined)[]>();
  const valuesOf = (track: SearchedTrack) => {
    let found = values.get(track);
    if (found === undefined) {
      found = fields.map(({ field }) => {
        if (field.kind === "flag") return track.document.flag(field) ? 1 : 0;
        if (field.kind !== "text") return track.numbers(field)[0];
        const [text] = track.document.texts(field);
        return text === undefined ? undefined : sortText(text);
      });
      values.set(track, found);
    }
    return found;
  };
  return (one: SearchedTrack, other: SearchedTrack): number => {
    const [first, second] = [valuesOf(one), valuesOf(other)];
    for (const [i, { descending }] of fields.entries()) {
      const [a, b] = [first[i], second[i]];
      if (a === undefined || b === undefined) {
        if (a !== b) return a === undefined ? 1 : -1;
        continue;
      }
      const order = compared(a, b);
      if (order !== 0) return descending ? -order : order;
    }
    return inAlbumOrder(one, other);
  };
}

/** "The" at the front does not count. */
function sortText(text: string): string {
  return folded(text).trim().replace(/^the\s+(?=\S)/, "");
}

function compared<T extends string | number>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Where the words that were asked for stand in what is shown of a track. */
export function highlightsOf(names: TrackNames, free: readonly FreePart[]): Highlight[] {
  return (["title", "artist", "album"] as const).flatMap((field) => {
    const rows = free.flatMap(({ rows }) => rows)
      .filter((row) => hasRow(wordsIn(field, names[field]), row));
    if (rows.length === 0) return [];
    return chunksOf(names[field]).flatMap(({ chunk, from, to }) => {
      const words = wordsOf(chunk);
      const isOne = rows.some((row) =>
        hasRow(words, row) ||
        row.words.some((word, i) =>
          hasRow(words, { words: [word], isOpen: row.isOpen && i === row.words.length - 1 })
        )
      );
      return isOne ? [{ field, from, to }] : [];
    });
  });
}
