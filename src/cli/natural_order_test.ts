import assert from "node:assert/strict";
import { naturally } from "./natural_order.ts";

Deno.test("naturally() passes over articles, case and accents, and counts numbers", () => {
  const sorted = [
    ...["2 Unlimited", "10cc", "808 State", "ABBA", "The Animals", "A Day to Remember"],
    ...["Édith Piaf", "Ella", "emf", "Theory", "Volume 2", "Volume 10", "The Who", "李"],
  ];
  assert.deepEqual(sorted.toReversed().sort(naturally), sorted);
  // Nothing but an article is a name.
  assert.deepEqual(["B", "The", "A"].sort(naturally), ["A", "B", "The"]);
  assert.notEqual(naturally("The Band", "Band"), 0);
});
