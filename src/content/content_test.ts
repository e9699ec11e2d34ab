import assert from "node:assert/strict";
import type { FileState } from "../../projections/mod.ts";
import { ContentWorld, noise } from "../../tests/support/content_world.ts";

Deno.test("an origin that keeps its readers waiting holds up no reader of another", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "bucket"] });
  const slow: FileState[] = [];
  for (let i = 0; i < 20; i++) slow.push(await world.put("nas", `${i}.flac`, noise(1_000, i)));
  const other = noise(1_000, 99);
  const file = await world.put("bucket", "other.flac", other);
  world.origin("nas").faulty.plan = ({ name }) =>
    name === "read" ? { kind: "slow", ms: 500 } : undefined;
  let isOver = false;
  const reads = Promise.all(slow.map((it) => world.read(it))).then(() => isOver = true);
  assert.deepEqual(await world.read(file), other);
  assert.equal(isOver, false);
  await reads;
});
