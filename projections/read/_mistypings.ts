import {
  type Expression,
  fieldNamed,
  printQuery,
  type Query,
  type Word,
} from "../../src/query/mod.ts";
import { askedWords, folded, hasRow } from "../catalog/search_text.ts";
import type { Row } from "./_search_parts.ts";
import type { SearchedTrack } from "./_searched_track.ts";
import type { LikelyWord, WordCorrections } from "./_word_corrections.ts";

/** What a query with mistyped words may mean. */
export class Mistypings {
  readonly #query: Query;
  readonly #corrections: WordCorrections;
  readonly #likely = new Map<string, readonly LikelyWord[]>();

  constructor(query: Query, corrections: WordCorrections) {
    this.#query = query;
    this.#corrections = corrections;
  }

  /** The query as it is, and then with each two neighbouring words as one, since a space may be one too many. */
  *readings(): IterableIterator<Query> {
    const { where } = this.#query;
    if (where === null) return;
    yield this.#query;
    if (where.kind !== "and") return;
    for (const [i, one] of where.all.entries()) {
      const other = where.all[i + 1];
      if (other === undefined || !isPlain(one) || !isPlain(other)) continue;
      const all: Expression[] = [...where.all];
      all.splice(i, 2, { ...one, text: one.text + other.text });
      yield { ...this.#query, where: all.length > 1 ? { kind: "and", all } : all[0]! };
    }
  }

  /** The rows of words that a word may mean besides itself. */
  readonly meant = (leaf: Word): readonly Row[] =>
    this.#meantBy(leaf).map(({ word, likeness }) => ({ words: [word], isOpen: false, likeness }));

  /** The text of a reading, with the words that a track has in the place of those that it lacks. */
  corrected(reading: Query, track: SearchedTrack): string {
    const { where } = reading;
    return printQuery(
      where === null ? reading : { ...reading, where: this.#replaced(where, track) },
    );
  }

  #replaced(part: Expression, track: SearchedTrack): Expression {
    switch (part.kind) {
      case "and":
        return { ...part, all: part.all.map((it) => this.#replaced(it, track)) };
      case "or":
        return { ...part, any: part.any.map((it) => this.#replaced(it, track)) };
      case "word":
        return { ...part, text: this.#wordOf(part, track) };
      default:
        return part;
    }
  }

  #wordOf(leaf: Word, track: SearchedTrack): string {
    const names = leaf.field === null
      ? [...track.nameWords()].map(([, words]) => words)
      : track.words(fieldNamed(leaf.field));
    const has = (row: Pick<Row, "words" | "isOpen">) => names.some((words) => hasRow(words, row));
    if (askedWords(leaf.text, true).rows.some(has)) return leaf.text;
    const meant = this.#meantBy(leaf).find(({ word }) => has({ words: [word], isOpen: false }));
    return meant?.word ?? leaf.text;
  }

  #meantBy(leaf: Word): readonly LikelyWord[] {
    if (leaf.edits > 0 || leaf.prefix) return [];
    const word = folded(leaf.text).replace(/[^\p{L}\p{N}]+/gu, "");
    let likely = this.#likely.get(word);
    if (likely === undefined) this.#likely.set(word, likely = this.#corrections.near(word));
    return likely;
  }
}

function isPlain(part: Expression): part is Word {
  return part.kind === "word" && part.field === null && part.edits === 0 && !part.prefix;
}
