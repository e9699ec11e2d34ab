import assert from "node:assert/strict";
import { foldCase } from "./fold_case.ts";

Deno.test("foldCase() takes names for one that differ by case or composition alone", () => {
  for (
    const [one, other] of [
      ["ABBA", "abba"],
      ["Björk", "BJÖRK"],
      ["Bjo\u0308rk", "BJÖRK"],
      ["STRASSE", "Straße"],
      ["STRAẞE", "straße"],
      ["ΟΔΥΣΣΕΥΣ", "οδυσσευς"],
      ["οδυσσευσ", "οδυσσευς"],
      ["ЦОЙ", "Цой"],
      ["Ⅳ", "ⅳ"],
    ] as const
  ) {
    assert.equal(foldCase(one), foldCase(other), `${one} ${other}`);
    assert.equal(foldCase(foldCase(one)), foldCase(one), one);
  }
});

Deno.test("foldCase() leaves apart what is not the same word in another case", () => {
  for (const [one, other] of [["ı", "i"], ["Bjork", "Björk"], ["A", "Α"], ["１", "1"]] as const) {
    assert.notEqual(foldCase(one), foldCase(other), `${one} ${other}`);
  }
});
