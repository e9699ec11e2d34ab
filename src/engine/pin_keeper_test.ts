import assert from "node:assert/strict";
import { pinned } from "../../tests/support/content_events.ts";
import { ContentWorld, noise } from "../../tests/support/content_world.ts";
import { CacheWorks } from "./cache_works.ts";
import { PinKeeper } from "./pin_keeper.ts";

const MIB = 1024 * 1024;

class Pins {
  readonly keeper: PinKeeper;
  readonly world: ContentWorld;
  readonly down = new Set<string>();

  constructor(world: ContentWorld) {
    this.world = world;
    this.keeper = new PinKeeper({
      content: () => world.content,
      complete: (...wanted) => world.fetcher.complete(...wanted),
      isAtHand: (origin) => !this.down.has(origin),
      works: new CacheWorks(() => {}),
      logger: world.logger,
      signal: new AbortController().signal,
      now: () => world.now,
    });
  }

  async round(): Promise<void> {
    this.keeper.wake();
    await this.keeper.idle();
  }

  async pin(...tracks: number[]): Promise<void> {
    await this.world.append(pinned("it", ...tracks));
  }
}

Deno.test("the missing bytes of pinned files are fetched, and complete files are left alone", async () => {
  await using world = await ContentWorld.open();
  const pins = new Pins(world);
  const one = await world.put("nas", "1.flac", noise(3 * MIB, 1));
  const other = await world.put("nas", "2.flac", noise(MIB, 2));
  await pins.round();
  assert.equal(world.storedBytes(one), 0);
  await pins.pin(one.track);
  await pins.round();
  assert.deepEqual([world.storedBytes(one), world.storedBytes(other)], [one.size, 0]);
  assert.equal(pins.keeper.dueAt, null);
  pins.keeper.wake();
  assert.equal(pins.keeper.busy, false);
});

Deno.test("an origin that is away holds up no pinned files of others, and is tried again later", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "bucket"] });
  const pins = new Pins(world);
  const near = await world.put("nas", "1.flac", noise(MIB, 1));
  const far = await world.put("bucket", "2.flac", noise(MIB, 2));
  await pins.pin(near.track, far.track);
  pins.down.add("nas");
  await pins.round();
  assert.deepEqual([world.storedBytes(near), world.storedBytes(far)], [0, far.size]);
  assert.ok(pins.keeper.dueAt! > world.now);
  pins.down.clear();
  await pins.round();
  assert.equal(world.storedBytes(near), near.size);
  assert.equal(pins.keeper.dueAt, null);
});

Deno.test("pinned files for which there is no room do not count as complete", async () => {
  await using world = await ContentWorld.open({ room: 300_000 });
  const pins = new Pins(world);
  const file = await world.put("nas", "1.flac", noise(MIB, 1));
  await pins.pin(file.track);
  await pins.round();
  assert.ok(world.storedBytes(file) < file.size);
  assert.ok(pins.keeper.dueAt! > world.now);
});
