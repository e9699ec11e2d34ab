/**
 * How a word sounds, roughly: what many misspellings of it have in common. Vowels count at the beginning alone, letters
 * of like sound are one, doubled ones count once, Greek and Cyrillic letters are those of a Latin spelling.
 *
 * @module
 */

const SOUND_CHARS_MAX = 12;
const ALPHABET = "aptkfsjlrmn";

/** Letters of other alphabets, in Latin ones. */
const LATIN: Readonly<Record<string, string>> = {
  ...{ а: "a", б: "b", в: "v", г: "g", д: "d", е: "e", ж: "j", з: "z", и: "i", к: "k", л: "l" },
  ...{ м: "m", н: "n", о: "o", п: "p", р: "r", с: "s", т: "t", у: "u", ф: "f", х: "h", ц: "ts" },
  ...{ ч: "ch", ш: "sh", щ: "sh", ъ: "", ы: "i", ь: "", э: "e", ю: "u", я: "a", і: "i", ґ: "g" },
  ...{ α: "a", β: "v", γ: "g", δ: "d", ε: "e", ζ: "z", η: "i", θ: "th", ι: "i", κ: "k", λ: "l" },
  ...{ μ: "m", ν: "n", ξ: "x", ο: "o", π: "p", ρ: "r", σ: "s", τ: "t", υ: "i", φ: "f", χ: "h" },
  ...{ ψ: "ps", ω: "o" },
};

/** Groups of letters that sound as others do, and those others. */
const GROUPS = /^(?:kn|gn|pn|wr|ps)|ph|gh(?=t|$)|sch|sh|tch|dg(?=[eiy])|x|c(?=[eiy])|mb$/g;
const SOUND_OF_GROUP: Readonly<Record<string, string>> = {
  ...{ kn: "n", gn: "n", pn: "n", wr: "r", ps: "s", ph: "f", gh: "", sch: "s", sh: "s", tch: "k" },
  ...{ dg: "j", x: "ks", c: "s", mb: "m" },
};
const DOUBLED = /(.)\1+/gu;
const PLAIN = /^[a-z0-9]*$/;

const LIKE: Readonly<Record<string, string>> = {
  ...{ b: "p", p: "p", d: "t", t: "t", c: "k", g: "k", k: "k", q: "k", f: "f", v: "f", w: "f" },
  ...{ s: "s", z: "s", j: "j", l: "l", r: "r", m: "m", n: "n", h: "" },
};
const VOWELS = /[aeiouy]/;

/** `word` is folded. */
export function soundOf(word: string): string {
  const latin = PLAIN.test(word)
    ? word
    : [...word].map((letter) => LATIN[letter] ?? letter).join("");
  const text = latin.replace(DOUBLED, "$1").replace(GROUPS, (group) => SOUND_OF_GROUP[group]!);
  let sound = "";
  let last = "";
  for (const letter of text) {
    const like = VOWELS.test(letter) ? "a" : LIKE[letter] ?? letter;
    if (like === last || like === "") continue;
    if (like !== "a" || sound === "") sound += like;
    last = like;
  }
  return [...sound].slice(0, SOUND_CHARS_MAX).join("");
}

/** A sound and those that differ from it by one letter: put in, left out, changed for another, or swapped. */
export function soundsNear(sound: string): Set<string> {
  const near = new Set([sound]);
  const letters = [...sound];
  const alphabet = new Set([...ALPHABET, ...letters]);
  for (let i = 0; i <= letters.length; i++) {
    const [before, after] = [letters.slice(0, i).join(""), letters.slice(i).join("")];
    const rest = letters.slice(i + 1).join("");
    for (const letter of alphabet) {
      near.add(before + letter + after);
      if (i < letters.length) near.add(before + letter + rest);
    }
    if (i < letters.length) near.add(before + rest);
    if (i + 1 < letters.length) {
      near.add(before + letters[i + 1]! + letters[i]! + letters.slice(i + 2).join(""));
    }
  }
  near.delete("");
  return near;
}
