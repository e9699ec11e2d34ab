import assert from "node:assert/strict";
import { cutHere } from "../../../tests/support/cut_here.ts";
import { until } from "../../../tests/support/until.ts";
import { Chunker, nameOf } from "../store/mod.ts";
import { RUN_BYTES_MAX, runLength } from "./cutting.ts";
import { Delivery } from "./delivery.ts";
import { RunStoring } from "./run_storing.ts";

const MIB = 1024 * 1024;

/** Deliveries of one file that have all arrived, and a store whose writes the test completes. */
class World implements Disposable {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly deliveries = new Set<Delivery>();
  readonly all: Delivery[] = [];
  /** Bytes of each run that was cut. */
  readonly cuts: number[] = [];
  readonly stored: { offset: number; hash: string; length: number }[] = [];
  readonly happened: string[] = [];
  readonly done: Delivery[] = [];
  readonly givenUp: Delivery[] = [];
  answer: (offset: number) => Promise<boolean> = () => Promise.resolve(true);
  readonly storing: RunStoring;

  constructor(sizes: readonly number[]) {
    this.content = new Uint8Array(sizes.reduce((sum, size) => sum + size));
    for (let at = 0; at < this.content.length; at += 65_536) {
      crypto.getRandomValues(this.content.subarray(at, at + 65_536));
    }
    let from = 0;
    for (const size of sizes) {
      const delivery = new Delivery({ from, to: from += size }, false);
      delivery.push(this.content.subarray(delivery.from, delivery.to));
      delivery.finish();
      this.deliveries.add(delivery);
      this.all.push(delivery);
    }
    this.storing = new RunStoring({
      size: this.content.length,
      borders: [],
      deliveries: this.deliveries,
      stored: () => [],
      cut: (run) => {
        this.cuts.push(runLength(run));
        this.happened.push("cut");
        return Promise.resolve(cutHere(run, { put: () => {} }));
      },
      store: async (offset, { chunks }) => {
        this.happened.push("store");
        const isStored = await this.answer(offset);
        this.happened.push("stored");
        let at = offset;
        for (const chunk of isStored ? chunks : []) {
          this.stored.push({ offset: at, ...chunk });
          at += chunk.length;
        }
        return isStored;
      },
      onStored: (delivery) => {
        this.done.push(delivery);
        this.deliveries.delete(delivery);
      },
      onUnstored: (delivery) => this.givenUp.push(delivery),
      onFault: (error) => {
        throw error;
      },
    });
  }

  [Symbol.dispose]() {
    for (const delivery of this.all) delivery.close();
  }
}

Deno.test("a long run is cut part by part, with the same chunks as when it is cut in one piece", async () => {
  using world = new World([4, 4, 1, 4, 3, 4, 2, 4].map((mib) => mib * MIB));
  await world.storing.store(true);
  assert.ok(world.cuts.length > 3);
  assert.ok(world.cuts.every((length) => length <= RUN_BYTES_MAX));
  const chunker = new Chunker(0, []);
  const expected = [...chunker.push(world.content), ...chunker.end()];
  assert.deepEqual(world.stored.map(({ length }) => length), expected.map(({ length }) => length));
  let at = 0;
  for (const [i, bytes] of expected.entries()) {
    const { offset, hash } = world.stored[i]!;
    assert.equal(offset, at);
    assert.equal(hash, await nameOf(bytes));
    at += bytes.length;
  }
  assert.deepEqual(world.done, world.all);
  assert.deepEqual(world.givenUp, []);
});

Deno.test("while one run is stored, the next one is cut, and no further one", async () => {
  using world = new World([4, 4, 4].map((mib) => mib * MIB));
  const answers: ((isStored: boolean) => void)[] = [];
  world.answer = () => new Promise((resolve) => answers.push(resolve));
  const storing = world.storing.store(true);
  await until("it goes on", 10_000, () => world.happened.length === 3);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(world.happened, ["cut", "store", "cut"]);
  assert.deepEqual(world.done, []);
  answers.shift()!(true);
  await until("it goes on", 10_000, () => world.happened.length === 6);
  assert.deepEqual(world.happened.slice(3), ["stored", "store", "cut"]);
  world.answer = () => Promise.resolve(true);
  answers.shift()!(true);
  await storing;
  assert.deepEqual(world.done, world.all);
});

Deno.test("a run without room is given up once, and the next run is stored all the same", async () => {
  using world = new World([4, 4, 4, 4].map((mib) => mib * MIB));
  world.answer = (offset) => Promise.resolve(offset > 0);
  await world.storing.store(true);
  // The last bytes of this delivery are stored with those of the next one, as one chunk.
  assert.deepEqual(world.givenUp, world.all.slice(0, 1));
  assert.deepEqual(world.done, world.all.slice(1));
  assert.ok(world.stored[0]!.offset > 3 * MIB && world.stored[0]!.offset <= 4 * MIB);
  const end = world.stored.reduce((sum, { length }) => sum + length, world.stored[0]!.offset);
  assert.equal(end, world.content.length);
});

Deno.test("a RunStoring that is closed while it stores begins no more runs, and reports none", async () => {
  using world = new World([4, 4, 4].map((mib) => mib * MIB));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  world.answer = () => promise;
  const storing = world.storing.store(true);
  await until("it goes on", 10_000, () => world.happened.includes("store"));
  const closed = world.storing.close();
  resolve(true);
  await Promise.all([storing, closed]);
  assert.equal(world.happened.filter((what) => what === "store").length, 1);
  assert.deepEqual([world.done, world.givenUp], [[], []]);
});
