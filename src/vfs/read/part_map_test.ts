import assert from "node:assert/strict";
import fc from "fast-check";
import type { StoredPart } from "../../../projections/tree/tree_types.ts";
import { PartMap } from "./part_map.ts";

const BLOCK = 4 * 1024 * 1024;

/** Parts with gaps between them, in a few blocks: large ones over borders, and very many small ones. */
const arbitraryParts = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 1, max: 262_144 })),
  { maxLength: 100 },
).chain((gaps) =>
  fc.tuple(
    fc.constant(gaps),
    fc.option(fc.integer({ min: 1, max: 700 }), { nil: 0 }),
  )
).map(([gaps, small]) => {
  const parts: StoredPart[] = [];
  let offset = 0;
  for (let i = 0; i < small; i++, offset += 1000) {
    parts.push({ offset, length: 1000, hash: `${i}` });
  }
  for (const [gap, length] of gaps) {
    parts.push({ offset: offset + gap, length, hash: `${offset}` });
    offset += gap + length;
  }
  return parts;
});

function setUp(parts: readonly StoredPart[]) {
  let asked = 0;
  const map = new PartMap((from, to, limit) => {
    asked++;
    return parts.filter((part) => part.offset < to && part.offset + part.length > from)
      .slice(0, limit);
  });
  return { map, asked: () => asked };
}

Deno.test("PartMap says what a plain search says, wherever it is asked", () => {
  const positions = fc.array(fc.integer({ min: 0, max: 12 * BLOCK }), { minLength: 1 });
  fc.assert(fc.property(arbitraryParts, positions, (parts, positions) => {
    const { map } = setUp(parts);
    const near = parts.flatMap(({ offset, length }) => [offset - 1, offset, offset + length]);
    for (const position of [...positions, ...near].filter((position) => position >= 0)) {
      const holds = ({ offset, length }: StoredPart) =>
        offset <= position && position < offset + length;
      assert.equal(map.at(position), parts.find(holds));
      const to = position + 1_000_000;
      const next = parts.find(({ offset, length }) => offset + length > position);
      assert.equal(
        map.nextStored(position, to),
        Math.min(to, Math.max(position, next?.offset ?? to)),
      );
      let missing = position;
      for (const { offset, length } of parts) {
        if (offset <= missing && missing < offset + length) missing = offset + length;
      }
      assert.equal(map.firstMissing(position, to), Math.min(to, missing));
    }
  }));
});

Deno.test("PartMap asks once a block, and anew when it was told to forget", () => {
  const parts = Array.from(
    { length: 200 },
    (_, i) => ({ offset: i * 65_536, length: 65_536, hash: "" }),
  );
  const { map, asked } = setUp(parts);
  for (let position = 0; position < 3 * BLOCK; position += 4096) assert.ok(map.at(position));
  for (let position = 2 * BLOCK; position >= 0; position -= 999_999) assert.ok(map.at(position));
  assert.equal(asked(), 3);
  map.forget();
  assert.ok(map.at(0));
  assert.equal(asked(), 4);
});
