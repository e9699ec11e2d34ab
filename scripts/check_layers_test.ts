import assert from "node:assert/strict";
import { dirname } from "node:path";
import { layerProblems, RULES } from "./check_layers.ts";
import type { Rules } from "./layers.ts";
import { moduleGraph } from "./module_graph.ts";

const RULES_OF_FIXTURE: Rules = {
  base: "src/base",
  housed: ["house"],
  layers: {
    "main.ts": { imports: ["src/cli"] },
    "src/cli": { imports: ["events", "house"], lazily: ["src/mount"] },
    "house": { imports: ["house/attic", "house/cellar"] },
    "house/attic": { imports: ["house/cellar"] },
    "house/cellar": { imports: [] },
    "src/mount": { imports: [], types: ["events"] },
    "src/base": { imports: [] },
    "events": { imports: [] },
  },
  contracts: [/^events\/\w+_events\.ts$/],
  lean: ["src/mount"],
  exceptions: [
    "house/cellar/hatch.ts -> house/attic/_dust.ts",
    "house/cellar/ladder.ts -> house/attic/trunk.ts",
  ],
  wrapped: { "npm:lmdb": "events/lmdb_event_log.ts" },
};

/** A tree in which everything is as the rules want it. */
const GOOD = {
  "main.ts": `import "./src/cli/mod.ts";`,
  "src/cli/mod.ts":
    `import "../../events/mod.ts"; import "../base/mod.ts"; import "../../house/mod.ts"; import("../mount/mod.ts");`,
  "src/mount/mod.ts": `import type { A } from "../../events/a_events.ts";
    new Worker(new URL("./worker.ts", import.meta.url)); export const a: A = 1;`,
  "src/mount/worker.ts": `import "../base/mod.ts";`,
  "src/base/mod.ts": `export const b = 1;`,
  "events/mod.ts": `export * from "./lmdb_event_log.ts";`,
  "events/a_events.ts": `export type A = number;`,
  "events/lmdb_event_log.ts": `import "lmdb";`,
  "house/mod.ts": `export * from "./attic/trunk.ts";`,
  "house/attic/trunk.ts": `export { coal } from "../cellar/coal.ts"; import "./_dust.ts";`,
  "house/attic/_dust.ts": `export const dust = 1;`,
  "house/cellar/coal.ts": `export const coal = 1;`,
  "tests/support/help.ts": `import "../../events/a_events.ts";`,
  "src/base/mod_test.ts": `import "../../events/lmdb_event_log.ts";`,
};

