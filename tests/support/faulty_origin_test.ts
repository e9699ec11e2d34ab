import assert from "node:assert/strict";
import { MemoryOrigin, OriginUnreachable, readBytes } from "../../src/origins/mod.ts";
import { type Fault, FaultyOrigin } from "./faulty_origin.ts";

const BYTES = new Uint8Array(200_000).fill(7);

function faulty(fault: Fault, nth: number = 1): FaultyOrigin {
  const inner = new MemoryOrigin("memory");
  for (const path of ["a", "b", "c/d"]) inner.write(path, BYTES);
  const origin = new FaultyOrigin(inner);
  origin.plan = (call) => call.nth === nth ? fault : undefined;
  return origin;
}

async function listed(origin: FaultyOrigin): Promise<number> {
  return (await Array.fromAsync(origin.list())).flat().length;
}

Deno.test("the nth call fails, the others do not, and all are counted", async () => {
  const origin = faulty({ kind: "fail", error: new Error("Second") }, 2);
  assert.equal((await readBytes(origin, "a", 0, 10)).length, 10);
  await assert.rejects(readBytes(origin, "a", 0, 10), /Second/);
  assert.equal((await readBytes(origin, "a", 0, 10)).length, 10);
  assert.deepEqual(origin.calls, { list: 0, stat: 0, read: 3, check: 0 });
  assert.equal(origin.bytes, 20);
});

Deno.test("reads are short, long, wrong or break off", async () => {
  const read = (fault: Fault) => readBytes(faulty(fault), "a", 0, 150_000);
  assert.equal((await read({ kind: "short", after: 100_000 })).length, 100_000);
  assert.equal((await read({ kind: "long", more: 5 })).length, 150_005);
  const wrong = await read({ kind: "corrupt" });
  assert.ok(wrong.length === 150_000 && wrong.every((byte) => byte === 0xf8));
  const reset = faulty({ kind: "reset", after: 70_000 });
  await assert.rejects(readBytes(reset, "a", 0, 150_000), OriginUnreachable);
  assert.equal(reset.bytes, 70_000);
});

Deno.test("listings are empty, cut, break off or lie", async () => {
  assert.equal(await listed(faulty({ kind: "short", after: 0 })), 0);
  assert.equal(await listed(faulty({ kind: "short", after: 2 })), 2);
  await assert.rejects(listed(faulty({ kind: "reset", after: 2 })), OriginUnreachable);
  const origin = faulty({ kind: "resize", by: -1 });
  assert.equal((await origin.stat("a")).size, BYTES.length - 1);
  const entries = (await Array.fromAsync(origin.list())).flat();
  assert.ok(entries.every((entry) => entry.kind === "file" && entry.size === BYTES.length - 1));
});

Deno.test("calls that hang or are slow end with their signal", async () => {
  for (const fault of [{ kind: "hang" }, { kind: "slow", ms: 60_000 }] as const) {
    const signal = AbortSignal.timeout(5);
    await assert.rejects(faulty(fault).check({ signal }), { name: "TimeoutError" });
    await assert.rejects(readBytes(faulty(fault), "a", 0, 1, { signal }), {
      name: "TimeoutError",
    });
  }
});
