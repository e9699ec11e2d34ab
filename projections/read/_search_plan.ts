/**
 * A query made ready to be answered: an expression for the index, which finds the tracks or a few more, and a test of a
 * track, which knows exactly. Every part of a query has both; where the index knows exactly too, nothing is tested.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { editDistance } from "../../src/base/mod.ts";
import {
  conditionOf,
  type Expression,
  type Field,
  fieldNamed,
  type Leaf,
  type Phrase,
  type Span,
  type Word,
} from "../../src/query/mod.ts";
import {
  fieldWord,
  formatWord,
  isIdentifier,
  NAME_FIELDS,
  originWord,
} from "../catalog/search_columns.ts";
import { type FactKind, FACTS, factWord, isFact, stepsOf } from "../catalog/search_facts.ts";
import { askedWords, folded, quotedWord, wordsOf } from "../catalog/search_text.ts";
import { type Cell, Query } from "../core/query.ts";
import {
  allOf,
  anyOf,
  exactly,
  flag,
  hasAny,
  identified,
  lacking,
  NOTHING,
  notOf,
  type Part,
  presence,
  type Row,
  rowText,
} from "./_search_parts.ts";
import type { SearchedTrack } from "./_searched_track.ts";
import type { WordCorrections } from "./_word_corrections.ts";

/** A condition of SQL on `search.rowid`. */
export interface SqlCondition {
  readonly sql: string;
  readonly values: readonly Cell[];
}

/** A word or phrase that was asked for in any field: by these, matches are ranked. */
export interface FreePart {
  readonly leaf: Word | Phrase;
  /** The ways in which it may stand in a field. */
  readonly rows: readonly Row[];
  /** Some of the words that begin as it does, when those are too many to be sought one by one; otherwise none. */
  readonly broad: readonly string[];
}

export interface Plan extends Part {
  /** What the index knows less exactly than other tables; `match` is exact with them. */
  readonly conditions: readonly SqlCondition[];
  readonly free: readonly FreePart[];
  /** The expression of the other parts; null when it finds every track. */
  readonly rest: string | null;
  /** Whether the free ones are sought in some fields alone. */
  readonly isInFields: boolean;
}

export interface PlanOptions {
  /** Names of the fields in which words without a field are sought; all when absent. */
  readonly fields?: readonly Field[] | undefined;
  readonly origin?: string | undefined;
  readonly now: number;
  /** Further ways in which a word of a name may be meant. */
  readonly meant?: ((leaf: Word) => readonly Row[]) | undefined;
}

/** What is not in the columns of names is `other`; the rest of the columns is no text. */
const FREE = "- {fields path facts}";
/** When more words than this begin so, they are not sought one by one. */
const OPEN_WORDS_MAX = 256;

/** Makes plans for one index; without one, plans whose tests alone are right. */
export class Planner {
  readonly #steps: Query | undefined;
  readonly #corrections: WordCorrections | undefined;

