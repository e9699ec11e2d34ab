import assert from "node:assert/strict";
import type { CacheWork } from "../control/protocol.ts";
import { CacheWorks } from "./cache_works.ts";

Deno.test("CacheWorks reports the work that began first, and null when none is left", async () => {
  const told: (CacheWork | null)[] = [];
  const works = new CacheWorks((work) => told.push(work));
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const both = [
    works.follow("pin", 10, () => first.promise),
    works.follow("verify", 20, () => second.promise),
  ];
  assert.deepEqual(told.at(-1), { what: "pin", done_bytes: 0, total_bytes: 10 });
  first.resolve();
  await both[0];
  assert.deepEqual(told.at(-1), { what: "verify", done_bytes: 0, total_bytes: 20 });
  second.reject(new Error("Cannot go on"));
  await assert.rejects(both[1]!, /Cannot go on/);
  assert.equal(told.at(-1), null);
});

Deno.test("CacheWorks reports progress, but not at every step", async () => {
  const told: (CacheWork | null)[] = [];
  const works = new CacheWorks((work) => told.push(work));
  const result = await works.follow("warm", 1_000_000, async (at) => {
    for (let done = 1; done <= 1_000; done++) at(done);
    await new Promise((resolve) => setTimeout(resolve, 110));
    at(500_000);
    return "done";
  });
  assert.equal(result, "done");
  assert(told.length < 50, `told ${told.length} times`);
  assert(told.some((work) => work?.done_bytes === 500_000));
});
