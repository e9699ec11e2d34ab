/**
 * Parts of a plan (see `_search_plan`): what finds the tracks of one condition, and how parts are joined.
 *
 * @module
 */
import type { Field } from "../../src/query/mod.ts";
import {
  ANY_TRACK,
  fieldWord,
  IDENTIFIER_CHARS,
  identifierOf,
  lackWord,
} from "../catalog/search_columns.ts";
import { folded, hasRow, quotedWord, type Words } from "../catalog/search_text.ts";
import type { SearchedTrack } from "./_searched_track.ts";

/** Words that must stand one after the other; of the last one its beginning, where `isOpen`. */
export interface Row {
  readonly words: readonly string[];
  readonly isOpen: boolean;
  /** How near it is to what was asked for, from 0 to 1. */
  readonly likeness: number;
}

/** A part of a plan. */
export interface Part {
  /** The expression of FTS5 that finds all tracks that pass the test; null when that is every track. */
  readonly match: string | null;
  /** Whether it finds no other tracks. */
  readonly isExact: boolean;
  /** Of a part that is the opposite of another one: the expression of that one. */
  readonly except?: string;
  test(track: SearchedTrack): boolean;
}

const EVERY = `{facts} : ${quotedWord(ANY_TRACK)}`;
export const NOTHING: Part = { match: `{facts} : "nothing"`, isExact: true, test: () => false };

/** Whether one of the rows stands in the words of a text. */
export function hasAny(words: Words, rows: readonly Row[]): boolean {
  return rows.some((row) => hasRow(words, row));
}

/** A row as FTS5 takes it; `inField` makes the words of a column of them. */
export function rowText({ words, isOpen }: Row, inField: (word: string) => string): string {
  return `${words.map((word) => quotedWord(inField(word))).join(" + ")}${isOpen ? " *" : ""}`;
}

/** Tracks of which one of the texts is this one, or begins so. */
export function exactly(
  text: string,
  word: (text: string) => string,
  texts: (track: SearchedTrack) => readonly string[],
  isPrefix = false,
): Part {
  const asked = folded(text);
  return {
    match: `{facts} : ${quotedWord(word(text))}${isPrefix ? " *" : ""}`,
    isExact: true,
    test: (track) =>
      texts(track).map(folded).some((it) => isPrefix ? it.startsWith(asked) : it === asked),
  };
}

/** Tracks of which an identifier begins so. */
export function identified(field: Field, text: string): Part {
  const asked = identifierOf(text);
  if (asked === "") return NOTHING;
  const word = quotedWord(fieldWord(field, asked.slice(0, IDENTIFIER_CHARS)));
  const isPart = asked.length < IDENTIFIER_CHARS;
  return {
    match: `{fields} : ${word}${isPart ? " *" : ""}`,
    isExact: isPart,
    test: ({ document }) => document.texts(field).some((it) => identifierOf(it).startsWith(asked)),
  };
}

export function flag(field: Field, value: boolean): Part {
  return {
    match: value ? presence(field) : null,
    isExact: false,
    test: ({ document }) => document.flag(field) === value,
  };
}

export function lacking(field: Field): Part {
  const word = lackWord(field);
  return {
    match: word === undefined ? null : `{facts} : ${quotedWord(word)}`,
    isExact: word !== undefined,
    test: (track) => track.lacks(field),
  };
}

export function allOf(parts: readonly Part[]): Part {
  const wanted = parts.flatMap(({ match, except }) =>
    match === null || except !== undefined ? [] : [`(${match})`]
  );
  const unwanted = parts.flatMap(({ except }) => except === undefined ? [] : [`(${except})`]);
  // To go through every track for each that is unwanted would take long.
  const all = wanted.join(" AND ") || (unwanted.length > 0 ? EVERY : null);
  return {
    match: unwanted.length > 0 ? `(${all}) NOT (${unwanted.join(" OR ")})` : all,
    isExact: parts.every(({ isExact }) => isExact),
    test: (track) => parts.every((part) => part.test(track)),
  };
}

export function anyOf(parts: readonly Part[]): Part {
  const test = (track: SearchedTrack) => parts.some((part) => part.test(track));
  if (parts.length === 0) return NOTHING;
  if (parts.some(({ match }) => match === null)) return { match: null, isExact: false, test };
  return {
    match: parts.map(({ match }) => `(${match})`).join(" OR "),
    isExact: parts.every(({ isExact }) => isExact),
    test,
  };
}

export function notOf(part: Part): Part {
  const test = (track: SearchedTrack) => !part.test(track);
  if (!part.isExact) return { match: null, isExact: false, test };
  if (part.match === null) return { ...NOTHING, test };
  return { match: `${EVERY} NOT (${part.match})`, isExact: true, except: part.match, test };
}

/** Tracks that have any value of a field without a column of its own. */
export function presence(field: Field): string {
  return `{fields} : ${quotedWord(fieldWord(field, ""))}`;
}

/** The expression that finds what a plan wants, or every track. */
export function matchOrEvery(match: string | null): string {
  return match ?? EVERY;
}