  constructor(index?: { readonly db: DatabaseSync; readonly corrections: WordCorrections }) {
    this.#corrections = index?.corrections;
    this.#steps = index && new Query(
      index.db,
      "SELECT step FROM search_facts WHERE kind = ? AND step BETWEEN ? AND ?",
    );
  }

  plan(where: Expression | null, options: PlanOptions): Plan {
    const asked = where === null ? [] : where.kind === "and" ? where.all : [where];
    const parts = withoutNoise(asked);
    const last = parts.findLast(isFreeWord);
    const free: FreePart[] = [];
    const conditions: SqlCondition[] = [];
    const made = parts.map((part) => {
      if (!isFree(part)) {
        const own = this.#condition(part, options.now);
        conditions.push(...own);
        const plain = this.#part(part, options);
        return own.length > 0 ? { ...plain, isExact: true } : plain;
      }
      const rows = this.#rows(part, part === last, options);
      free.push({ leaf: part, rows, broad: this.#broadWords(rows) });
      return this.#anyField(part, rows, options.fields);
    });
    const rest = made.filter((_, i) => !isFree(parts[i]!));
    if (options.origin !== undefined) {
      const one = exactly(options.origin, originWord, ({ document }) => [document.state.origin]);
      made.push(one);
      rest.push(one);
    }
    return {
      ...allOf(made),
      conditions,
      free,
      rest: allOf(rest).match,
      isInFields: options.fields !== undefined,
    };
  }

  #part(part: Expression, options: PlanOptions): Part {
    switch (part.kind) {
      case "and":
        return allOf(part.all.map((it) => this.#part(it, options)));
      case "or":
        return anyOf(part.any.map((it) => this.#part(it, options)));
      case "not":
        return notOf(this.#part(part.what, { ...options, meant: undefined }));
      default:
        return this.#leaf(part, options);
    }
  }

  #leaf(leaf: Leaf, options: PlanOptions): Part {
    const condition = conditionOf(leaf, options.now);
    switch (condition.is) {
      case "words":
        return condition.field === null
          ? this.#anyField(
            condition.words,
            this.#rows(condition.words, false, options),
            options.fields,
          )
          : this.#oneField(condition.words, condition.field, options);
      case "whole":
        return this.#whole(condition.field, condition.text);
      case "span":
        return this.#span(condition.field, condition.span);
      case "flag":
        return flag(condition.field, condition.value);
      case "never":
        return lacking(condition.field);
    }
  }

  /** The ways in which a word or phrase may stand in a field. */
  #rows(leaf: Word | Phrase, isLast: boolean, { meant }: PlanOptions): Row[] {
    const { text } = leaf;
    if (leaf.kind === "word" && leaf.edits > 0) {
      const word = folded(text);
      return (this.#corrections?.within(word, leaf.edits) ?? []).map((it) => (
        { words: [it], isOpen: false, likeness: likeness(word, it) }
      ));
    }
    const isPrefix = leaf.kind === "word" && (leaf.prefix || isLast);
    const { rows } = askedWords(text, isPrefix);
    return [
      ...rows.map((row) => ({ ...row, words: withoutThe(row.words), likeness: 1 })),
      ...leaf.kind === "word" ? meant?.(leaf) ?? [] : [],
    ];
  }

  #anyField(
    leaf: Word | Phrase,
    rows: readonly Row[],
    fields: readonly Field[] | undefined,
  ): Part {
    if (fields !== undefined) {
      return anyOf(fields.map((field) => this.#wordsIn(leaf, rows, field)));
    }
    // Only names are in the vocabulary, in which similar words are sought.
    if (hasEdits(leaf)) {
      const names = NAME_FIELDS.map(fieldNamed);
      return anyOf(names.map((field) => this.#wordsIn(leaf, rows, field)));
    }
    if (rows.length === 0) return NOTHING;
    return {
      ...this.#matchOf(FREE, rows, (word) => word),
      test: (track) => {
        for (const [, words] of track.nameWords()) if (hasAny(words, rows)) return true;
        return track.otherWords().some((words) => hasAny(words, rows));
      },
    };
  }

  #oneField(leaf: Word | Phrase, field: Field, options: PlanOptions): Part {
    const { text } = leaf;
    const isPrefix = leaf.kind === "word" && leaf.prefix;
    switch (field.name) {
      case "format":
        return exactly(text, formatWord, formats, isPrefix);
      case "origin":
        return exactly(text, originWord, ({ document }) => [document.state.origin], isPrefix);
    }
    if (isIdentifier(field)) return identified(field, text);
    const rows = this.#rows(leaf, false, isName(field) ? options : { now: options.now });
    return this.#wordsIn(leaf, rows, field);
  }

  /** Tracks of which a value of the field has the word or phrase, of which these are the rows. */
  #wordsIn(leaf: Word | Phrase, rows: readonly Row[], field: Field): Part {
    if (!hasEdits(leaf)) return this.#rowsIn(rows, field);
    const word = folded(leaf.text);
    const { match, isExact } = isName(field) && this.#corrections !== undefined
      ? this.#rowsIn(rows, field)
      : { match: null, isExact: false };
    return {
      ...{ match, isExact },
      test: (track) =>
        track.words(field).some(({ words, joined }) =>
          [...words, ...joined].some((it) => editDistance(word, it, leaf.edits) <= leaf.edits)
        ),
    };
  }

  /** Tracks of which a value of the field has one of the rows. */
  #rowsIn(rows: readonly Row[], field: Field): Part {
    if (rows.length === 0) return NOTHING;
    const test = (track: SearchedTrack) => track.words(field).some((words) => hasAny(words, rows));
    if (field.name === "codec") return { match: null, isExact: false, test };
    if (isName(field) || field.name === "path") {
      return { ...this.#matchOf(`{${field.name}}`, rows, (word) => word), test };
    }
    if (field.kind !== "text" || field.name === "format" || field.name === "origin") {
      return { match: null, isExact: false, test };
    }
    return { ...this.#matchOf("{fields}", rows, (word) => fieldWord(field, word)), test };
  }

  #matchOf(
    columns: string,
    rows: readonly Row[],
    inField: (word: string) => string,
  ): Pick<Part, "match" | "isExact"> {
    if (this.#corrections === undefined || this.#isBroad(rows)) {
      return { match: null, isExact: false };
    }
    const all = rows.map((row) => rowText(row, inField));
    return { match: `${columns} : (${all.join(" OR ")})`, isExact: true };
  }

  #isBroad(rows: readonly Row[]): boolean {
    return this.#broadWords(rows).length > 0;
  }

  #broadWords(rows: readonly Row[]): readonly string[] {
    for (const { words, isOpen } of rows) {
      if (!isOpen || words.length > 1) continue;
      const some = this.#corrections?.beginning(words[0]!, OPEN_WORDS_MAX + 1) ?? [];
      if (some.length > OPEN_WORDS_MAX) return some;
    }
    return [];
  }

  /** Tracks of which a value of the field is this text, apart from case, accents and signs. */
  #whole(field: Field, text: string): Part {
    if (field.name === "format") return exactly(text, formatWord, formats);
    if (field.name === "origin") {
      return exactly(text, originWord, ({ document }) => [document.state.origin]);
    }
    const { words } = wordsOf(text);
    const whole = words.join(" ");
    const { match } = isIdentifier(field)
      ? identified(field, text)
      : this.#rowsIn(words.length === 0 ? [] : [{ words, isOpen: false, likeness: 1 }], field);
    return {
      match,
      isExact: false,
      test: (track) => track.words(field).some(({ words }) => words.join(" ") === whole),
    };
  }

  #span(field: Field, span: Span): Part {
    const test = (track: SearchedTrack) =>
      track.numbers(field).some((number) => isWithin(number, span));
    const { name } = field;
    if (name === "decade") {
      const { from, to } = span;
      const years = { from, to: to && { value: to.value + 9, included: true } };
      return { match: this.#stepsMatch(FACTS.year, years).match, isExact: false, test };
    }
    if (name === "date") {
      // The index has the year of a date apart only where it is not the year of the track.
      const { first, last } = stepsOf(FACTS.date, span);
      const included = (value: number) => ({ value, included: true });
      const years = { from: included(first), to: included(last) };
      const parts = [this.#stepsMatch(FACTS.date, span), this.#stepsMatch(FACTS.year, years)];
      return { ...anyOf(parts.map((part) => ({ ...part, test }))), isExact: false, test };
    }
    if (isFact(name)) return { ...this.#stepsMatch(FACTS[name], span), test };
    if (field.isOwn) {
      return { match: `{fields} : ${quotedWord(fieldWord(field, ""))} *`, isExact: false, test };
    }
    return { match: isDetail(field) ? presence(field) : null, isExact: false, test };
  }

  #stepsMatch(kind: FactKind, span: Span): Pick<Part, "match" | "isExact"> {
    const { first, last, isExact } = stepsOf(kind, span);
    if (this.#steps === undefined) return { match: null, isExact: false };
    const steps = this.#steps.all(kind.letter, first, last);
    if (steps.length === 0) return { match: NOTHING.match, isExact };
    const words = steps.map(([step]) => quotedWord(factWord(kind, step as number)));
    return { match: `{facts} : (${words.join(" OR ")})`, isExact };
  }

  /** The condition on moments and plays, of which the index knows little. */
  #condition(part: Expression, now: number): SqlCondition[] {
    if (part.kind === "and" || part.kind === "or" || part.kind === "not" || part.field === null) {
      return [];
    }
    const condition = conditionOf(part, now);
    const column = condition.field === null ? undefined : MOMENT_COLUMNS[condition.field.name];
    if (column === undefined) return [];
    if (condition.is === "never") {
      return condition.field.name === "played" ? [{ sql: `${column} IS NULL`, values: [] }] : [];
    }
    return condition.is === "span" ? [inSpan(column, condition.span)] : [];
  }
}

