import assert from "node:assert/strict";
import fc from "fast-check";
import { decideEvictions, type EvictedPart, type EvictionCandidate } from "./evictor.ts";
import { withIds } from "../../../tests/support/plain_ids.ts";

const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1e9);

interface Stored {
  readonly file: number;
  readonly content: number;
  readonly metadata: number;
  readonly superseded: boolean;
  readonly pinned: boolean;
}

const arbitraryStored = fc.array(
  fc.record({
    content: fc.nat({ max: 100 }),
    metadata: fc.nat({ max: 10 }),
    superseded: fc.boolean(),
    pinned: fc.boolean(),
  }),
  { maxLength: 30 },
).map((rows): Stored[] => rows.map((row, file) => ({ ...row, file })));
const arbitraryLimits = fc.record({
  content: fc.nat({ max: 2000 }),
  metadata: fc.nat({ max: 200 }),
});

Deno.test("nothing is given up within the limits, and no candidates are requested", () => {
  const evictions = decideEvictions({
    totals: { bytes: 110, metadata_bytes: 10 },
    limits: { content: 100, metadata: 10 },
    candidates: () => assert.fail("asked"),
  });
  assert.deepEqual(evictions, []);
});

Deno.test("content is given up to the low watermark, the least recently used first, and its metadata stays", () => {
  const stored = Array.from({ length: 11 }, (_, file) => of(file, 10, 1));
  assert.deepEqual(decide(stored, { content: 100, metadata: 100 }), [
    { part: "content", manifests: [{ file: 0, version: 7 }, { file: 1, version: 7 }] },
  ]);
});

Deno.test("a file whose metadata is given up goes whole, and counts for content as well", () => {
  const stored = Array.from({ length: 11 }, (_, file) => of(file, 10, 10));
  assert.deepEqual(decide(stored, { content: 100, metadata: 100 }), [
    { part: "metadata", manifests: [{ file: 0, version: 7 }, { file: 1, version: 7 }] },
  ]);
});

Deno.test(`superseded versions go first, pinned ones never, and the others as far as needed (seed ${SEED})`, () => {
  fc.assert(
    fc.property(arbitraryStored, arbitraryLimits, (stored, limits) => {
      assert.deepEqual(left(stored, limits), leftByModel(stored, limits));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

Deno.test(`both parts are below the low watermark afterwards, or all that may go is gone (seed ${SEED})`, () => {
  fc.assert(
    fc.property(arbitraryStored, arbitraryLimits, (stored, limits) => {
      const after = left(stored, limits);
      for (const part of ["content", "metadata"] as const) {
        const bytes = sum(after, part);
        if (sum(stored, part) <= limits[part]) continue;
        const isRest = after.every((it) => it[part] === 0 || it.pinned);
        assert(bytes <= 0.9 * limits[part] || isRest);
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

function of(file: number, content: number, metadata: number): Stored {
  return { file, content, metadata, superseded: false, pinned: false };
}

function decide(stored: readonly Stored[], limits: { content: number; metadata: number }) {
  const metadata = sum(stored, "metadata");
  return decideEvictions({
    totals: { bytes: sum(stored, "content") + metadata, metadata_bytes: metadata },
    limits,
    candidates: (part) => candidates(stored, part),
  });
}

function* candidates(
  stored: readonly Stored[],
  part: EvictedPart,
): IterableIterator<EvictionCandidate> {
  for (const { file, superseded, pinned, ...bytes } of stored) {
    yield withIds<EvictionCandidate>({ file, version: 7, bytes: bytes[part], superseded, pinned });
  }
}

/** The candidates that are left after the evictions. */
function left(stored: readonly Stored[], limits: { content: number; metadata: number }): Stored[] {
  const evictions = decide(stored, limits);
  const evicted = (part: EvictedPart) =>
    new Set<number>(
      evictions.find((it) => it.part === part)?.manifests.map(({ file }) => file),
    );
  const whole = evicted("metadata");
  const content = evicted("content");
  return stored.filter(({ file }) => !whole.has(file))
    .map((it) => content.has(it.file) ? { ...it, content: 0 } : it);
}

/** The same decision in the plainest way: one eviction after the other, with all sums computed again each time. */
function leftByModel(
  stored: readonly Stored[],
  limits: { content: number; metadata: number },
): Stored[] {
  let rest = [...stored];
  for (const part of ["metadata", "content"] as const) {
    if (sum(stored, part) <= limits[part]) continue;
    while (sum(rest, part) > 0.9 * limits[part]) {
      const may = rest.filter((it) => it[part] > 0 && !it.pinned);
      const next = may.find((it) => it.superseded) ?? may[0];
      if (next === undefined) break;
      const isWhole = part === "metadata" || next.superseded;
      rest = isWhole
        ? rest.filter((it) => it !== next)
        : rest.map((it) => it === next ? { ...it, content: 0 } : it);
    }
  }
  return rest;
}

function sum(stored: readonly Stored[], part: EvictedPart): number {
  return stored.reduce((total, it) => total + it[part], 0);
}
