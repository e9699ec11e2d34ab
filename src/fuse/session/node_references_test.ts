import assert from "node:assert/strict";
import fc from "fast-check";
import { FIRST_DIRECTORY_ID, FIRST_FILE_ID } from "../../base/mod.ts";
import { NodeReferences } from "./node_references.ts";
import { takingPlainIds } from "../../../tests/support/plain_ids.ts";

const node = fc.oneof(
  fc.integer({ min: FIRST_FILE_ID, max: FIRST_FILE_ID + 60 }),
  fc.integer({ min: FIRST_DIRECTORY_ID, max: FIRST_DIRECTORY_ID + 20 }),
  fc.integer({ min: FIRST_DIRECTORY_ID, max: Number.MAX_SAFE_INTEGER }),
);
const step = fc.record({ node, add: fc.boolean(), count: fc.integer({ min: 1, max: 3 }) });

Deno.test("counts equal those of a plain map, whatever the order of look-ups and forgets", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const references = takingPlainIds(new NodeReferences());
      const model = new Map<number, number>();
      for (const { node, add, count } of steps) {
        const left = model.get(node) ?? 0;
        if (add) {
          references.add(node, node >= FIRST_DIRECTORY_ID);
          model.set(node, left + 1);
        } else {
          references.forget(node, count);
          if (left > count) model.set(node, left - count);
          else model.delete(node);
        }
        assert.equal(references.count(node), model.get(node) ?? 0);
      }
      assert.equal(references.size, model.size);
      assert.deepEqual([...references.nodes()].sort(), [...model.keys()].sort());
      for (const [known, count] of model) {
        assert.equal(references.count(known), count);
        assert.equal(references.isDirectory(known), known >= FIRST_DIRECTORY_ID);
      }
    }),
  );
});

Deno.test("grows to a large library and shrinks again", () => {
  const references = takingPlainIds(new NodeReferences());
  const count = 200_000;
  for (let i = 0; i < count; i++) references.add(FIRST_FILE_ID + i, false);
  for (let i = 0; i < count; i++) references.add(FIRST_DIRECTORY_ID + i * 7919, true);
  assert.equal(references.size, 2 * count);
  for (let i = 0; i < count; i++) {
    assert.equal(references.count(FIRST_FILE_ID + i), 1);
    references.forget(FIRST_FILE_ID + i, 1);
  }
  assert.equal(references.size, count);
  for (let i = 0; i < count; i++) {
    assert.equal(references.count(FIRST_DIRECTORY_ID + i * 7919), 1);
    references.forget(FIRST_DIRECTORY_ID + i * 7919, 1);
  }
  assert.equal(references.size, 0);
  assert.deepEqual([...references.nodes()], []);
});

Deno.test("a forget of a node that was never looked up changes nothing", () => {
  const references = takingPlainIds(new NodeReferences());
  references.add(2000, true);
  references.forget(3000, 1);
  assert.equal(references.count(2000), 1);
  assert.equal(references.has(3000), false);
  assert.equal(references.isDirectory(3000), false);
});
