import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesFromString } from "../base/mod.ts";
import {
  baseNameOf,
  compareBytes,
  compareWalkOrder,
  directoryOf,
  isAtOrBelow,
  mayHoldAfter,
} from "./walk_order.ts";

Deno.test("files come before subdirectories, both by the bytes of their names", () => {
  const paths = ["b", "a/x", "a/b/x", "a-b/x", "A", "z", "a/b/c/x", "\u{1f600}", "\uff00"];
  assert.deepEqual(paths.sort(compareWalkOrder), [
    ...["A", "b", "z", "\uff00", "\u{1f600}"],
    ...["a/x", "a/b/x", "a/b/c/x", "a-b/x"],
  ]);
});

Deno.test("the order is antisymmetric and transitive", () => {
  const name = fc.constantFrom("a", "b", "a-", "\ud83d\ude00", "\uff00", "\uef80");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  fc.assert(fc.property(path, path, path, (a, b, c) => {
    assert.equal(Math.sign(compareWalkOrder(a, b)) + Math.sign(compareWalkOrder(b, a)), 0);
    if (compareWalkOrder(a, b) <= 0 && compareWalkOrder(b, c) <= 0) {
      assert.ok(compareWalkOrder(a, c) <= 0);
    }
  }));
});

Deno.test("paths compare segment by segment, files first", () => {
  const name = fc.constantFrom("a", "ab", "b", "a-", "\ud83d\ude00", "\uff00", "\uef80", "é");
  const path = fc.array(name, { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(path, path, (a, b) => {
    const order = compareWalkOrder(a.join("/"), b.join("/"));
    assert.equal(Math.sign(order), Math.sign(bySegments(a, b)));
  }));
});

Deno.test("names compare as their bytes do", () => {
  const name = fc.string({ unit: "binary" });
  fc.assert(fc.property(name, name, (a, b) => {
    assert.equal(Math.sign(compareBytes(a, b)), Math.sign(bytewise(a, b)));
  }));
});

Deno.test("paths know their directory, their name and what they lie below", () => {
  assert.equal(directoryOf("a/b/c"), "a/b");
  assert.equal(directoryOf("a"), "");
  assert.deepEqual([baseNameOf("a/b/c"), baseNameOf("a")], ["c", "a"]);
  assert.ok(isAtOrBelow("a/b", "a") && isAtOrBelow("a", "a") && isAtOrBelow("a", ""));
  assert.ok(!isAtOrBelow("ab", "a"));
});

Deno.test("a directory is passed over only when nothing below it can come after the position", () => {
  const name = fc.constantFrom("a", "b", "a-");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  fc.assert(fc.property(path, path, path, (directory, below, after) => {
    const isBehind = compareWalkOrder(`${directory}/${below}`, after) > 0;
    if (isBehind) assert.ok(mayHoldAfter(directory, after));
    if (!mayHoldAfter(directory, after)) assert.ok(!isBehind);
  }));
  assert.ok(!mayHoldAfter("a", "b/x"));
  assert.ok(mayHoldAfter("b", "b/x") && mayHoldAfter("c", "b/x") && mayHoldAfter("a", "x"));
});

function bySegments([first, ...below]: string[], [other, ...beside]: string[]): number {
  if ((below.length === 0) !== (beside.length === 0)) return below.length === 0 ? -1 : 1;
  const order = bytewise(first!, other!);
  return order !== 0 || below.length === 0 ? order : bySegments(below, beside);
}

function bytewise(a: string, b: string): number {
  const [left, right] = [[...bytesFromString(a)], [...bytesFromString(b)]];
  for (const [i, byte] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return left.length - right.length;
}
