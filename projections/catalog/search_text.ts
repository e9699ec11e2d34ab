/**
 * The words of a text, as the search index has them and as a query asks for them: one folding for both.
 *
 * - Case and accents are dropped, letters with a stroke or of two parts become plain ones (`Motörhead`, `Mø`, `Straße`).
 * - `&` and `+` between words are the word `and`.
 * - Signs separate words, and a text with signs inside is found without them too: of `AC/DC` the words are `ac` and
 *   `dc`, and `acdc` beside them; of `P!nk` also `pink`.
 * - Scripts without spaces between words (Chinese, Japanese, Korean, Thai) are cut into pairs of neighbouring
 *   characters, and the last one alone. So any part of a name is found.
 * - A text of signs alone (`!!!`) is one word.
 *
 * @module
 */
import { assert } from "../../src/base/mod.ts";

/**
 * Stands between the values of a field in the index, so that no phrase goes from one value to the next; behind the
 * last one too, where the end of a value can be asked for.
 */
export const VALUE_END = "\ue000";
/** Stands between the name of a field and a word, where fields share a column of the index. */
export const IN_FIELD = "\ue001";
/** Begins the word that a text of signs is. */
const SIGNS = "\ue002";
/** A sign of ASCII, which the tokenizer would drop, is this much higher in such a word. */
const SIGN_OFFSET = 0xe100;
/** Longer words count by their beginning. */
export const WORD_CHARS_MAX = 64;
const SIGNS_MAX = 16;
/** The most parts of a text with signs inside that also count as one word. */
const JOINED_PARTS_MAX = 8;

const ASCII = /^[\x20-\x7e]*$/;
const MARKS = /\p{M}+/gu;
/** Letters that Unicode does not decompose. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ı: "i" },
  ...{ ŋ: "n", ŧ: "t", ς: "σ", ĸ: "k", ŀ: "l", ƒ: "f" },
};
const COMPOUND = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "gu");

/** What a set of scripts without spaces between words has in common: see the module's comment. */
const PAIRED =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\u30fc]";
const PIECES = new RegExp(`${PAIRED}+|[[\\p{L}\\p{N}]--${PAIRED}]+`, "gv");
const IS_PAIRED = new RegExp(`^${PAIRED}`, "v");
const PLAIN_TEXT = /^[a-z0-9]{1,64}(?: [a-z0-9]{1,64})*$/;
const PLAIN_PIECES = /[a-z0-9]+/g;
const SIGN = /[^\p{L}\p{M}\p{N}]+/gu;
const PLAIN_CHUNK = /^[a-z0-9]+$/;
const AMPERSAND = /&/g;
/** Signs that stand for letters when letters are beside them: `P!nk`, `Ke$ha`, `A$AP`, `$uicideboy$`. */
const LETTER_SIGNS = /(?<=[a-z0-9])[!@$](?=[a-z0-9])|\$(?=[a-z])|(?<=[a-z])\$/g;
const MAY_SPELL = /[!@$]/;
const LETTER_OF: Readonly<Record<string, string>> = { "!": "i", "@": "a", "$": "s" };

/** The words of one text. */
export interface Words {
  /** In their order. */
  readonly words: readonly string[];
  /** What texts with signs inside are without them. */
  readonly joined: readonly string[];
}

/** The text without case and accents. */
export function folded(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").replace(MARKS, "").toLowerCase().replace(MARKS, "")
    .replace(COMPOUND, (letter) => PLAIN[letter]!).normalize("NFC");
}

export function wordsOf(text: string): Words {
  const plain = text.toLowerCase();
  // Most texts are such, and most of the index's time is spent on them.
  if (PLAIN_TEXT.test(plain)) return { words: plain.split(" "), joined: [] };
  const words: string[] = [];
  const joined: string[] = [];
  if (ASCII.test(plain) && !plain.includes("&")) {
    for (const chunk of plain.split(" ")) {
      if (chunk !== "") addChunk(chunk === "+" ? "and" : chunk, words, joined);
    }
  } else for (const { chunk } of chunksOf(text)) addChunk(chunk, words, joined);
  if (words.length === 0) {
    const signs = signsOf(text);
    if (signs !== undefined) words.push(signs);
  }
  return { words, joined };
}

/** The words of a path: any sign separates them. */
export function pathWords(path: string): Words {
  const plain = path.toLowerCase();
  const words = ASCII.test(plain)
    ? plain.match(PLAIN_PIECES)
    : wordsOf(path.replace(SIGN, " ")).words;
  return { words: (words ?? []).map(cut), joined: [] };
}

/** The words as a column of the index has them, each after `before`. */
export function columnText({ words, joined }: Words, before = ""): string {
  const all = before === "" ? words.join(" ") : words.map((word) => before + word).join(" ");
  return joined.length === 0
    ? all
    : `${all} ${joined.map((it) => `${VALUE_END} ${before}${it}`).join(" ")}`;
}

/** `columnText` of `wordsOf`. */
export function columnOf(text: string): string {
  const plain = text.toLowerCase();
  return PLAIN_TEXT.test(plain) ? plain : columnText(wordsOf(text));
}

/**
 * The ways in which a text of a query may stand in a field: one of these rows of words must be there, each directly
 * after the other. The last word of a row is its beginning alone where `isOpen`. Empty for a text without any sign.
 */
