import assert from "node:assert/strict";
import type { Rules } from "./layers.ts";
import type { Import } from "./module_graph.ts";
import { unusedRules } from "./unused_rules.ts";

const RULES: Rules = {
  base: "src/base",
  housed: ["house"],
  layers: {
    "src/cli": { imports: ["events"], lazily: ["src/mount"], types: ["house"] },
    "house": { imports: ["house/attic"] },
    "house/attic": { imports: [] },
    "src/mount": { imports: [] },
    "events": { imports: [] },
  },
  contracts: [/^events\/\w+_events\.ts$/],
  lean: [],
  exceptions: ["events/a.ts -> house/attic/trunk.ts"],
  wrapped: { "npm:lmdb": "events/log.ts" },
};

const NEEDED: readonly Import[] = [
  { from: "src/cli/mod.ts", to: "events/a_events.ts", kind: "static" },
  { from: "src/cli/mod.ts", to: "src/mount/mod.ts", kind: "dynamic" },
  { from: "src/cli/mod.ts", to: "house/mod.ts", kind: "type" },
  { from: "house/mod.ts", to: "house/attic/trunk.ts", kind: "static" },
  { from: "events/a.ts", to: "house/attic/trunk.ts", kind: "type" },
  { from: "events/log.ts", to: "npm:lmdb", kind: "static" },
];

Deno.test("no rule is unused while an import needs each", () => {
  assert.deepEqual(unusedRules(NEEDED, RULES), []);
});

Deno.test("a rule that no import of its kind needs is named", () => {
  const unused = NEEDED.map((_, i) => unusedRules(NEEDED.toSpliced(i, 1), RULES));
  assert.deepEqual(unused, [
    [
      "No module of src/cli needs events in the table's 'imports'",
      String.raw`Nothing needs the contract /^events\/\w+_events\.ts$/`,
    ],
    ["No module of src/cli needs src/mount in the table's 'lazily'"],
    ["No module of src/cli needs house in the table's 'types'"],
    ["No module of house needs house/attic in the table's 'imports'"],
    ["Nothing needs the exception events/a.ts -> house/attic/trunk.ts"],
    ["events/log.ts does not import npm:lmdb, which it wraps"],
  ]);
  const asType = NEEDED.map((it) => it.kind === "static" ? { ...it, kind: "type" as const } : it);
  assert.ok(unusedRules(asType, RULES)[0]!.includes("events in the table's 'imports'"));
});

Deno.test("what tests import keeps no rule", () => {
  const [first, ...others] = NEEDED;
  const tested = [{ ...first!, from: "src/cli/mod_test.ts" }, ...others];
  assert.equal(unusedRules(tested, RULES).length, 2);
});
