import assert from "node:assert/strict";
import { ContentWorld, noise } from "../../../tests/support/content_world.ts";
import { nameOf } from "../store/mod.ts";
import { StoreSweep } from "./store_sweep.ts";

const KB = 1024;

function sweepOf(world: ContentWorld, signal = new AbortController().signal) {
  let losses = 0;
  const sweep = new StoreSweep({
    ...{ store: world.store, keeper: world.keeper, logger: world.logger, signal },
    content: () => world.content,
    onLost: () => losses++,
  });
  return { sweep, losses: () => losses };
}

Deno.test("the sweep deletes chunks that the log doesn't name, and promises whose file is gone", async () => {
  await using world = await ContentWorld.open();
  const file = await world.put("nas", "a.flac", noise(700 * KB, 1));
  const other = await world.put("nas", "b.flac", noise(300 * KB, 2));
  for (const each of [file, other]) await world.keep(each);
  const { content: version, size } = file;
  const parts = world.content.storedParts(file.file, version, 0, size, 1_000);
  const gone = parts.slice(0, 3);
  for (const { hash } of gone) world.store.remove(hash);
  const orphan = noise(20 * KB, 3);
  world.store.put(await nameOf(orphan), orphan);
  assert.ok(!world.isInStep);

  const { sweep, losses } = sweepOf(world);
  await sweep.run();
  assert.ok(world.isInStep);
  assert.equal(losses(), 1);
  const lost = gone.reduce((sum, { length }) => sum + length, 0);
  assert.equal(world.storedBytes(file), size - lost);
  assert.equal(world.storedBytes(other), other.size);
  const said = world.said.filter((line) => /had no file|nothing in the library needs/.test(line));
  assert.deepEqual(said, [
    "warn: 3 chunks of the cache had no file any more",
    "info: deleted 1 chunk file that nothing in the library needs",
  ]);
  await sweep.close();
});

Deno.test("the sweep skips a settled store, and settles a store only after a look at it", async () => {
  await using world = await ContentWorld.open();
  await world.keep(await world.put("nas", "a.flac", noise(100 * KB, 1)));
  const aborted = sweepOf(world, AbortSignal.abort());
  await aborted.sweep.run();
  await aborted.sweep.close();
  assert.equal(world.store.isSettled(), false);
  const { sweep } = sweepOf(world);
  await sweep.run();
  await world.keep(await world.put("nas", "b.flac", noise(100 * KB, 2)));
  assert.equal(world.store.isSettled(), false);
  await sweep.close();
  assert.equal(world.store.isSettled(), true);

  const calls = world.said.length;
  const again = sweepOf(world);
  world.store.list = () => assert.fail("it is settled");
  await again.sweep.run();
  await again.sweep.close();
  assert.equal(world.said.length, calls);
});
