import assert from "node:assert/strict";
import { editDistance } from "./edit_distance.ts";

Deno.test("editDistance: put in, left out, changed, swapped; no further than asked", () => {
  for (
    const [one, other, distance] of [
      ["", "", 0],
      ["a", "", 1],
      ["metalica", "metallica", 1],
      ["prak", "park", 1],
      ["kitten", "sitting", 3],
      ["ab", "ba", 1],
      ["東京", "京都", 2],
      ["abc", "xyz", 3],
    ] as const
  ) {
    assert.equal(editDistance(one, other, 3), distance, `${one} ${other}`);
    assert.equal(editDistance(other, one, 3), distance);
    if (distance > 0) assert.equal(editDistance(one, other, distance - 1), distance);
  }
});
