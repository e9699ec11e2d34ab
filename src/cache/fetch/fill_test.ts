import assert from "node:assert/strict";
import fc from "fast-check";
import { toContentVersion, toFileId } from "../../base/mod.ts";
import type { ByteRange } from "./byte_ranges.ts";
import { cutHere } from "../../../tests/support/cut_here.ts";
import type { NamedBytes } from "./cutting.ts";
import type { Delivery } from "./delivery.ts";
import { Fill, type FillParts, PART_BYTES } from "./fill.ts";
import { Turns } from "./turns.ts";

const BORDER = 12_345;

/** An origin and a store in memory, which count the requests and the stored chunks. */
class World {
  readonly content: Uint8Array<ArrayBuffer>;
  /** Chunks on their way into the store. */
  readonly put: NamedBytes[] = [];
  readonly stored = new Map<number, NamedBytes>();
  readonly asked: ByteRange[] = [];
  readonly fill: Fill;
  memory = 0;
  isFull = false;
  failsAt = Infinity;
  storeFault: Error | undefined;
  /** Each function closes a delivery that was not stored. */
  readonly kept: (() => void)[] = [];
  readonly faults: unknown[] = [];

  constructor(size: number) {
    this.content = new Uint8Array(size);
    let state = 7;
    for (let i = 0; i < size; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      this.content[i] = state >>> 16;
    }
    const of = { file: toFileId(1), version: toContentVersion(1), size, borders: [BORDER] };
    this.fill = new Fill(of, this.#parts());
  }

  #parts(): FillParts {
    const { content, stored, asked } = this;
    return {
      turns: new Turns(4),
      read: async function* (this: World, { from, to }: ByteRange) {
        asked.push({ from, to });
        for (let at = from; at < to; at += 50_000) {
          await Promise.resolve();
          if (at <= this.failsAt && this.failsAt < at + 50_000) throw new Error("cut off");
          yield { bytes: content.slice(at, Math.min(at + 50_000, to)), origin: "origin" };
        }
      }.bind(this),
      stored: ({ from, to }) =>
        [...stored].map(([at, { bytes }]) => ({ from: at, to: at + bytes.length }))
          .filter((range) => range.from < to && from < range.to),
      cut: (run) => {
        const put = (hash: string, bytes: Uint8Array<ArrayBuffer>) => {
          this.put.push({ hash, bytes });
        };
        return Promise.resolve(cutHere(run, { put }));
      },
      store: async (offset, run) => {
        if (this.isFull) return false;
        if (this.storeFault !== undefined) throw this.storeFault;
        let at = offset;
        await run.put();
        for (const chunk of this.put.splice(0)) {
          assert.ok(!stored.has(at), `stored at ${at} once`);
          stored.set(at, chunk);
          at += chunk.bytes.length;
        }
        return true;
      },
      letGo: (delivery) => delivery.close(),
      keep: (delivery, onClosed) => {
        this.kept.push(() => (delivery.close(), onClosed()));
      },
      onMemory: (change) => this.memory += change,
      onFault: (error) => {
        if (error !== this.storeFault) throw error;
        this.faults.push(error);
      },
    };
  }

  /** The range as a reader gets it: from the stored bytes, and from those in memory. */
  async read(range: ByteRange): Promise<Uint8Array> {
    this.fill.begin(range, true);
    await this.fill.reached(range);
    const into = new Uint8Array(range.to - range.from);
    const put = (from: number, bytes: Uint8Array) => {
      const start = Math.max(from, range.from);
      const end = Math.min(from + bytes.length, range.to);
      if (start < end) into.set(bytes.subarray(start - from, end - from), start - range.from);
    };
    for (const [at, { bytes }] of this.stored) put(at, bytes);
    for (const delivery of this.fill.shared(range)) put(delivery.from, bytesOf(delivery));
    return into;
  }
}

function bytesOf(delivery: Delivery): Uint8Array {
  return delivery.bytes(delivery.from, delivery.arrived);
}

const SIZE = 3 * PART_BYTES + 4_321;
const ranges = fc.array(
  fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 700_000 }), fc.boolean()).map(
    ([from, length, isAhead]) => ({ from, to: Math.min(SIZE, from + length), isAhead }),
  ),
  { minLength: 1, maxLength: 12 },
);

