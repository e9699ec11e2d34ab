import { chance } from "./named_library.ts";

const NEIGHBOURS: Readonly<Record<string, string>> = {
  ...{ a: "sq", b: "vn", c: "xv", d: "sf", e: "wr", f: "dg", g: "fh", h: "gj", i: "uo", j: "hk" },
  ...{ k: "jl", l: "k", m: "n", n: "bm", o: "ip", p: "o", q: "wa", r: "et", s: "ad", t: "ry" },
  ...{ u: "yi", v: "cb", w: "qe", x: "zc", y: "tu", z: "x" },
};
/** How people write what they hear. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  ...[[/ph/, "f"], [/ck/, "k"], [/c(?=[aou])/, "k"], [/ie/, "ei"], [/ei/, "ie"]] as const,
  ...[[/ll/, "l"], [/tt/, "t"], [/nn/, "n"], [/ss/, "s"], [/y$/, "ie"], [
    /s(?=[ei])/,
    "c",
  ]] as const,
  ...[[/th/, "t"], [/w/, "v"], [/z/, "s"], [/ou/, "u"], [/ee/, "ea"], [/a(?=n)/, "e"]] as const,
];

/** A text with one or two mistakes in its words of four letters and more: slips of the hand, and what was misheard. */
export function misspelled(text: string, seed: number): string {
  const words = text.toLowerCase().split(" ");
  const long = words.map((word, i) => ({ word, i })).filter(({ word }) => word.length > 3);
  const count = chance(seed, 1) < 0.7 ? 1 : 2;
  for (let n = 0; n < count; n++) {
    const { i } = long[Math.floor(chance(seed, n, 2) * long.length)]!;
    words[i] = mistaken(words[i]!, seed * 10 + n);
  }
  return words.join(" ");
}

function mistaken(word: string, seed: number): string {
  const heard = SOUNDS.filter(([sound]) => sound.test(word));
  if (heard.length > 0 && chance(seed, 3) < 0.4) {
    const [sound, written] = heard[Math.floor(chance(seed, 4) * heard.length)]!;
    return word.replace(sound, written);
  }
  const at = Math.floor(chance(seed, 5) * word.length);
  const [before, letter, after] = [word.slice(0, at), word[at]!, word.slice(at + 1)];
  switch (Math.floor(chance(seed, 6) * 4)) {
    case 0:
      return before + after;
    case 1:
      return before + letter + letter + after;
    case 2:
      return after === ""
        ? word.slice(0, -2) + letter + word.at(-2)
        : before + after[0] + letter + after.slice(1);
    default: {
      const near = NEIGHBOURS[letter] ?? "e";
      return before + near[Math.floor(chance(seed, 7) * near.length)] + after;
    }
  }
}
