import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import { DeadlineOrigin } from "./deadline_origin.ts";
import { readBytes } from "../read_bytes.ts";
import { OriginTimedOut } from "../unreachable.ts";

const MS = 100;

function setUp(paths: string[] = []) {
  const time = new ManualTime();
  const inner = new ScriptedOrigin(paths);
  return { time, inner, origin: new DeadlineOrigin(inner, MS, time) };
}

Deno.test("a call without an answer is cut off and aborted, even when the origin ignores the abort", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ end: "silence" }, { end: "silence" });
  const stat = assert.rejects(origin.stat("a"), (error: Error) => {
    assert.ok(error instanceof OriginTimedOut);
    assert.equal(error.isPermanent, false);
    assert.equal(error.message, "Cannot stat a of sftp://nas/music: no answer within 100 ms");
    return true;
  });
  const check = assert.rejects(origin.check(), OriginTimedOut);
  await time.pass(MS - 1);
  assert.equal(inner.signals[0]?.aborted, false);
  await time.pass(1);
  await Promise.all([stat, check]);
  assert.ok(inner.signals.every((signal) => signal?.reason instanceof OriginTimedOut));
  assert.equal(time.timers, 0);
});

Deno.test("each piece of a read has the whole deadline, without the time that the reader takes", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ pieces: 2, end: "silence" });
  const pieces = origin.read("a", 0, 100);
  assert.equal((await pieces.next()).value?.length, 4);
  await time.pass(10 * MS);
  assert.equal((await pieces.next()).value?.length, 4);
  const third = assert.rejects(pieces.next(), OriginTimedOut);
  await time.pass(MS);
  await third;
  assert.equal((await pieces.next()).done, true);
});

Deno.test("an abort ends a call at once with the signal's reason, also before the call begins", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ pieces: 1, end: "silence" });
  const abort = new AbortController();
  const pieces = origin.read("a", 0, 100, { signal: abort.signal });
  await pieces.next();
  const second = assert.rejects(pieces.next(), /Enough/);
  abort.abort(new Error("Enough"));
  await second;
  assert.match(String(inner.signals[0]?.reason), /Enough/);
  assert.equal(time.timers, 0);
  await assert.rejects(origin.stat("a", { signal: abort.signal }), /Enough/);
  assert.equal(inner.calls.length, 1);
});

Deno.test("a listing that asks about names restarts the wait", async () => {
  const { time, inner, origin } = setUp();
  let ask: (name: string) => boolean = () => true;
  let tell: (path: string) => void = () => {};
  inner.list = (options) => {
    ask = options!.wanted!;
    tell = options!.onDirectory!;
    return ScriptedOrigin.prototype.list.call(inner);
  };
  inner.script.push({ pieces: 0, end: "silence" });
  const met: string[] = [];
  const listing = origin.list({
    wanted: (name) => name === "yes",
    onDirectory: (path) => met.push(path),
  });
  const first = assert.rejects(listing.next(), /Cannot list sftp:.*no answer within/);
  await time.pass(MS - 1);
  assert.deepEqual([ask("no"), ask("yes")], [false, true]);
  await time.pass(MS - 1);
  tell("directory");
  await time.pass(MS - 1);
  assert.equal(time.timers, 1, "still waiting");
  await time.pass(1);
  await first;
  assert.deepEqual(met, ["directory"]);
});

Deno.test("a reader that leaves early ends the origin's read", async () => {
  const { inner, origin, time } = setUp();
  for await (const _ of origin.read("a", 0, 100)) break;
  assert.equal(inner.open, 0);
  assert.equal((await readBytes(origin, "a", 0, 10)).length, 10);
  assert.equal(time.timers, 0);
});

Deno.test("a reader that leaves because its caller gave up ends the origin's read too", async () => {
  const { inner, origin, time } = setUp();
  const abort = new AbortController();
  const pieces = origin.read("a", 0, 100, { signal: abort.signal });
  await pieces.next();
  abort.abort(new Error("Enough"));
  await pieces.return?.();
  await time.pass(0);
  assert.deepEqual([inner.open, time.timers], [0, 0]);
});
