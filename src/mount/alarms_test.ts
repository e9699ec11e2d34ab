import assert from "node:assert/strict";
import { Alarms } from "./alarms.ts";

Deno.test("Alarms ring once for what is due, together when at the same time", async () => {
  // The clock stands still until the first alarm has rung: on a slow machine two alarms would ring together.
  let now = Date.now();
  const rung: (string | null)[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const alarms = new Alarms((origins) => {
    rung.push(origins);
    now += 30;
    if (rung.length === 2) resolve();
  }, () => now);
  alarms.set([
    { origin: "later", at: now + 1e12 },
    { origin: "second", at: now + 30 },
    { origin: "a", at: now - 5 },
    { origin: null, at: now },
  ]);
  const guard = setTimeout(() => {}, 10_000);
  await promise;
  clearTimeout(guard);
  alarms.stop();
  assert.deepEqual(rung, [["a", null], ["second"]]);
});

Deno.test("Alarms forget what was set before", async () => {
  const rung: (string | null)[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const alarms = new Alarms((origins) => {
    rung.push(origins);
    resolve();
  });
  alarms.set([{ origin: "old", at: Date.now() }]);
  alarms.set([{ origin: "new", at: Date.now() + 10 }]);
  const guard = setTimeout(() => {}, 10_000);
  await promise;
  clearTimeout(guard);
  alarms.stop();
  assert.deepEqual(rung, [["new"]]);
});

Deno.test("Alarms ring again for what came to nothing", async () => {
  let now = Date.now();
  const rung: (string | null)[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const alarms = new Alarms((origins) => {
    rung.push(origins);
    if (rung.length === 2) return resolve();
    alarms.ringAgain(origins);
    // The minute before alarms ring again passes.
    now += 60_000;
    alarms.ringAgain([]);
  }, () => now);
  alarms.set([{ origin: "a", at: now }]);
  const guard = setTimeout(() => {}, 10_000);
  await promise;
  clearTimeout(guard);
  assert.deepEqual(rung, [["a"], ["a"]]);
  alarms.stop();
});
