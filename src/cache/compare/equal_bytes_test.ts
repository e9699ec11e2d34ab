import assert from "node:assert/strict";
import fc from "fast-check";
import { OriginChanged } from "../../origins/mod.ts";
import { ContentWorld, noise } from "../../../tests/support/content_world.ts";
import { holds, samples } from "./equal_bytes.ts";

Deno.test("holds() tells whether a file has the known bytes, and reads no more than it compares", async () => {
  await using world = await ContentWorld.open();
  const bytes = noise(200_000, 1);
  const file = await world.put("nas", "a.flac", bytes);
  const { faulty, memory } = world.origin();
  const { signal } = new AbortController();
  const known = (offset: number, length: number) => (
    { offset, bytes: bytes.slice(offset, offset + length) }
  );
  assert.ok(await holds(faulty, file, [], signal));
  assert.equal(faulty.bytes, 0);
  assert.ok(await holds(faulty, file, [known(0, 100), known(150_000, 50_000)], signal));
  assert.equal(faulty.bytes, 100 + 4096);
  assert.ok(!await holds(faulty, file, [known(10, 10), { ...known(70, 9), offset: 71 }], signal));
  // After the end of the file there are no bytes.
  const beyond = { offset: bytes.length - 1, bytes: bytes.slice(-2) };
  assert.ok(!await holds(faulty, file, [beyond], signal));
  memory.write("a.flac", bytes);
  await assert.rejects(holds(faulty, file, [known(0, 1)], signal), OriginChanged);
});

Deno.test("samples() returns the first part, one in the middle and the last", () => {
  fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 9 }), (parts) => {
    const found = samples(parts);
    assert.equal(found.length, Math.min(3, parts.length));
    assert.equal(found[0], parts[0]);
    assert.equal(found.at(-1), parts.at(-1));
  }));
});