async function problemsWith(files: Record<string, string>): Promise<string[]> {
  const root = await Deno.makeTempDir();
  try {
    const all = { "deno.json": `{"imports":{"lmdb":"npm:lmdb@3.5.6"}}`, ...GOOD, ...files };
    for (const [path, text] of Object.entries(all)) {
      await Deno.mkdir(dirname(`${root}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${root}/${path}`, text);
    }
    const graph = await moduleGraph(root, ["main.ts", "src", "events", "house", "tests"]);
    return layerProblems(graph, RULES_OF_FIXTURE);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("layers: a tree that follows the table has no problems", async () => {
  assert.deepEqual(await problemsWith({}), []);
});

Deno.test("layers: an edge that is not in the table fails", async () => {
  assert.deepEqual(await problemsWith({ "events/mod.ts": `import "../src/cli/mod.ts";` }), [
    "events/mod.ts imports src/cli/mod.ts: events may not (static) import src/cli",
    "Modules in a circle: events/mod.ts -> src/cli/mod.ts -> events/mod.ts",
  ]);
});

Deno.test("layers: the base imports nobody, and a type is an edge too", async () => {
  const text = `import type { A } from "../../events/a_events.ts"; export const a: A = 1;`;
  assert.deepEqual(await problemsWith({ "src/base/mod.ts": text }), [
    "src/base/mod.ts imports events/a_events.ts: src/base may not (type) import events",
  ]);
});

Deno.test("layers: what is loaded lazily may not be imported at the start", async () => {
  assert.deepEqual(await problemsWith({ "src/cli/mod.ts": `import "../mount/mod.ts";` }), [
    "src/cli/mod.ts imports src/mount/mod.ts: src/cli may not (static) import src/mount",
  ]);
});

Deno.test("layers: another folder's file is reached through its mod.ts", async () => {
  const text = `import "../../events/lmdb_event_log.ts";`;
  assert.deepEqual(await problemsWith({ "src/cli/mod.ts": text }), [
    "src/cli/mod.ts imports events/lmdb_event_log.ts: import events/mod.ts",
  ]);
});

Deno.test("layers: rooms of a house import each other's files in the table's directions alone", async () => {
  const text = `export const coal = 1; import "../attic/trunk.ts";`;
  assert.deepEqual(await problemsWith({ "house/cellar/coal.ts": text }), [
    "house/cellar/coal.ts imports house/attic/trunk.ts: house/cellar may not (static) import house/attic",
    "Modules in a circle: house/attic/trunk.ts -> house/cellar/coal.ts -> house/attic/trunk.ts",
  ]);
});

Deno.test("layers: an exception is for one import alone, and opens no private file", async () => {
  const ladder = `import "../attic/trunk.ts";`;
  assert.deepEqual(
    await problemsWith({
      "house/cellar/ladder.ts": ladder,
      "house/cellar/rope.ts": ladder,
      "house/cellar/hatch.ts": `import "../attic/_dust.ts";`,
    }),
    [
      "house/cellar/hatch.ts imports house/attic/_dust.ts: a file that begins with _ is private to its folder",
      "house/cellar/rope.ts imports house/attic/trunk.ts: house/cellar may not (static) import house/attic",
    ],
  );
});

Deno.test("layers: from outside, a room is reached through the mod.ts of its house", async () => {
  assert.deepEqual(
    await problemsWith({ "src/cli/other.ts": `import "../../house/cellar/coal.ts";` }),
    ["src/cli/other.ts imports house/cellar/coal.ts: import house/mod.ts"],
  );
});

Deno.test("layers: a file that begins with _ is private to its folder, in a house too", async () => {
  assert.deepEqual(
    await problemsWith({
      "house/mod.ts": `export * from "./attic/_dust.ts";`,
      "src/cli/commands/run.ts": `import "../_parse.ts";`,
      "src/cli/_parse.ts": `export const parse = 1;`,
    }),
    [
      "house/mod.ts imports house/attic/_dust.ts: a file that begins with _ is private to its folder",
      "src/cli/commands/run.ts imports src/cli/_parse.ts: a file that begins with _ is private to its folder",
    ],
  );
});

Deno.test("layers: a package behind the lean folder is named with the chain that brings it", async () => {
  const text = `import "../../events/mod.ts";`;
  assert.deepEqual(await problemsWith({ "src/mount/mod.ts": text }), [
    "src/mount/mod.ts imports events/mod.ts: src/mount may not (static) import events",
    "src/mount loads npm:lmdb: src/mount/mod.ts -> events/mod.ts -> events/lmdb_event_log.ts -> npm:lmdb",
  ]);
});

Deno.test("layers: a wrapped package is named in one module", async () => {
  assert.deepEqual(await problemsWith({ "src/cli/mod.ts": `import "lmdb";` }), [
    "src/cli/mod.ts imports npm:lmdb: only events/lmdb_event_log.ts may",
  ]);
});

Deno.test("layers: nothing imports tests", async () => {
  assert.deepEqual(
    await problemsWith({
      "src/cli/mod.ts": `import "../../tests/support/help.ts"; import "../base/mod_test.ts";`,
    }),
    [
      "src/cli/mod.ts imports tests/support/help.ts: nothing depends on tests or scripts",
      "src/cli/mod.ts imports src/base/mod_test.ts: nothing depends on tests or scripts",
    ],
  );
});

Deno.test("layers: modules in a circle are found", async () => {
  assert.deepEqual(
    await problemsWith({
      "src/base/mod.ts": `export * from "./other.ts";`,
      "src/base/other.ts": `export { b } from "./third.ts";`,
      "src/base/third.ts": `import "./other.ts"; export const b = 1;`,
    }),
    ["Modules in a circle: src/base/other.ts -> src/base/third.ts -> src/base/other.ts"],
  );
});

Deno.test("layers: a table with a circle is itself a problem", () => {
  const layers = { ...RULES_OF_FIXTURE.layers, events: { imports: ["src/cli"] } };
  assert.deepEqual(layerProblems([], { ...RULES_OF_FIXTURE, layers }), [
    "The table has a circle: src/cli -> events -> src/cli",
  ]);
});

Deno.test("layers: the project's own table has no circle", () => {
  assert.deepEqual(layerProblems([], RULES), []);
});
