import assert from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { ScriptedOrigin } from "../../../tests/support/scripted_origin.ts";
import {
  type ListOptions,
  type OriginEntry,
  OriginNotFound,
  OriginUnreachable,
} from "../origin.ts";
import { readBytes } from "../read_bytes.ts";
import { RetryingOrigin, type RetryOptions } from "./retrying_origin.ts";
import { OriginBusy, OriginTimedOut } from "../unreachable.ts";
import { compareWalkOrder } from "../walk_order.ts";

const VERSION = { size: 1, mtime_s: 1, mtime_ns: 0 };
const RESET = new OriginUnreachable("Connection reset");

const WAITS = [100, 500, 2_000];

function setUp(paths: string[] = [], options: RetryOptions = {}) {
  const time = new ManualTime();
  const inner = new ScriptedOrigin(paths);
  return { time, inner, origin: new RetryingOrigin(inner, { waits: WAITS, time, ...options }) };
}

Deno.test("a call is tried again after each wait, and fails with the last error", async () => {
  const { time, inner, origin } = setUp();
  for (let i = 1; i <= 4; i++) inner.script.push({ end: new OriginUnreachable(`Failure ${i}`) });
  const failed = assert.rejects(origin.stat("a"), /Failure 4/);
  const tries: number[] = [];
  for (const ms of [0, 99, 1, 499, 1, 1_999, 1]) {
    await time.pass(ms);
    tries.push(inner.calls.length);
  }
  await failed;
  assert.deepEqual(tries, [1, 1, 2, 2, 3, 3, 4]);
});

Deno.test("an error that another try does not mend is thrown at once", async () => {
  const { inner, origin } = setUp();
  const errors = [
    new OriginNotFound("Not there"),
    new OriginUnreachable("Wrong key", { isPermanent: true }),
    new OriginTimedOut("No answer", 0),
    new TypeError("Our own fault"),
  ];
  for (const end of errors) {
    inner.script.push({ end });
    await assert.rejects(origin.stat("a"), end);
  }
  inner.script.push({ end: RESET });
  await assert.rejects(origin.check(), RESET);
  assert.equal(inner.calls.length, errors.length + 1);
});

Deno.test("an origin that turns out to be down is not asked again", async () => {
  let isDown = false;
  const { time, inner, origin } = setUp([], { isDown: () => isDown });
  for (let i = 0; i < 3; i++) inner.script.push({ end: RESET });
  const failed = assert.rejects(origin.stat("a"), RESET);
  await time.pass(100);
  isDown = true;
  await time.pass(500);
  await failed;
  await assert.rejects(origin.stat("a"), RESET);
  assert.equal(inner.calls.length, 3);
});

Deno.test("a call that timed out is tried once more, at once, when the origin is there after all", async () => {
  for (const isThere of [true, false]) {
    const asked: unknown[] = [];
    const { inner, origin } = setUp([], {
      isThere: (error) => (asked.push(error), Promise.resolve(isThere)),
    });
    const first = new OriginTimedOut("No answer", 0);
    inner.script.push({ pieces: 1, end: first });
    const read = readBytes(origin, "a", 0, 12, { version: VERSION });
    if (isThere) assert.equal((await read).length, 12);
    else await assert.rejects(read, first);
    assert.deepEqual(asked, [first]);
    assert.deepEqual(inner.calls, ["read a 0 12", ...(isThere ? ["read a 4 8"] : [])]);

    inner.script.push({ end: first }, { end: new OriginTimedOut("No answer, twice", 0) });
    await assert.rejects(origin.stat("a"), isThere ? /twice/ : first);
  }
});

Deno.test("a busy origin gets the pause that it asks for, and is asked again at different moments", async () => {
  const { time, inner, origin } = setUp([], { random: () => 0.5 });
  inner.script.push({ end: new OriginBusy("SlowDown", 3_000) });
  inner.script.push({ end: new OriginBusy("SlowDown", 0) });
  const stat = origin.stat("a");
  const tries: number[] = [];
  for (const ms of [0, 3_049, 1, 749, 1]) {
    await time.pass(ms);
    tries.push(inner.calls.length);
  }
  await stat;
  assert.deepEqual(tries, [1, 1, 2, 2, 3]);
  inner.script.push({ end: new OriginBusy("SlowDown", 60_000) });
  await assert.rejects(origin.stat("a"), OriginBusy);
  assert.equal(time.timers, 0, "whoever waits can turn elsewhere");
});

