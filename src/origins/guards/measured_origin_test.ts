import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import { Egress } from "./egress.ts";
import { Latency } from "./latency.ts";
import { MeasuredOrigin } from "./measured_origin.ts";
import { OriginNotFound, OriginUnreachable } from "../origin.ts";

function setUp() {
  const time = new ManualTime();
  const inner = new ScriptedOrigin(["a"]);
  const latency = new Latency();
  const egress = new Egress({ now: () => 0 });
  return { time, inner, latency, egress, origin: new MeasuredOrigin(inner, latency, egress, time) };
}

Deno.test("the latency is the median of the newest answers", () => {
  const latency = new Latency();
  assert.equal(latency.median, null);
  latency.add(7);
  assert.equal(latency.median, 7);
  for (let i = 0; i < 14; i++) latency.add(i < 7 ? 1_000 : 20);
  assert.equal(latency.median, 20);
  for (let i = 0; i < 15; i++) latency.add(3);
  assert.equal(latency.median, 3);
});

Deno.test("a read is timed up to its first piece, and its bytes count as they arrive", async () => {
  const { time, latency, egress, origin } = setUp();
  const pieces = origin.read("a", 0, 100);
  await pieces.next();
  assert.equal(latency.median, 0);
  await time.pass(5_000);
  await pieces.next();
  await pieces.return?.();
  assert.deepEqual([latency.median, egress.today, egress.total], [0, 8, 8]);
});

Deno.test("every answer is timed, OriginNotFound included, and failures are not", async () => {
  const { inner, latency, egress, origin } = setUp();
  inner.script.push({ end: new OriginUnreachable("Connection reset") });
  await assert.rejects(origin.stat("a"));
  assert.equal(latency.median, null);
  inner.script.push({ end: new OriginNotFound("Not there") });
  await assert.rejects(origin.stat("a"), OriginNotFound);
  assert.equal(latency.median, 0);
  await origin.check();
  for await (const _ of origin.list());
  assert.equal(egress.total, 0);
});
