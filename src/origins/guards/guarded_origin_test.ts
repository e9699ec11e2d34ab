import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import { Circuit, type Health } from "./circuit.ts";
import { DeadlineOrigin } from "./deadline_origin.ts";
import { GuardedOrigin } from "./guarded_origin.ts";
import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "../origin.ts";
import { readBytes } from "../read_bytes.ts";
import {
  OriginBudgetUsedUp,
  OriginBusy,
  OriginDown,
  OriginTimedOut,
  OriginUnreadable,
} from "../unreachable.ts";

const RESET = new OriginUnreachable("Connection reset");
const TIMED_OUT = new OriginTimedOut("No answer", Infinity);

const PROBE_MS = 300;

function setUp() {
  const time = new ManualTime();
  const inner = new ScriptedOrigin();
  const told: Health[] = [];
  const circuit = new Circuit((health) => told.push(health), time);
  let renewed = 0;
  const renew = () => void renewed++;
  const origin = new GuardedOrigin(inner, circuit, { time, renew, probeMs: PROBE_MS });
  return { time, inner, circuit, told, origin, renewals: () => renewed };
}

Deno.test("an origin is down after one time-out, and calls fail at once with the reason", async () => {
  const { time, inner, circuit, told, origin, renewals } = setUp();
  assert.equal(circuit.health.health, "unknown");
  inner.script.push({ end: TIMED_OUT }, { end: "silence" });
  const failed = assert.rejects(origin.stat("a"), TIMED_OUT);
  await time.pass(PROBE_MS);
  await failed;
  for (let i = 0; i < 3; i++) {
    await assert.rejects(origin.stat("a"), (error) => {
      assert.ok(error instanceof OriginDown);
      assert.equal(error.message, "No answer");
      return true;
    });
    await assert.rejects(readBytes(origin, "a", 0, 1), OriginDown);
    await assert.rejects(origin.list().next(), OriginDown);
  }
  assert.deepEqual(inner.calls, ["stat a", "check"]);
  assert.ok(renewals() > 0);
  assert.deepEqual(told, [{ health: "down", reason: "No answer" }]);
});

Deno.test("after a failure a check tells whether the file or the origin was the cause", async () => {
  const { inner, circuit, told, origin } = setUp();
  inner.script.push({ end: RESET }, { end: RESET });
  await assert.rejects(origin.stat("a"), RESET);
  assert.deepEqual(inner.calls, ["stat a", "check"]);
  assert.equal(circuit.health.health, "down");
  await origin.check();

  inner.calls.length = 0;
  inner.script.push({ end: RESET }, { end: TIMED_OUT });
  await Promise.all(
    [origin.stat("a"), origin.stat("b")].map((call) => assert.rejects(call, OriginUnreadable)),
  );
  assert.deepEqual(inner.calls, ["stat a", "stat b", "check"], "one check at a time");
  assert.equal(circuit.health.health, "up");
  assert.equal(told.length, 2);
});

Deno.test("bad files leave the origin up, unless there are many and no other file can be read", async () => {
  const { inner, circuit, origin } = setUp();
  const fail = async (path: string, end: Error) => {
    inner.script.push({ end });
    await assert.rejects(origin.stat(path), { message: end.message });
  };
  for (let i = 0; i < 100; i++) await fail(`bad ${i}`, new OriginUnreadable("Input/output error"));
  for (let i = 0; i < 100; i++) await fail(`silent ${i % 9}`, [RESET, TIMED_OUT][i % 2]!);
  assert.equal(circuit.health.health, "up");
  await origin.stat("good");
  for (let i = 0; i < 31; i++) await fail(`${i}`, RESET);
  assert.equal(circuit.health.health, "up");
  await fail("31", RESET);
  assert.deepEqual(circuit.health, { health: "down", reason: "Connection reset" });
});

Deno.test("an origin is down after three listings in a row that fail although a check succeeds, and after one permanent failure", async () => {
  const { inner, circuit, origin, time } = setUp();
  const fail = async (end: Error) => {
    inner.script.push({ pieces: 0, end });
    await assert.rejects(origin.list().next(), end);
    await time.pass(0);
  };
  for (let i = 0; i < 5; i++) {
    await fail(RESET);
    await fail(RESET);
    await fail([new OriginNotFound("x"), new OriginRefused("x"), new OriginChanged("x")][i % 3]!);
  }
  assert.equal(circuit.health.health, "up");
  await fail(RESET);
  await fail(new Error("Nobody waits any more"));
  await fail(RESET);
  assert.equal(circuit.health.health, "up");
  await fail(RESET);
  assert.deepEqual(circuit.health, { health: "down", reason: "Connection reset" });

  const other = setUp();
  const wrong = new OriginUnreachable("Wrong key", { isPermanent: true });
  other.inner.script.push({ end: wrong });
  await assert.rejects(other.origin.stat("a"), wrong);
  assert.equal(other.circuit.health.health, "down");
});

Deno.test("connections that may be dead are made anew before a check concludes anything", async () => {
  const { inner, told, origin, renewals } = setUp();
  await origin.check();
  inner.script.push({ end: TIMED_OUT });
  await origin.check();
  assert.equal(renewals(), 1);
  inner.script.push({ end: TIMED_OUT }, { end: TIMED_OUT });
  await assert.rejects(origin.check(), TIMED_OUT);
  assert.deepEqual(told.map(({ health }) => health), ["up", "down"]);
});

