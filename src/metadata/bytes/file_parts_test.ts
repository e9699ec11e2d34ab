import assert from "node:assert/strict";
import fc from "fast-check";
import { HEAD_BYTES } from "../../base/mod.ts";
import { firstRanges, withPart } from "./file_parts.ts";
import type { FilePart } from "./sparse_bytes.ts";

Deno.test("a small file is fetched at once, a large one by its head and its tail", () => {
  assert.deepEqual(firstRanges("flac", 0), []);
  assert.deepEqual(firstRanges("flac", 20_000), [{ from: 0, length: 20_000 }]);
  for (const extension of ["flac", "mp3", "opus"]) {
    const [head, tail] = firstRanges(extension, 1_000_000);
    assert.deepEqual(head, { from: 0, length: HEAD_BYTES });
    assert.equal(tail!.from + tail!.length, 1_000_000);
    assert.ok(tail!.length <= HEAD_BYTES);
  }
});

Deno.test("parts in any order become the file, and what touches becomes one", () => {
  const file = Uint8Array.from({ length: 100 }, (_, i) => i);
  const range = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 40 }));
  fc.assert(fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
    let parts: FilePart[] = [];
    const present = new Uint8Array(100);
    for (const [from, length] of ranges) {
      const bytes = file.slice(from, from + length);
      parts = withPart(parts, { from, bytes });
      present.fill(1, from, from + bytes.length);
    }
    let reached = -1;
    for (const { from, bytes } of parts) {
      assert.ok(from > reached, "there is a gap between two parts");
      assert.deepEqual(bytes, file.slice(from, from + bytes.length));
      present.fill(0, from, from + bytes.length);
      reached = from + bytes.length;
    }
    assert.ok(!present.includes(1));
  }));
});