export interface AskedWords {
  readonly rows: readonly { readonly words: readonly string[]; readonly isOpen: boolean }[];
  /** Whether it is of signs alone. */
  readonly isSigns: boolean;
}

/** `isPrefix` when the beginning of the last word is enough. */
export function askedWords(text: string, isPrefix: boolean): AskedWords {
  const chunks = chunksOf(text).map(({ chunk }) => chunk);
  const words: string[] = [];
  const joined: string[] = [];
  let isOpen = isPrefix;
  chunks.forEach((chunk, i) => {
    const before = words.length;
    addChunk(chunk, words, joined);
    if (i < chunks.length - 1 || words.length === before) return;
    // Of a text in pairs the last character may have others after it.
    const pieces = chunk.match(PIECES) ?? [];
    const last = pieces.at(-1);
    if (last === undefined || !IS_PAIRED.test(last)) return;
    if ([...last].length > 1) {
      words.pop();
      isOpen = false;
    } else isOpen = true;
  });
  if (words.length === 0) {
    const signs = signsOf(text);
    return {
      rows: signs === undefined ? [] : [{ words: [signs], isOpen: isPrefix }],
      isSigns: true,
    };
  }
  const asOne = chunks.length === 1 ? joined : [];
  return {
    rows: [
      { words, isOpen },
      ...asOne.map((word) => ({ words: [word], isOpen: isPrefix })),
    ],
    isSigns: false,
  };
}

/** The parts of a text between spaces, folded, with their places in it. */
export function chunksOf(text: string): { chunk: string; from: number; to: number }[] {
  const chunks: { chunk: string; from: number; to: number }[] = [];
  for (const match of text.matchAll(/[^\s&]+|&/gu)) {
    const from = match.index;
    const chunk = match[0] === "&" || match[0] === "+" ? "and" : folded(match[0]);
    // A compatibility character may stand for several words.
    for (const part of chunk.replace(AMPERSAND, " and ").split(/\s+/u)) {
      if (part !== "") chunks.push({ chunk: part, from, to: from + match[0].length });
    }
  }
  return chunks;
}

function addChunk(chunk: string, words: string[], joined: string[]): void {
  if (PLAIN_CHUNK.test(chunk)) {
    words.push(cut(chunk));
    return;
  }
  const isPlain = ASCII.test(chunk);
  const pieces = chunk.match(isPlain ? PLAIN_PIECES : PIECES);
  if (pieces === null) return;
  const whole: string[] = [];
  for (const piece of pieces) {
    if (!isPlain && IS_PAIRED.test(piece)) addPairs(piece, words);
    else {
      words.push(cut(piece));
      whole.push(piece);
    }
  }
  if (whole.length > JOINED_PARTS_MAX) return;
  const plain = cut(whole.join(""));
  if (whole.length > 1 && whole.length === pieces.length) joined.push(plain);
  if (!MAY_SPELL.test(chunk)) return;
  const spelled = chunk.replace(LETTER_SIGNS, (sign) => LETTER_OF[sign]!);
  if (spelled === chunk) return;
  const letters = cut((spelled.match(PIECES) ?? []).join(""));
  if (letters !== plain) joined.push(letters);
}

function addPairs(run: string, words: string[]): void {
  const characters = [...run];
  characters.forEach((character, i) => words.push(character + (characters[i + 1] ?? "")));
}

function cut(word: string): string {
  return word.length <= WORD_CHARS_MAX ? word : [...word].slice(0, WORD_CHARS_MAX).join("");
}

/** The word that a text of signs is; undefined for a text of nothing. */
function signsOf(text: string): string | undefined {
  const signs = [...text.replace(/[\s\p{C}]+/gu, "")].slice(0, SIGNS_MAX);
  if (signs.length === 0) return undefined;
  return SIGNS + signs.map((sign) => {
    const code = sign.codePointAt(0)!;
    return code < 0x80 ? String.fromCodePoint(SIGN_OFFSET + code) : sign;
  }).join("");
}

/** A word that holds the whole of a short text, signs included, for facts that are compared as they are. */
export function exactWord(text: string): string {
  return [...text].slice(0, WORD_CHARS_MAX).map((character) => {
    const code = character.codePointAt(0)!;
    return code >= 0x80 || /[a-z0-9]/.test(character)
      ? character
      : String.fromCodePoint(SIGN_OFFSET + code);
  }).join("");
}

/** A word as FTS5 takes it: whatever is in it is text. */
export function quotedWord(word: string): string {
  assert(!/["\0]/.test(word), "words have no signs");
  return `"${word}"`;
}

/** Whether a row of words stands in the words of a text. */
export function hasRow(
  { words, joined }: Words,
  row: { readonly words: readonly string[]; readonly isOpen: boolean },
): boolean {
  const last = row.words.length - 1;
  if (last < 0) return false;
  const fits = (word: string, i: number) =>
    i === last && row.isOpen ? word.startsWith(row.words[i]!) : word === row.words[i];
  if (last === 0 && joined.some((word) => fits(word, 0))) return true;
  for (let at = 0; at + last < words.length; at++) {
    let i = 0;
    while (i <= last && fits(words[at + i]!, i)) i++;
    if (i > last) return true;
  }
  return false;
}
