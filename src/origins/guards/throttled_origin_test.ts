import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { MemoryOrigin } from "../memory/memory_origin.ts";
import { readBytes } from "../read_bytes.ts";
import { ThrottledOrigin } from "./throttled_origin.ts";

const RATE = 1_000_000;

function setUp() {
  const time = new ManualTime();
  const inner = new MemoryOrigin("nas");
  const bytes = Uint8Array.from({ length: RATE }, (_, i) => i % 251);
  inner.write("a", bytes);
  return { time, bytes, origin: new ThrottledOrigin(inner, RATE, time) };
}

Deno.test("bytes come at the rate, unchanged, in small pieces that share no memory", async () => {
  const { time, bytes, origin } = setUp();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let isDone = false;
  const done = (async () => {
    for await (const piece of origin.read("a", 0, RATE)) pieces.push(piece);
    isDone = true;
  })();
  const arrived = () => pieces.reduce((sum, piece) => sum + piece.length, 0);
  await time.pass(500);
  assert.ok(arrived() > 0.5 * RATE && arrived() <= 0.65 * RATE, `${arrived()} after 500 ms`);
  await time.pass(380);
  assert.equal(isDone, false);
  await time.pass(120);
  await done;
  assert.ok(
    pieces.every(({ length, buffer }) => length <= RATE / 50 && buffer.byteLength === length),
  );
  const all = new Uint8Array(RATE);
  pieces.reduce((at, piece) => (all.set(piece, at), at + piece.length), 0);
  assert.deepEqual(all, bytes);
  assert.equal(time.timers, 0);
});

Deno.test("readers share the rate, and reads that somebody waits for go first", async () => {
  const { time, origin } = setUp();
  const ends: string[] = [];
  const read = async (name: string, length: number, isBackground: boolean) => {
    await readBytes(origin, "a", 0, length, { isBackground });
    ends.push(`${name} at ${Math.round(time.now() / 100) * 100}`);
  };
  const reads = [read("ahead", 500_000, true)];
  await time.pass(200);
  reads.push(read("one", 100_000, false), read("two", 100_000, false));
  await time.pass(2_000);
  await Promise.all(reads);
  assert.deepEqual(ends, ["one at 400", "two at 400", "ahead at 600"]);
});

Deno.test("an abort ends the wait for bandwidth, and other readers get the line", async () => {
  const { time, origin } = setUp();
  const abort = new AbortController();
  const aborted = assert.rejects(
    readBytes(origin, "a", 0, RATE, { signal: abort.signal }),
    /Enough/,
  );
  await time.pass(300);
  abort.abort(new Error("Enough"));
  await aborted;
  const next = readBytes(origin, "a", 0, 50_000);
  await time.pass(100);
  assert.equal((await next).length, 50_000);
});
