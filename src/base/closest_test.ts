import assert from "node:assert/strict";
import { closest } from "./closest.ts";

Deno.test("closest() finds what a slip of the finger meant", () => {
  assert.equal(closest("tempalte", ["cache", "template", "scan"]), "template");
  assert.equal(closest("scna", ["cache", "template", "scan"]), "scan");
  assert.equal(closest("Size", ["size"]), "size");
});

Deno.test("closest() stays silent about words that are nothing alike", () => {
  assert.equal(closest("colour", ["cache", "template", "scan"]), undefined);
  assert.equal(closest("x", ["id"]), undefined);
});
