import assert from "node:assert/strict";
import { UNKNOWN_KINDS_MAX } from "../base/mod.ts";
import { UnknownFiles } from "./unknown_files.ts";

Deno.test("files of unknown kinds are counted by their extension, and within a bound", () => {
  const files = new UnknownFiles({ has: (name) => name.startsWith("not.") });
  files.isWanted("not.vqf");
  assert.ok(files.isWanted("a.flac"));
  for (const name of ["b.vqf", "C.VQF", "d.sid", "cover.jpg", "notes.txt", "README", ".x.vqf"]) {
    assert.equal(files.isWanted(name), false, name);
  }
  assert.deepEqual(files.kinds(), [{ extension: "vqf", files: 2 }, { extension: "sid", files: 1 }]);
  for (let i = 0; i < 2 * UNKNOWN_KINDS_MAX; i++) files.isWanted(`a.k${i}`);
  files.isWanted("again.vqf");
  const kinds = files.kinds();
  assert.equal(kinds.length, UNKNOWN_KINDS_MAX + 1);
  assert.deepEqual(kinds[0], { extension: "vqf", files: 3 });
  assert.deepEqual(kinds.at(-1), { extension: "", files: UNKNOWN_KINDS_MAX + 2 });
});
