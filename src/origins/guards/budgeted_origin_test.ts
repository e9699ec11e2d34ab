import assert from "node:assert/strict";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import { BudgetedOrigin } from "./budgeted_origin.ts";
import { Egress } from "./egress.ts";
import { Latency } from "./latency.ts";
import { MeasuredOrigin } from "./measured_origin.ts";
import { readBytes } from "../read_bytes.ts";
import { OriginBudgetUsedUp } from "../unreachable.ts";

const NOON = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;

function setUp(today: number) {
  const clock = { ms: NOON, now: () => clock.ms };
  const inner = new ScriptedOrigin(["a"]);
  const egress = new Egress(clock, { at: NOON - HOUR, today, total: 1_000 });
  const measured = new MeasuredOrigin(inner, new Latency(), egress);
  return { clock, inner, egress, origin: new BudgetedOrigin(measured, egress, 100) };
}

Deno.test("reads fail at once when the day's bytes are used up, until the next day (UTC)", async () => {
  const { clock, inner, egress, origin } = setUp(92);
  assert.equal((await readBytes(origin, "a", 0, 8)).length, 8);
  await assert.rejects(readBytes(origin, "a", 0, 8), (error) => {
    assert.ok(error instanceof OriginBudgetUsedUp);
    assert.ok(error.isPermanent);
    const why = "Cannot read a of nas: its daily budget of 100 B is used up until 00:00 UTC";
    assert.equal(error.message, why);
    return true;
  });
  assert.equal(inner.calls.length, 1);
  await origin.stat("a");
  await origin.check();
  await origin.list().next();
  clock.ms = NOON + 12 * HOUR - 1;
  await assert.rejects(readBytes(origin, "a", 0, 8), OriginBudgetUsedUp);
  clock.ms = NOON + 12 * HOUR;
  assert.equal((await readBytes(origin, "a", 0, 8)).length, 8);
  clock.ms = NOON;
  assert.deepEqual([egress.today, egress.total], [8, 1_016], "a clock set back gives nothing anew");
});

Deno.test("a read that uses the budget up gets its share and then fails", async () => {
  const { inner, egress, origin } = setUp(90);
  let got = 0;
  await assert.rejects(async () => {
    for await (const piece of origin.read("a", 0, 1_000)) got += piece.length;
  }, OriginBudgetUsedUp);
  assert.deepEqual([got, egress.today, inner.open], [10, 100, 0]);
});

Deno.test("a clock that ran days ahead and was put right does not keep a budget used up", () => {
  const { clock, egress } = setUp(0);
  clock.ms = NOON + 40 * 24 * HOUR;
  egress.add(100);
  clock.ms = NOON;
  assert.deepEqual([egress.today, egress.total], [0, 1_100]);
});

Deno.test("concurrent reads together request no more than is left", async () => {
  const { inner, egress, origin } = setUp(84);
  const reads = [0, 8, 16].map((at) => readBytes(origin, "a", at, 8));
  const ended = await Promise.allSettled(reads);
  assert.deepEqual(ended.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
  assert.equal(egress.today, 100);
  assert.deepEqual(inner.calls, ["read a 0 8", "read a 8 8"]);
});
