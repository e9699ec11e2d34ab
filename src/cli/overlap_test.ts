import assert from "node:assert/strict";
import { overlap } from "./overlap.ts";

Deno.test("overlap() compares whole segments", () => {
  assert.equal(overlap("/a/b", "/a/b/"), "same");
  assert.equal(overlap("/a/b/c", "/a/b"), "inside");
  assert.equal(overlap("/a", "/a/b"), "above");
  assert.equal(overlap("/a/b", "/a/bc"), "apart");
  assert.equal(overlap("/", "/a"), "above");
  assert.equal(overlap("/a", "/"), "inside");
});
