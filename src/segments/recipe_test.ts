import assert from "node:assert/strict";
import { Recipe } from "./recipe.ts";

const bytes = (length: number) => ({ kind: "bytes" as const, bytes: new Uint8Array(length) });
const file = (from: number, to: number) => ({ kind: "file" as const, file: "f", from, to });

Deno.test("the size of a recipe is the sum of its segments, and every byte is in one of them", () => {
  const object = { kind: "object" as const, hash: "o", size: 9, from: 2, to: 9 };
  const recipe = new Recipe([bytes(3), file(10, 11), object]);
  assert.equal(recipe.size, 11);
  assert.deepEqual(
    Array.from({ length: 11 }, (_, at) => recipe.indexAt(at)),
    [0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2],
  );
  assert.deepEqual([0, 1, 2].map((index) => recipe.startOf(index)), [0, 3, 4]);
  assert.equal(new Recipe([]).size, 0);
});

Deno.test("a segment without bytes, or with more than its object has, is refused", () => {
  assert.throws(() => new Recipe([bytes(0)]));
  assert.throws(() => new Recipe([file(5, 5)]));
  assert.throws(() => new Recipe([file(5, 4)]));
  assert.throws(() => new Recipe([{ kind: "object", hash: "o", size: 9, from: 2, to: 10 }]));
});
