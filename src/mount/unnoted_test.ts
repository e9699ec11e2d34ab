import assert from "node:assert/strict";
import { createLogger } from "../base/mod.ts";
import { until } from "../../tests/support/until.ts";
import { Unnoted } from "./unnoted.ts";

class Bench {
  readonly looks: [string, readonly string[] | "all"][] = [];
  readonly ending = new AbortController();
  isFull = false;
  readonly unnoted = new Unnoted({
    logger: createLogger("test", "error"),
    signal: this.ending.signal,
    againMs: 1,
    look: (origin, directories) => {
      this.looks.push([origin, directories]);
      return this.isFull ? Promise.reject(new Error("No space left on device")) : Promise.resolve();
    },
  });
}

Deno.test("what is noticed while the log can't be written is looked at once it can", async () => {
  const bench = new Bench();
  bench.isFull = true;
  bench.unnoted.add("local", ["a"]);
  await until("it is tried again", 5_000, () => bench.looks.length > 3);
  bench.unnoted.add("local", ["b"]);
  bench.unnoted.add("other", ["c"]);
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
  bench.unnoted.add("local", ["d"]);
  await until("the next", 5_000, () => bench.looks.length === before + 3);
  assert.deepEqual(bench.looks.at(-1), ["local", ["d"]], "what was noted is forgotten");
  bench.ending.abort();
});

Deno.test("what is noticed while something is looked at is looked at afterwards, together", async () => {
  const looks: unknown[] = [];
  const first = Promise.withResolvers<void>();
  const unnoted = new Unnoted({
    logger: createLogger("test", "error"),
    signal: new AbortController().signal,
    look: (_, directories) => {
      looks.push(directories);
      return first.promise;
    },
  });
  unnoted.add("local", ["a"]);
  unnoted.add("local", ["b"]);
  await until("the first", 5_000, () => looks.length === 1);
  unnoted.add("local", ["c"]);
  unnoted.add("local", "all");
  unnoted.add("local", ["d"]);
  first.resolve();
  await until("the second", 5_000, () => looks.length === 2);
  assert.deepEqual(looks, [["a", "b"], "all"]);
});

Deno.test("so many directories are all of an origin, and an end ends it", async () => {
  const bench = new Bench();
  bench.unnoted.add("local", Array.from({ length: 10_001 }, (_, i) => `${i}`));
  await until("it is looked at", 5_000, () => bench.looks.length === 1);
  assert.deepEqual(bench.looks, [["local", "all"]]);
  bench.ending.abort();
  bench.unnoted.add("local", ["a"]);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(bench.looks.length, 1);
});
