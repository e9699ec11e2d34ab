import assert from "node:assert/strict";
import { askedWords, folded, hasRow, VALUE_END, wordsOf } from "./search_text.ts";

/** Whether what is asked for is found in the text. */
function finds(asked: string, text: string, isPrefix = false): boolean {
  return askedWords(asked, isPrefix).rows.some((row) => hasRow(wordsOf(text), row));
}

Deno.test("folded: without case, accents and strokes, and folded again the same", () => {
  for (
    const [text, same] of [
      ["Motörhead", "motorhead"],
      ["Mø Straße ÆON", "mo strasse aeon"],
      ["ŁÓDŹ", "lodz"],
      ["İstanbul ISPARTA ırmak", "istanbul isparta irmak"],
      ["ΣΟΦΟΣ", "σοφοσ"],
      ["Ёлка", "елка"],
      ["ﬁn Ⅳ ＡＢＣ", "fin iv abc"],
      ["방탄", "방탄"],
      ["e\u0301", "e"],
    ] as const
  ) {
    assert.equal(folded(text), same);
    assert.equal(folded(same), same);
  }
});

Deno.test("wordsOf: signs separate words, and are left out beside", () => {
  for (
    const [text, words, joined] of [
      ["Enter Sandman", ["enter", "sandman"], []],
      ["AC/DC live", ["ac", "dc", "live"], ["acdc"]],
      ["P!nk", ["p", "nk"], ["pnk", "pink"]],
      ["M*A*S*H", ["m", "a", "s", "h"], ["mash"]],
      ["blink-182", ["blink", "182"], ["blink182"]],
      ["Wham!", ["wham"], []],
      ["Ke$ha", ["ke", "ha"], ["keha", "kesha"]],
      ["$uicideboy$", ["uicideboy"], ["suicideboys"]],
      ["R&B", ["r", "and", "b"], []],
      ["Florence + the Machine", ["florence", "and", "the", "machine"], []],
      ["東京事変", ["東京", "京事", "事変", "変"], []],
      ["X JAPAN東", ["x", "japan", "東"], []],
      ["!!!", ["\ue002\ue121\ue121\ue121"], []],
      ["♥", ["\ue002♥"], []],
      ["", [], []],
      [" \n\u3000", [], []],
      ["4Minute 2NE1", ["4minute", "2ne1"], []],
    ] as const
  ) assert.deepEqual(wordsOf(text), { words, joined }, text);
});

Deno.test("askedWords: a name is found however its signs are typed", () => {
  for (
    const [text, ways] of [
      ["AC/DC", ["ac/dc", "acdc", "ac-dc", "AC DC", "ac", "dc"]],
      ["P!nk", ["p!nk", "pink", "pnk"]],
      ["Pink", ["p!nk"]],
      ["M*A*S*H", ["mash", "m*a*s*h", "m.a.s.h."]],
      ["blink-182", ["blink 182", "blink182", "blink-182", "Blink"]],
      ["Blink182", ["blink-182"]],
      ["R.E.M.", ["rem", "r.e.m.", "R.E.M"]],
      ["Don't Stop", ["dont", "don't", "don’t"]],
      ["Simon & Garfunkel", ["simon and garfunkel", "Simon & Garfunkel", "&"]],
      ["東京事変", ["東京", "事変", "京", "変", "東京事変", "京事"]],
      ["Sigur Rós", ["ros", "RÓS", "sigur ro\u0301s"]],
      ["방탄소년단", ["소년", "방탄"]],
      ["!!!", ["!!!"]],
    ] as const
  ) for (const way of ways) assert.ok(finds(way, text), `${way} in ${text}`);
  for (
    const [text, others] of [
      ["AC/DC", ["acd", "cd", "ac dc live"]],
      ["東京事変", ["東事", "事変京", "本"]],
      ["Pinkly", ["pink"]],
      ["!!!", ["!!", "a"]],
      ["one", ["one one"]],
    ] as const
  ) for (const other of others) assert.ok(!finds(other, text), `${other} in ${text}`);
});

Deno.test("askedWords: beginnings", () => {
  assert.ok(finds("sand", "Enter Sandman", true));
  assert.ok(finds("enter sa", "Enter Sandman", true));
  assert.ok(!finds("ent sandman", "Enter Sandman", true));
  assert.ok(finds("acd", "AC/DC", true));
  assert.ok(finds("東京", "東京事変", true));
});

Deno.test("words are safe: whatever a text has, no word has a sign of the index's own language", () => {
  const text = '"a" OR b* NEAR(c, 2) {d} : ^e -f + g \0 \ue000 \ue001 \ud800 ; DROP TABLE x --';
  const { words, joined } = wordsOf(text);
  for (const word of [...words, ...joined]) assert.match(word, /^[\p{L}\p{N}]+$/u);
  assert.ok(!wordsOf(`x${VALUE_END}y`).words.includes(VALUE_END));
  assert.ok([...wordsOf("x".repeat(10_000)).words[0]!].length <= 64);
});
