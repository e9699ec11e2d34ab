import assert from "node:assert/strict";
import { createLogger } from "../base/mod.ts";
import { until } from "../../tests/support/until.ts";
import { UnreportedChanges } from "./unreported_changes.ts";

class Bench {
  readonly looks: [string, readonly string[] | "all"][] = [];
  readonly ending = new AbortController();
  isFull = false;
  readonly unreported = new UnreportedChanges({
    logger: createLogger("test", "error"),
    signal: this.ending.signal,
    againMs: 1,
    look: (origin, directories) => {
      this.looks.push([origin, directories]);
      return this.isFull ? Promise.reject(new Error("No space left on device")) : Promise.resolve();
    },
  });
}

Deno.test("a change that could not be noted is looked at again until it can be", async () => {
  const bench = new Bench();
  bench.isFull = true;
  bench.unreported.add("local", ["a"]);
  await until("it is tried again", 5_000, () => bench.looks.length > 3);
  bench.unreported.add("local", ["b"]);
  bench.unreported.add("other", ["c"]);
  await until("all of it is tried", 5_000, () => {
    const [origin, directories] = bench.looks.at(-1)!;
    return origin === "local" && directories.length === 2 &&
      bench.looks.some(([id]) => id === "other");
  });
  bench.isFull = false;
  const before = bench.looks.length;
  await until("it is noted", 5_000, () => bench.looks.length >= before + 2);
  assert.deepEqual(
    new Map(bench.looks.slice(before)),
    new Map([["local", ["a", "b"]], ["other", ["c"]]]),
  );
  bench.unreported.add("local", ["d"]);
  await until("the next", 5_000, () => bench.looks.length === before + 3);
  assert.deepEqual(bench.looks.at(-1), ["local", ["d"]], "what was noted is forgotten");
  bench.ending.abort();
});

Deno.test("changes that come during a look are looked at together in the next one", async () => {
  const looks: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const unreported = new UnreportedChanges({
    logger: createLogger("test", "error"),
    signal: new AbortController().signal,
    look: (_, directories) => {
      looks.push(directories);
      return first.promise;
    },
  });
  unreported.add("local", ["a"]);
  unreported.add("local", ["b"]);
  await until("the first", 5_000, () => looks.length === 1);
  unreported.add("local", ["c"]);
  unreported.add("local", "all");
  unreported.add("local", ["d"]);
  first.resolve();
  await until("the second", 5_000, () => looks.length === 2);
  assert.deepEqual(looks, [["a", "b"], "all"]);
});

Deno.test("beyond 10,000 directories all of the origin is looked at, and nothing is after the end", async () => {
  const bench = new Bench();
  bench.unreported.add("local", Array.from({ length: 10_001 }, (_, i) => `${i}`));
  await until("it is looked at", 5_000, () => bench.looks.length === 1);
  assert.deepEqual(bench.looks, [["local", "all"]]);
  bench.ending.abort();
  bench.unreported.add("local", ["a"]);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(bench.looks.length, 1);
});
