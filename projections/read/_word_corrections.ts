import type { DatabaseSync } from "node:sqlite";
import { editDistance } from "../../src/base/mod.ts";
import { soundOf, soundsNear } from "../catalog/word_sound.ts";
import { Query } from "../core/query.ts";

/** A word of the vocabulary that may be meant. */
export interface LikelyWord {
  readonly word: string;
  /** From 0 to 1, which is the word itself. */
  readonly likeness: number;
}

/** How many words are compared for one mistyped word. */
const COMPARED_MAX = 20_000;
/** How many words may be meant by one. */
const MEANT_MAX = 12;

/** Finds words of the vocabulary that a mistyped word may mean. */
export class WordCorrections {
  readonly #bySound: Query;
  readonly #ofLength: Query;
  readonly #range: Query;

  constructor(db: DatabaseSync) {
    this.#bySound = new Query(db, "SELECT word FROM search_words WHERE sound = ?");
    this.#ofLength = new Query(
      db,
      "SELECT word FROM search_words WHERE length(word) BETWEEN ? AND ?",
    );
    this.#range = new Query(
      db,
      "SELECT word FROM search_words WHERE word >= ? AND word < ? LIMIT ?",
    );
  }

  /** Words that sound alike, or nearly, and differ by few characters, the likeliest first. */
  near(word: string): LikelyWord[] {
    const most = mostEdits(word);
    if (most === 0) return [];
    const sound = soundOf(word);
    const found: LikelyWord[] = [];
    let compared = 0;
    for (const near of soundsNear(sound)) {
      for (const [other] of this.#bySound.all(near)) {
        if (++compared > COMPARED_MAX) return likeliest(found);
        const allowed = near === sound ? most + 1 : most;
        const edits = editDistance(word, other as string, allowed);
        if (edits > allowed) continue;
        // Somebody who does not know how a word is spelled writes how it sounds, and seldom errs in its first letter.
        const cost = edits - (near === sound ? 0.5 : 0) +
          (word[0] === (other as string)[0] ? 0 : 0.4);
        const length = Math.max(word.length, (other as string).length);
        found.push({ word: other as string, likeness: Math.max(0, 1 - cost / (length + 1)) });
      }
    }
    return likeliest(found);
  }

  /** Every word of the vocabulary that differs by at most so many characters. Looks at all of them. */
  within(word: string, edits: number): string[] {
    const { length } = [...word];
    const found: string[] = [];
    for (const [other] of this.#ofLength.iterate(length - edits, length + edits)) {
      if (editDistance(word, other as string, edits) <= edits) found.push(other as string);
    }
    return found;
  }

  /** Words that begin so, at most `count`. */
  beginning(beginning: string, count: number): string[] {
    return this.#range.all(beginning, `${beginning}\u{10ffff}`, count)
      .map(([word]) => word as string);
  }
}

function likeliest(found: LikelyWord[]): LikelyWord[] {
  return found.sort((one, other) =>
    other.likeness - one.likeness || (one.word < other.word ? -1 : 1)
  ).slice(0, MEANT_MAX);
}

/** How many characters of a word may be wrong, so that it is still likely the word that was meant. */
function mostEdits(word: string): number {
  const { length } = word;
  if (length < 3 || /^\d+$/.test(word)) return 0;
  return length < 5 ? 1 : length < 9 ? 2 : 3;
}
