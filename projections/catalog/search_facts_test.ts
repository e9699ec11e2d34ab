import assert from "node:assert/strict";
import fc from "fast-check";
import { FACTS, stepsOf } from "./search_facts.ts";

const value = fc.oneof(fc.nat(3_000), fc.nat(2 ** 45)).map((it) => it);

Deno.test("steps ascend with the numbers, and begin with the least of them", () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      for (const kind of Object.values(FACTS)) {
        const { stepOf, leastOf } = kind;
        const step = stepOf(one);
        assert.ok(leastOf(step) <= one && one < leastOf(step + 1), `${kind.letter}: ${one}`);
        if (one <= other) assert.ok(step <= stepOf(other));
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("stepsOf: the steps have every number of a span, and no other where they are exact", () => {
  const bound = fc.option(fc.record({ value, included: fc.boolean() }));
  fc.assert(
    fc.property(bound, bound, value, (from, to, number) => {
      for (const kind of Object.values(FACTS)) {
        const { first, last, isExact } = stepsOf(kind, { from, to });
        const step = kind.stepOf(number);
        const isIn = step >= first && step <= last;
        const isWithin =
          (from === null || number > from.value || from.included && number === from.value) &&
          (to === null || number < to.value || to.included && number === to.value);
        if (isWithin) assert.ok(isIn, `${kind.letter}: ${number}`);
        if (isIn && isExact) assert.ok(isWithin, `${kind.letter}: ${number} is not in the span`);
      }
    }),
    { numRuns: 3_000 },
  );
});