Deno.test("a read of a version continues after the bytes that came", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ pieces: 2, end: RESET }, { pieces: 0, end: RESET }, {
    pieces: 1,
    end: RESET,
  });
  const bytes = readBytes(origin, "a", 10, 20, { version: VERSION });
  await time.pass(700);
  assert.deepEqual([...await bytes], Array.from({ length: 20 }, (_, i) => 10 + i));
  assert.deepEqual(inner.calls, ["read a 10 20", "read a 18 12", "read a 18 12", "read a 22 8"]);
});

Deno.test("a read of any version starts over only while nothing was yielded", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ pieces: 0, end: RESET });
  const bytes = readBytes(origin, "a", 0, 8);
  await time.pass(100);
  assert.equal((await bytes).length, 8);
  inner.script.push({ pieces: 1, end: RESET });
  await assert.rejects(readBytes(origin, "a", 0, 8), RESET);
});

Deno.test("a listing continues after its last path, and has all tries again once it makes progress", async () => {
  const { time, inner, origin } = setUp(["a/1", "a/2", "b/1", "c"]);
  inner.script.push({ pieces: 1, end: RESET });
  for (let i = 0; i < 3; i++) inner.script.push({ pieces: 0, end: RESET });
  inner.script.pop();
  inner.script.push({ pieces: 2, end: RESET }, { pieces: 0, end: RESET });
  const listed: string[] = [];
  const done = (async () => {
    for await (const batch of origin.list()) listed.push(...batch.map(({ path }) => path));
  })();
  await time.pass(10_000);
  await done;
  assert.deepEqual(listed, ["c", "a/1", "a/2", "b/1"]);
  assert.deepEqual(inner.calls, ["list", "list c", "list c", "list c", "list a/2", "list a/2"]);
});

Deno.test("an abort ends the wait for the next try", async () => {
  const { time, inner, origin } = setUp();
  inner.script.push({ end: RESET });
  const abort = new AbortController();
  const stat = assert.rejects(origin.stat("a", { signal: abort.signal }), /Enough/);
  await time.pass(50);
  abort.abort(new Error("Enough"));
  await stat;
  assert.equal(time.timers, 0);
});

Deno.test("a listing continues after its last file, not after a directory that could not be listed", async () => {
  const { time, inner, origin } = setUp();
  const asked: (string | undefined)[] = [];
  const batches: OriginEntry[][] = [
    [{ kind: "file", path: "a/1", ...VERSION }, { kind: "file", path: "a/2", ...VERSION }],
    [{ kind: "unlisted", path: "b", reason: "Permission denied" }],
    [{ kind: "file", path: "c/1", ...VERSION }],
  ];
  inner.list = async function* ({ after }: ListOptions = {}) {
    asked.push(after);
    for (const batch of batches) {
      if (batch[0]!.path === "c/1" && asked.length < 4) throw RESET;
      const behind = batch.filter(({ kind, path }) =>
        kind === "unlisted" || after === undefined || compareWalkOrder(path, after) > 0
      );
      if (behind.length > 0) yield behind;
    }
  };
  const listed: string[] = [];
  const listing = (async () => {
    for await (const batch of origin.list()) listed.push(...batch.map(({ path }) => path));
  })();
  await time.pass(100 + 500 + 2_000);
  await listing;
  assert.deepEqual(asked, [undefined, "a/2", "a/2", "a/2"]);
  assert.deepEqual(listed.filter((path) => path !== "b"), ["a/1", "a/2", "c/1"]);
});

Deno.test("a listing without progress is given up", async () => {
  const { time, inner, origin } = setUp();
  let lists = 0;
  inner.list = async function* () {
    lists++;
    yield [{ kind: "unlisted", path: "b", reason: "Permission denied" }];
    throw RESET;
  };
  const listing = assert.rejects(async () => {
    for await (const _ of origin.list());
  }, RESET);
  await time.pass(20_000);
  assert.equal(lists, 4);
  await listing;
});
