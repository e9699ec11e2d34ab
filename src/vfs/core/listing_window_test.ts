import assert from "node:assert/strict";
import fc from "fast-check";
import type { Entry, Node } from "../../../projections/tree/tree_types.ts";
import { type Cookie, ROOT_ID, toCookie, toNodeId, toNodeVersion } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";
import { ListingWindow } from "./listing_window.ts";
import { takingPlainIds } from "../../../tests/support/plain_ids.ts";

/** Whatever its cookie, an entry is one more name of the same node. */
function entry(cookie: number): Entry {
  return { cookie: toCookie(cookie), name: `${cookie}`, node: NODE, ttl: Infinity };
}

const NODE: Node = {
  ...{ id: toNodeId(2000), kind: "track", parent: ROOT_ID },
  ...{ size: 0, mtime_s: 0, mtime_ns: 0, version: toNodeVersion(1) },
};

function cookiesOf(answer: Answer<readonly Entry[]>): Cookie[] {
  assert.ok(!(answer instanceof Promise));
  return answer.map(({ cookie }) => cookie);
}

/** Directories that can change, and how often they were asked. */
class Directories {
  readonly entries = new Map<number, number[]>();
  asked = 0;

  readonly fetch = (directory: number, after: number, limit: number): Entry[] => {
    this.asked++;
    return (this.entries.get(directory) ?? []).filter((at) => at > after).slice(0, limit).map(
      entry,
    );
  };
}

Deno.test("ListingWindow asks once for a directory that fits", () => {
  const directories = new Directories();
  directories.entries.set(1, [10, 20, 30]);
  const window = takingPlainIds(new ListingWindow());
  const ids = (after: number, limit: number) =>
    cookiesOf(window.entries(1, after, limit, directories.fetch));
  assert.deepEqual(ids(0, 2), [10, 20]);
  assert.deepEqual(ids(20, 2), [30]);
  assert.deepEqual(ids(30, 2), []);
  assert.equal(directories.asked, 1);
});

Deno.test("ListingWindow asks anew when a listing begins, and after forget()", () => {
  const directories = new Directories();
  directories.entries.set(1, [10, 20]);
  const window = takingPlainIds(new ListingWindow());
  const ids = (after: number) => cookiesOf(window.entries(1, after, 100, directories.fetch));
  assert.deepEqual(ids(0), [10, 20]);
  directories.entries.set(1, [10, 20, 30]);
  assert.deepEqual(ids(2), [10, 20, 30], "behind `..` begins the listing");
  directories.entries.set(1, [10, 20, 30, 40]);
  assert.deepEqual(ids(30), [], "what came since is for the next listing");
  window.forget();
  assert.deepEqual(ids(30), [40]);
});

Deno.test("ListingWindow leaves it to the provider to go on behind a cookie that is not of its entries", () => {
  const window = takingPlainIds(new ListingWindow());
  const asked: number[] = [];
  const ids = (after: number, entries: number[]) =>
    cookiesOf(window.entries(1, after, 2, (_directory: number, from: number) => {
      asked.push(from);
      return entries.map(entry);
    }));
  assert.deepEqual(ids(2, [10, 20, 30]), [10, 20]);
  assert.deepEqual(ids(2, [110, 120, 130]), [110, 120], "another listing of the directory");
  assert.deepEqual(ids(120, []), [130]);
  assert.deepEqual(ids(20, [30]), [30], "the one before goes on");
  assert.deepEqual(asked, [2, 2, 20]);
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
      const window = takingPlainIds(new ListingWindow());
      const listed = new Map<number, number[]>([[1, []], [2, []]]);
      const open = new Set([1, 2]);
      for (let step = 0; open.size > 0; step++) {
        const turn = turns.next().value ? 1 : 2;
        const directory = open.has(turn) ? turn : 3 - turn;
        const soFar = listed.get(directory)!;
        const limit = sizes[step % sizes.length]!;
        const entries = cookiesOf(
          window.entries(directory, soFar.at(-1) ?? 0, limit, directories.fetch),
        );
        assert.ok(entries.length <= limit);
        if (entries.length === 0) open.delete(directory);
        soFar.push(...entries);
      }
      assert.deepEqual(listed.get(1), directories.entries.get(1));
      assert.deepEqual(listed.get(2), directories.entries.get(2));
    },
  ));
});

Deno.test("ListingWindow keeps nothing of an answer that came after a change", async () => {
  const window = takingPlainIds(new ListingWindow());
  const answers: PromiseWithResolvers<Entry[]>[] = [];
  const fetch = () => {
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  };
  const first = window.entries(1, 5, 2, fetch);
  window.forget();
  answers[0]!.resolve([10, 20, 30].map(entry));
  assert.deepEqual((await first).map(({ cookie }) => cookie), [10, 20]);
  const second = window.entries(1, 20, 2, fetch);
  answers[1]!.resolve([30].map(entry));
  assert.deepEqual((await second).map(({ cookie }) => cookie), [30]);
  assert.deepEqual(cookiesOf(window.entries(1, 30, 2, fetch)), [], "that one is kept");
});
