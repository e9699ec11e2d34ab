import assert from "node:assert/strict";
import fc from "fast-check";
import { WatchedPaths } from "./watched_paths.ts";

const name = fc.constantFrom("a", "b", "ab", "a b");
const path = fc.array(name, { maxLength: 4 }).map((names) => names.join("/"));
const step = fc.oneof(
  fc.record({ op: fc.constant("add" as const), path }),
  fc.record({ op: fc.constant("tree" as const), path }),
  fc.record({ op: fc.constant("one" as const), watch: fc.integer({ min: 1, max: 30 }) }),
);

Deno.test("WatchedPaths knows what a plain list knows", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const paths = new WatchedPaths();
      const list = new Map<number, string>();
      let next = 1;
      for (const it of steps) {
        if (it.op === "add") {
          // A directory is watched once.
          if ([...list.values()].includes(it.path)) continue;
          paths.add(next, it.path);
          list.set(next++, it.path);
        } else if (it.op === "one") {
          paths.remove(it.watch);
          list.delete(it.watch);
        } else {
          const below = [...list].filter(([, at]) =>
            it.path === "" || at === it.path || at.startsWith(`${it.path}/`)
          ).map(([watch]) => watch);
          assert.deepEqual(paths.removeTree(it.path).sort((a, b) => a - b), below);
          for (const watch of below) list.delete(watch);
        }
        assert.equal(paths.size, list.size);
        for (const [watch, at] of list) assert.equal(paths.path(watch), at);
      }
    }),
  );
});

Deno.test("WatchedPaths takes 100,000 directories away one by one, without a look at the others", () => {
  const paths = new WatchedPaths();
  for (let i = 0; i < 100_000; i++) paths.add(i, `${i % 300}/${i}`);
  // If each removal looked at all of them, this would take far too long.
  for (let i = 0; i < 100_000; i++) {
    if (paths.removeTree(`${i % 300}/${i}`)[0] !== i) assert.fail(`${i} is not found`);
  }
  assert.equal(paths.size, 0);
});