Deno.test("a late time-out does not count for an origin that has answered since", async () => {
  const { time, inner, circuit } = setUp();
  const origin = new GuardedOrigin(new DeadlineOrigin(inner, 1_000, time), circuit, { time });
  const timesOut = (call: () => Promise<unknown>) => {
    inner.script.push({ end: "silence" });
    return assert.rejects(call(), OriginUnreachable);
  };
  const late = [
    timesOut(() => origin.list().next()),
    timesOut(() => readBytes(origin, "a", 0, 8)),
    timesOut(() => origin.stat("b")),
  ];
  await time.pass(500);
  await origin.stat("c");
  await time.pass(500);
  await Promise.all(late);
  assert.equal(circuit.health.health, "up");

  const after = timesOut(() => origin.list().next());
  await time.pass(1_000);
  await after;
  assert.equal(circuit.health.health, "down");
});

Deno.test("a check without an answer does not count for an origin that gave something since", async () => {
  const { time, inner, circuit, origin } = setUp();
  inner.script.push({ end: RESET }, { end: "silence" });
  const failed = assert.rejects(origin.stat("a"), RESET);
  await time.pass(PROBE_MS / 2);
  await origin.stat("b");
  await time.pass(PROBE_MS / 2);
  await failed;
  assert.equal(circuit.health.health, "up");
});

Deno.test("a pause that the origin asked for is observed", async () => {
  const { inner, origin, time } = setUp();
  const busy = new OriginBusy("SlowDown", 30_000);
  inner.script.push({ end: busy }, { end: busy });
  await assert.rejects(origin.stat("a"), busy);
  await time.pass(29_999);
  await assert.rejects(origin.stat("a"), OriginDown);
  await time.pass(1);
  await origin.stat("a");
});

Deno.test("one call is let through after waits that double up to a minute", async () => {
  const { time, inner, told, origin } = setUp();
  const goDown = () => {
    inner.script.push({ end: TIMED_OUT }, { end: RESET });
    return assert.rejects(origin.stat("a"), TIMED_OUT);
  };
  await goDown();
  for (const wait of [1, 2, 4, 8, 16, 32, 60, 60]) {
    await time.pass(wait * 1_000 - 1);
    await assert.rejects(origin.stat("a"), OriginDown);
    await time.pass(1);
    inner.script.push({ end: TIMED_OUT });
    const asked = inner.calls.length;
    const [first, ...others] = await Promise.allSettled([1, 2, 3].map(() => origin.stat("a")));
    assert.equal((first as PromiseRejectedResult).reason, TIMED_OUT);
    for (const other of others) {
      assert.ok((other as PromiseRejectedResult).reason instanceof OriginDown);
    }
    assert.equal(inner.calls.length, asked + 1);
  }
  await time.pass(60_000);
  await origin.stat("a");
  await origin.stat("a");
  assert.deepEqual(told.map(({ health }) => health), ["down", "up"]);
  await goDown();
  await time.pass(1_000);
  await origin.stat("a");
  assert.equal(told.length, 4, "the wait starts from the beginning");
});

Deno.test("a check always passes: success closes the circuit, failure opens it", async () => {
  const { inner, told, origin } = setUp();
  inner.script.push({ end: RESET });
  await assert.rejects(origin.check(), RESET);
  await assert.rejects(origin.stat("a"), OriginDown);
  inner.script.push({ end: RESET });
  await assert.rejects(origin.check(), RESET);
  await origin.check();
  await origin.stat("a");
  await origin.check();
  assert.deepEqual(told, [
    { health: "down", reason: "Connection reset" },
    { health: "up", reason: null },
  ]);
});

Deno.test("the first piece of a read is an answer, and a reader that leaves early tells nothing", async () => {
  const { inner, circuit, origin } = setUp();
  for (let i = 0; i < 6; i++) {
    inner.script.push({ pieces: 1, end: RESET });
    await assert.rejects(readBytes(origin, `${i}`, 0, 100), OriginUnreadable);
  }
  assert.equal(circuit.health.health, "up");
  for await (const _ of origin.read("a", 0, 100)) break;
  assert.equal(inner.open, 0);
});

Deno.test("failures after close() do not count", async () => {
  const { inner, told, origin } = setUp();
  inner.script.push({ end: TIMED_OUT }, { end: TIMED_OUT }, { end: TIMED_OUT });
  const calls = [origin.stat("a"), origin.check()].map((call) => assert.rejects(call, TIMED_OUT));
  await origin.close();
  await Promise.all(calls);
  assert.deepEqual([told, inner.isClosed], [[], true]);
});

Deno.test("the reason for which a caller gives up does not count", async () => {
  const { inner, circuit, time } = setUp();
  const origin = new GuardedOrigin(new DeadlineOrigin(inner, 1_000, time), circuit);
  await origin.check();
  const reasons = [TIMED_OUT, new OriginBudgetUsedUp("Used up"), RESET];
  for (const reason of reasons) {
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const calls = [
      () => origin.stat("a", options),
      () => readBytes(origin, "a", 0, 8, options),
      () => origin.list(options).next(),
      () => origin.check(options),
    ].map((call) => {
      inner.script.push({ end: "silence" });
      return assert.rejects(call(), reason);
    });
    abort.abort(reason);
    await Promise.all(calls);
    await time.pass(0);
  }
  assert.equal(circuit.health.health, "up");
});
