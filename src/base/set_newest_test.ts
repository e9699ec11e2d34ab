import assert from "node:assert/strict";
import { setNewest } from "./set_newest.ts";

Deno.test("setNewest() keeps the entries that were set last, in that order", () => {
  const map = new Map<string, number>();
  for (const [value, key] of ["a", "b", "c", "a", "d"].entries()) setNewest(map, key, value, 3);
  assert.deepEqual([...map], [["c", 2], ["a", 3], ["d", 4]]);
});
