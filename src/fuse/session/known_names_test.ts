import assert from "node:assert/strict";
import type { KnownName } from "../../vfs/core/kernel_cache.ts";
import { KnownNames } from "./known_names.ts";
import { type Plain, takingPlainIds } from "../../../tests/support/plain_ids.ts";

function names(isOn = true): { known: Plain<KnownNames>; expired: KnownName[] } {
  const expired: KnownName[] = [];
  const known = new KnownNames((name) => expired.push(name));
  known.isOn = isOn;
  return { known: takingPlainIds(known), expired };
}

Deno.test("KnownNames remembers what the kernel was told until it forgets the node", () => {
  const { known, expired } = names();
  known.found(1, "a", 10);
  known.found(1, "b", 11);
  known.found(1, "a", 10);
  known.missing(1, "c");
  assert.deepEqual([...known.all()].map(({ name }) => name).sort(), ["a", "b", "c"]);
  known.forgotten(10);
  known.found(1, "c", 12);
  assert.deepEqual([...known.all()].map(({ name }) => name).sort(), ["b", "c"]);
  assert.deepEqual(expired, []);
});

Deno.test("KnownNames: the kernel must drop the names that are no longer remembered", () => {
  const { known, expired } = names();
  for (let i = 0; i < 17; i++) known.found(i % 2 + 1, `${i}`, 10);
  assert.deepEqual(expired, [{ parent: 1, name: "0", node: 10 }]);
  known.forgotten(10);
  expired.length = 0;
  for (let i = 0; i < 5000; i++) known.missing(1, `${i}`);
  assert.deepEqual(expired.map(({ name }) => name), Array.from({ length: 904 }, (_, i) => `${i}`));
  assert.equal([...known.all()].length, 4096);
});

Deno.test("KnownNames remembers every name of a node that has several", () => {
  const { known, expired } = names();
  known.found(1, "a", 10);
  known.found(2, "b", 10);
  known.found(1, "a", 10);
  assert.deepEqual([...known.all()].map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(expired, []);
  known.forgotten(10);
  assert.deepEqual([...known.all()], []);
});

Deno.test("KnownNames remembers nothing while it is off", () => {
  const { known, expired } = names(false);
  known.found(1, "a", 10);
  known.found(1, "b", 10);
  known.missing(1, "c");
  assert.deepEqual([[...known.all()], expired], [[], []]);
});
