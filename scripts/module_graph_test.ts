import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { moduleGraph } from "./module_graph.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

Deno.test("the start of a mount reads neither the grammar, nor the engine, nor what writes a library", async () => {
  const imports = await moduleGraph(ROOT, ["main.ts", "src", "events", "projections"]);
  const read = new Set(["main.ts"]);
  for (const module of read) {
    for (const { from, to, kind } of imports) {
      if (from === module && (kind === "static" || kind === "dynamic")) read.add(to);
    }
  }
  assert.ok(read.has("src/mount/mount_process.ts") && read.has("src/config/config_file.ts"));
  const unwanted = [...read].filter((module) =>
    /^(events|src\/(engine|cache|scan|origins|watch)|src\/control\/methods)\//.test(module) ||
    /^projections\/(library|compaction|mod|core\/projector)\.ts$/.test(module) ||
    ["npm:commander", "npm:lmdb", "npm:music-metadata"].includes(module)
  );
  assert.deepEqual(unwanted, []);
});