/** Numbers of a track that other tables than the index have. */
export const MOMENT_COLUMNS: Readonly<Record<string, string>> = {
  added: "(SELECT at FROM search_added a WHERE a.track = search.rowid)",
  played: "(SELECT last_at FROM plays p WHERE p.track = search.rowid)",
  plays: "coalesce((SELECT count FROM plays p WHERE p.track = search.rowid), 0)",
};

export function inSpan(column: string, { from, to }: Span): SqlCondition {
  const ends = [
    ...from === null ? [] : [{ sql: `${column} ${from.included ? ">=" : ">"} ?`, at: from.value }],
    ...to === null ? [] : [{ sql: `${column} ${to.included ? "<=" : "<"} ?`, at: to.value }],
  ];
  return { sql: ends.map(({ sql }) => sql).join(" AND "), values: ends.map(({ at }) => at) };
}

export function isWithin(number: number, { from, to }: Span): boolean {
  if (from !== null && (from.included ? number < from.value : number <= from.value)) return false;
  return to === null || (to.included ? number <= to.value : number < to.value);
}

function isFree(part: Expression): part is Word | Phrase {
  return (part.kind === "word" || part.kind === "phrase") && part.field === null;
}

function isFreeWord(part: Expression): boolean {
  return part.kind === "word" && part.field === null && part.edits === 0;
}

