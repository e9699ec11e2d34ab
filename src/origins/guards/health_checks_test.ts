import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import { HealthChecks } from "./health_checks.ts";
import { OriginUnreachable } from "../origin.ts";

Deno.test("an origin is checked now and from then on, whatever the outcome", async () => {
  const time = new ManualTime();
  const origin = new ScriptedOrigin();
  const checks = new HealthChecks(30_000, time);
  origin.script.push({ end: new OriginUnreachable("Gone") });
  checks.watch(origin);
  assert.equal(origin.calls.length, 1);
  await time.pass(29_999);
  assert.equal(origin.calls.length, 1);
  await time.pass(1);
  assert.equal(origin.calls.length, 2);
  await time.pass(60_000);
  assert.equal(origin.calls.length, 4);
  checks.stop();
  await time.pass(60_000);
  assert.deepEqual([origin.calls.length, time.timers], [4, 0]);
});

Deno.test("a slow check is not overtaken by the next, and delays no other origin", async () => {
  const time = new ManualTime();
  const slow = new ScriptedOrigin();
  const quick = new ScriptedOrigin();
  slow.script.push({ end: "silence" });
  const checks = new HealthChecks(30_000, time);
  const stop = checks.watch(slow);
  checks.watch(quick);
  await time.pass(120_000);
  assert.deepEqual([slow.calls.length, quick.calls.length], [1, 5]);
  stop();
  assert.equal(slow.signals[0]?.aborted, true);
  await time.pass(30_000);
  assert.equal(quick.calls.length, 6);
  checks.stop();
});
