import assert from "node:assert/strict";
import fc from "fast-check";
import { missingRanges, splitRange } from "./byte_ranges.ts";

const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([from, length]) => ({
  from,
  to: from + length,
}));

Deno.test("missingRanges are exactly the bytes that no range holds", () => {
  fc.assert(fc.property(range, fc.array(range, { maxLength: 8 }), (wanted, ranges) => {
    const expected = [];
    for (let at = wanted.from; at < wanted.to; at++) {
      if (!ranges.some(({ from, to }) => from <= at && at < to)) expected.push(at);
    }
    const found = missingRanges(wanted, ranges)
      .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    assert.deepEqual(found, expected);
  }));
});

Deno.test("splitRange cuts at multiples, whatever the start", () => {
  assert.deepEqual(splitRange({ from: 5, to: 25 }, 10), [
    { from: 5, to: 10 },
    { from: 10, to: 20 },
    { from: 20, to: 25 },
  ]);
  assert.deepEqual(splitRange({ from: 10, to: 10 }, 10), []);
});
