import assert from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../tests/support/scripted_origin.ts";
import { MemoryOrigin } from "./memory/memory_origin.ts";
import { openOrigin, wrapOrigin } from "./open_origin.ts";
import { OriginUnreachable } from "./origin.ts";
import { readBytes } from "./read_bytes.ts";
import { OriginBudgetUsedUp, OriginDown, OriginTimedOut, OriginUnreadable } from "./unreachable.ts";

const RESET = new OriginUnreachable("Connection reset");
const VERSION = { size: 1, mtime_s: 1, mtime_ns: 0 };

function setUp(dailyBudget: number | null = null) {
  const time = new ManualTime();
  const inner = new ScriptedOrigin(["a"]);
  const told: string[] = [];
  const opened = wrapOrigin(inner, { bandwidth: 1_000_000, dailyBudget }, {
    time,
    deadlineMs: 1_000,
    onHealth: ({ health, reason }) => told.push(reason === null ? health : `${health}: ${reason}`),
  });
  return { time, inner, told, ...opened };
}

Deno.test("a dead origin costs its deadline once and a third of it for a check; later calls ask nothing", async () => {
  const { time, inner, origin, told } = setUp();
  inner.script.push({ end: "silence" }, { end: "silence" });
  const failed = assert.rejects(origin.stat("a"), OriginTimedOut).then(() => time.now());
  await time.pass(1_500);
  assert.equal(Math.floor(await failed), 1_333);
  await assert.rejects(origin.stat("a"), OriginDown);
  await assert.rejects(readBytes(origin, "a", 0, 1), OriginDown);
  assert.deepEqual(inner.calls, ["stat a", "check"]);
  assert.deepEqual(told, ["down: Cannot stat a of sftp://nas/music: no answer within 1000 ms"]);
});

Deno.test("a read over a connection that died goes on over a new one, within three deadlines", async () => {
  const { time, inner, origin, told } = setUp();
  let renewed = 0;
  inner.renew = () => renewed++;
  inner.script.push({ pieces: 2, end: "silence" });
  const read = readBytes(origin, "a", 0, 100, { version: VERSION }).then(() => time.now());
  await time.pass(1_100);
  assert.ok(await read < 1_100);
  assert.equal(renewed, 1);
  assert.deepEqual(told, ["up"]);
});

Deno.test("a file that times out alone fails, and the origin stays up", async () => {
  const { time, inner, origin, told } = setUp();
  inner.script.push({ end: "silence" });
  const failed = assert.rejects(origin.stat("a"), OriginUnreadable).then(() => time.now());
  await time.pass(500);
  await origin.stat("b");
  inner.check = async () => {
    inner.calls.push("check");
    inner.script.push({ end: "silence" });
    inner.check = () => Promise.resolve(void inner.calls.push("check"));
    await Promise.resolve();
  };
  await time.pass(2_000);
  assert.equal(await failed, 2_000);
  assert.deepEqual(inner.calls, ["stat a", "stat b", "check", "stat a", "check"]);
  assert.deepEqual(told, ["up"]);
});

Deno.test("many reads whose connection breaks twice go on without an error", async () => {
  const { time, inner, origin, told, egress } = setUp();
  for (let i = 0; i < 8; i++) inner.script.push({ pieces: 1, end: RESET });
  for (let i = 0; i < 8; i++) inner.script.push({ pieces: 0, end: RESET });
  const reads = Array.from(
    { length: 8 },
    () => readBytes(origin, "a", 0, 100, { version: VERSION }),
  );
  await time.pass(5_000);
  for (const bytes of await Promise.all(reads)) {
    assert.deepEqual([...bytes], Array.from({ length: 100 }, (_, i) => i));
  }
  assert.deepEqual(told, ["up"]);
  assert.equal(egress.total, 800, "no byte was asked for twice");
});

Deno.test("an origin that refuses connections is down after the tries of one call", async () => {
  const { time, inner, origin, told } = setUp();
  for (let i = 0; i < 5; i++) inner.script.push({ end: RESET });
  const failed = assert.rejects(origin.stat("a"), RESET);
  await time.pass(3_000);
  await failed;
  assert.deepEqual(inner.calls, ["stat a", "stat a", "stat a", "stat a", "check"]);
  assert.deepEqual(told, ["down: Connection reset"]);
});

Deno.test("a used-up budget does not make the origin down", async () => {
  const { inner, origin, circuit } = setUp(10);
  await assert.rejects(readBytes(origin, "a", 0, 100), OriginBudgetUsedUp);
  for (let i = 0; i < 5; i++) {
    await assert.rejects(readBytes(origin, "a", 0, 100), OriginBudgetUsedUp);
  }
  assert.deepEqual(inner.calls, ["read a 0 10"]);
  assert.equal(circuit.health.health, "up");
});

Deno.test("a local origin is not wrapped", async () => {
  const root = Deno.makeTempDirSync();
  const limits = { bandwidth: null, dailyBudget: null };
  const { origin, latency } = await openOrigin({ id: "disk", type: "local", root, ...limits });
  await origin.check();
  assert.deepEqual([origin.id, origin.root, latency.median], ["disk", root, null]);
  const memory = new MemoryOrigin("memory");
  assert.equal(wrapOrigin(memory, limits).origin, memory);
  Deno.removeSync(root);
});
