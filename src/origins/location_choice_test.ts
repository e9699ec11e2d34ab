import assert from "node:assert/strict";
import { type CopyStanding, orderCopies } from "./location_choice.ts";

function copy(name: string, priority: number, isDown: boolean, latency_ms: number | null) {
  return { name, priority, isDown, latency_ms };
}

function names(copies: readonly (CopyStanding & { name: string })[]): string {
  return orderCopies(copies).map(({ name }) => name).join(" ");
}

Deno.test("copies are asked by priority, those that are down last, then by latency", () => {
  const copies = [
    copy("unasked", 2, false, null),
    copy("slow", 2, false, 80),
    copy("down", 1, true, 1),
    copy("quick", 2, false, 20),
    copy("disk", 2, false, 0),
    copy("worst", 9, true, null),
    copy("first", 1, false, 500),
  ];
  assert.equal(names(copies), "first disk quick slow unasked down worst");
  assert.equal(names(copies.toReversed()), "first disk quick slow unasked down worst");
});

Deno.test("equal copies keep their order", () => {
  assert.equal(names([copy("a", 1, false, null), copy("b", 1, false, null)]), "a b");
  assert.equal(names([]), "");
});
