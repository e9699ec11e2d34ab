import assert from "node:assert/strict";
import { FileSystemError } from "./errors.ts";
import { SlowCalls } from "./slow_calls.ts";

/** A call that ends when the test says so. */
class Held {
  readonly done = Promise.withResolvers<string>();
  isBegun = false;
  readonly call = () => {
    this.isBegun = true;
    return this.done.promise;
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function isEio(error: unknown): boolean {
  return error instanceof FileSystemError && error.errno === "EIO";
}

Deno.test("SlowCalls runs a few calls at a time, in order, and resolves with their results", async () => {
  const calls = new SlowCalls("disk", 60_000);
  const held = Array.from({ length: 6 }, () => new Held());
  const results = held.map(({ call }) => calls.run(call));
  await settled();
  assert.deepEqual(held.map(({ isBegun }) => isBegun), [true, true, true, true, false, false]);
  held[1]!.done.resolve("second");
  assert.equal(await results[1], "second");
  await settled();
  assert.ok(held[4]!.isBegun);
  assert.ok(!held[5]!.isBegun);
  held.forEach(({ done }, i) => done.resolve(String(i)));
  assert.deepEqual(await Promise.all(results), ["0", "second", "2", "3", "4", "5"]);
});

Deno.test("SlowCalls: a FileSystemError stays as it is, any other error becomes EIO", async () => {
  const calls = new SlowCalls("disk", 60_000);
  await assert.rejects(calls.run(() => Promise.reject(new Error("broken"))), isEio);
  const gone = new FileSystemError("ENOENT");
  await assert.rejects(calls.run(() => Promise.reject(gone)), gone);
});

Deno.test("SlowCalls: a disk that does not answer costs one deadline, and other disks nothing", async () => {
  const calls = new SlowCalls("disk", 20);
  const held = Array.from({ length: 5 }, () => new Held());
  const late: string[] = [];
  const results = held.map(({ call }) => calls.run(call, (value) => late.push(value)));
  const ends = await Promise.allSettled(results);
  assert.ok(ends.every((end) => end.status === "rejected" && isEio(end.reason)));
  assert.ok(!held[4]!.isBegun, "what waited for its turn is not begun any more");
  const after = new Held();
  await assert.rejects(calls.run(after.call), /disk does not answer/);
  assert.ok(!after.isBegun, "nobody waits for a disk that is stuck");

  const other = new SlowCalls("other", 60_000);
  assert.equal(await other.run(() => Promise.resolve("at once")), "at once");

  held.slice(0, 4).forEach(({ done }, i) => done.resolve(`late ${i}`));
  await settled();
  assert.deepEqual(late, ["late 0", "late 1", "late 2", "late 3"]);
  assert.equal(await calls.run(() => Promise.resolve("again")), "again", "it answers again");
});

Deno.test("SlowCalls: stuck disks leave threads for other disks", async () => {
  const stuck = Array.from({ length: 5 }, (_, i) => new SlowCalls(`${i}`, 60_000));
  const held = stuck.flatMap((calls) =>
    Array.from({ length: 4 }, () => {
      const one = new Held();
      calls.run(one.call);
      return one;
    })
  );
  const other = new SlowCalls("other", 60_000);
  const waits = new Held();
  const result = other.run(waits.call);
  await settled();
  assert.ok(held.every(({ isBegun }) => isBegun));
  assert.ok(!waits.isBegun);
  held[0]!.done.resolve("");
  await settled();
  assert.ok(waits.isBegun, "it was next");
  waits.done.resolve("x");
  assert.equal(await result, "x");
  for (const { done } of held) done.resolve("");
  await settled();
});
