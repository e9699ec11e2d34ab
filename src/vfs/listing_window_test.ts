import assert from "node:assert/strict";
import fc from "fast-check";
import type { TreeNode } from "../../projections/tree_types.ts";
import { ListingWindow } from "./listing_window.ts";

function node(id: number): TreeNode {
  return {
    ...{ id, parent: 1, name: `${id}`, directory: false },
    ...{ size: 0, mtime_s: 0, mtime_ns: 0, changed_seq: 1 },
  };
}

/** Directories that can change, and how often they were asked. */
class Directories {
  readonly entries = new Map<number, number[]>();
  asked = 0;

  readonly fetch = (directory: number, after: number, limit: number): TreeNode[] => {
    this.asked++;
    return (this.entries.get(directory) ?? []).filter((id) => id > after).slice(0, limit).map(node);
  };
}

Deno.test("ListingWindow asks once for a directory that fits", () => {
  const directories = new Directories();
  directories.entries.set(1, [10, 20, 30]);
  const window = new ListingWindow();
  const ids = (after: number, limit: number) =>
    window.entries(1, after, limit, directories.fetch).map(({ id }) => id);
  assert.deepEqual(ids(0, 2), [10, 20]);
  assert.deepEqual(ids(20, 2), [30]);
  assert.deepEqual(ids(30, 2), []);
  assert.equal(directories.asked, 1);
});

Deno.test("ListingWindow asks anew when a listing begins, and after forget()", () => {
  const directories = new Directories();
  directories.entries.set(1, [10, 20]);
  const window = new ListingWindow();
  const ids = (after: number) =>
    window.entries(1, after, 100, directories.fetch).map(({ id }) => id);
  assert.deepEqual(ids(0), [10, 20]);
  directories.entries.set(1, [10, 20, 30]);
  assert.deepEqual(ids(2), [10, 20, 30], "behind `..` begins the listing");
  directories.entries.set(1, [10, 20, 30, 40]);
  assert.deepEqual(ids(30), [], "what came since is for the next listing");
  window.forget();
  assert.deepEqual(ids(30), [40]);
});

Deno.test("ListingWindow lists every entry exactly once, whatever the limits and however they interleave", () => {
  const limits = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(
    fc.uniqueArray(fc.integer({ min: 3, max: 1e6 }), { maxLength: 1500 }),
    fc.uniqueArray(fc.integer({ min: 3, max: 1e6 }), { maxLength: 600 }),
    limits,
    fc.infiniteStream(fc.boolean()),
    (one, other, sizes, turns) => {
      const directories = new Directories();
      directories.entries.set(1, one.toSorted((a, b) => a - b));
      directories.entries.set(2, other.toSorted((a, b) => a - b));
      const window = new ListingWindow();
      const listed = new Map<number, number[]>([[1, []], [2, []]]);
      const open = new Set([1, 2]);
      for (let step = 0; open.size > 0; step++) {
        const turn = turns.next().value ? 1 : 2;
        const directory = open.has(turn) ? turn : 3 - turn;
        const soFar = listed.get(directory)!;
        const limit = sizes[step % sizes.length]!;
        const entries = window.entries(directory, soFar.at(-1) ?? 0, limit, directories.fetch);
        assert.ok(entries.length <= limit);
        if (entries.length === 0) open.delete(directory);
        soFar.push(...entries.map(({ id }) => id));
      }
      assert.deepEqual(listed.get(1), directories.entries.get(1));
      assert.deepEqual(listed.get(2), directories.entries.get(2));
    },
  ));
});