/**
 * The parts without those that say nothing beside others: free words that are signs (`Artist - Title`), and "the" at
 * the front.
 */
function withoutNoise(parts: readonly Expression[]): readonly Expression[] {
  const isSaying = (part: Expression) =>
    !isFree(part) || part.kind === "phrase" || !askedWords(part.text, false).isSigns;
  const saying = parts.filter(isSaying);
  const kept = saying.some(isFree) || saying.length > 0 && saying.length === parts.length
    ? saying
    : parts;
  const [first, ...rest] = kept;
  const isThe = first !== undefined && first.kind === "word" && isFreeWord(first) &&
    !first.prefix && folded(first.text) === "the";
  return isThe && rest.some(isFree) ? rest : kept;
}

function hasEdits(leaf: Word | Phrase): leaf is Word {
  return leaf.kind === "word" && leaf.edits > 0;
}

function withoutThe(words: readonly string[]): readonly string[] {
  return words.length > 1 && words[0] === "the" ? words.slice(1) : words;
}

function isName({ name, isOwn }: Field): boolean {
  return !isOwn && (NAME_FIELDS as readonly string[]).includes(name);
}

/** Whether the values of a field are in the table of details. */
function isDetail({ name, tags }: Field): boolean {
  return tags.length > 0 && !["year", "date", "track", "disc"].includes(name);
}

function likeness(one: string, other: string): number {
  return 1 - editDistance(one, other, 2) / (Math.max(one.length, other.length) + 1);
}

function formats({ document }: SearchedTrack): readonly string[] {
  return [document.state.format ?? ""];
}