Deno.test("a Fill gives every reader its bytes, asks for each once, and stores them all", async () => {
  await fc.assert(
    fc.asyncProperty(ranges, async (wishes) => {
      const world = new World(SIZE);
      await Promise.all(wishes.map(async ({ from, to, isAhead }) => {
        if (isAhead) return world.fill.begin({ from, to }, false);
        assert.deepEqual(await world.read({ from, to }), world.content.slice(from, to));
      }));
      await world.fill.reached({ from: 0, to: SIZE });
      await world.fill.settle();
      const wanted = new Uint8Array(SIZE);
      for (const { from, to } of wishes) wanted.fill(1, from, to);
      const asked = new Uint8Array(SIZE);
      for (const { from, to } of world.asked) for (let at = from; at < to; at++) asked[at]!++;
      assert.deepEqual(asked, wanted, "asked once for what is wanted, and for nothing else");
      const stored = new Uint8Array(SIZE);
      for (const [at, { bytes }] of world.stored) {
        assert.deepEqual(bytes, world.content.slice(at, at + bytes.length));
        stored.fill(1, at, at + bytes.length);
        assert.ok(at >= BORDER || at + bytes.length <= BORDER, "no chunk lies across the border");
      }
      assert.deepEqual(stored, wanted);
      await world.fill.close();
      assert.equal(world.memory, 0);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a file that is read part by part is cut as if it had come in one piece", async () => {
  const whole = new World(SIZE);
  await whole.read({ from: 0, to: SIZE });
  await whole.fill.settle();
  const parts = new World(SIZE);
  for (let from = 0; from < SIZE; from += 131_072) {
    await parts.read({ from, to: Math.min(SIZE, from + 131_072) });
  }
  await parts.fill.settle();
  assert.deepEqual([...parts.stored.keys()].sort(), [...whole.stored.keys()].sort());
  await whole.fill.close();
  await parts.fill.close();
});

Deno.test("a fetch that fails, fails for its readers alone, and the next reader makes another one", async () => {
  const world = new World(SIZE);
  world.failsAt = PART_BYTES + 60_000;
  await assert.rejects(world.read({ from: 0, to: SIZE }), /cut off/);
  assert.deepEqual(await world.read({ from: 0, to: 1000 }), world.content.slice(0, 1000));
  world.failsAt = Infinity;
  assert.deepEqual(await world.read({ from: 0, to: SIZE }), world.content);
  await world.fill.close();
  assert.equal(world.memory, 0);
});

Deno.test("a reader has its bytes while the rest of the part is on its way", async () => {
  const world = new World(SIZE);
  world.failsAt = 200_000;
  world.fill.begin({ from: 0, to: PART_BYTES }, false);
  assert.deepEqual(await world.read({ from: 0, to: 100_000 }), world.content.slice(0, 100_000));
  await world.fill.close();
});

Deno.test("without room in the store, readers still get the fetched bytes", async () => {
  const world = new World(SIZE);
  world.isFull = true;
  assert.deepEqual(await world.read({ from: 0, to: SIZE }), world.content);
  await world.fill.settle();
  assert.equal(world.stored.size, 0);
  assert.deepEqual(await world.read({ from: 5, to: 9 }), world.content.slice(5, 9));
  await world.fill.close();
});

Deno.test("bytes that can't be stored are read from memory for a while, and fetched again after that", async () => {
  const world = new World(SIZE);
  world.storeFault = new Error("read-only file system");
  assert.deepEqual(await world.read({ from: 0, to: SIZE }), world.content);
  await world.fill.settle();
  assert.deepEqual(new Set(world.faults), new Set([world.storeFault]));
  const asked = world.asked.length;
  assert.deepEqual(await world.read({ from: 0, to: SIZE }), world.content);
  assert.equal(world.asked.length, asked);
  world.storeFault = undefined;
  for (const close of world.kept) close();
  assert.equal(world.memory, 0);
  world.fill.begin({ from: 0, to: SIZE }, true);
  await world.fill.reached({ from: 0, to: SIZE });
  await world.fill.settle();
  assert.equal([...world.stored.values()].reduce((sum, it) => sum + it.bytes.length, 0), SIZE);
  await world.fill.close();
  assert.equal(world.memory, 0);
});

Deno.test("gapsBeside() names a small gap beside a range, and no large one", async () => {
  const world = new World(SIZE);
  const gaps = (from: number, to: number) => world.fill.gapsBeside({ from, to });
  assert.deepEqual(gaps(500_000, 600_000), [], "nothing is known");
  assert.deepEqual(gaps(10, SIZE - 20), [{ from: 0, to: 10 }, { from: SIZE - 20, to: SIZE }]);
  await world.read({ from: 300_000, to: 400_000 });
  assert.deepEqual(gaps(430_000, 500_000), [{ from: 400_000, to: 430_000 }]);
  assert.deepEqual(gaps(200_000, 250_000), [{ from: 250_000, to: 300_000 }]);
  await world.fill.settle();
  assert.deepEqual(gaps(430_000, 500_000), [{ from: 400_000, to: 430_000 }]);
  assert.deepEqual(gaps(470_000, 500_000), []);
  assert.deepEqual(gaps(350_000, 500_000), []);
  await world.fill.close();
});
