import assert from "node:assert/strict";
import { relist, ScanSetup } from "../../tests/support/scan_setup.ts";
import { Exclusions } from "../base/mod.ts";
import { OriginRefused } from "../origins/mod.ts";

Deno.test("a scan of directories looks at these and at new ones below them", async () => {
  const setup = new ScanSetup();
  setup.album("a", 30);
  setup.album("a/old", 3);
  setup.album("b", 30);
  await setup.scan();
  setup.album("a/new/deep", 2);
  setup.write("a/old/unseen.flac");
  setup.write("b/unseen.flac");
  setup.origin.remove("a/7.flac");
  const outcome = await setup.scan({ mode: "directories", directories: ["a"] });
  assert.deepEqual(setup.reader.read_paths, ["a/new/deep/0.flac", "a/new/deep/1.flac"]);
  assert.equal(outcome.removed, 1);
  assert.equal(setup.number("a/7.flac"), undefined);
});

Deno.test("a directory that is gone takes its files along, at any depth, unless they moved", async () => {
  const setup = new ScanSetup();
  setup.album("keep", 50);
  setup.album("a/x", 3);
  setup.album("a/x/y", 3);
  await setup.scan();
  const number = setup.number("a/x/y/1.flac");
  setup.origin.rename("a/x/y/1.flac", "keep/moved.flac");
  for (const path of [...setup.origin.files.keys()]) {
    if (path.startsWith("a/")) setup.origin.remove(path);
  }
  const outcome = await setup.scan({ mode: "directories", directories: ["a", "a/x", "keep"] });
  assert.equal(outcome.removed, 5);
  assert.equal(setup.number("keep/moved.flac"), number);
  assert.equal(setup.library.liveCount(), 51);
});

Deno.test("a subdirectory that vanished is noticed when its parent is named", async () => {
  const setup = new ScanSetup();
  setup.album("a", 50);
  setup.album("a/x/y", 3);
  await setup.scan();
  for (let i = 0; i < 3; i++) setup.origin.remove(`a/x/y/${i}.flac`);
  const outcome = await setup.scan({ mode: "directories", directories: ["a"] });
  assert.equal(outcome.removed, 3);
});

Deno.test("directories are scanned once, also when a new one and what lies below it are named", async () => {
  const setup = new ScanSetup();
  setup.album("a/b", 2);
  setup.write("1.flac");
  await setup.scan({ mode: "directories", directories: ["a/b", "", "a"] });
  assert.equal(setup.reader.read_paths.length, 3);
  assert.equal(setup.library.files.size, 3);
  assert.equal(setup.library.liveCount(), 3);
});

Deno.test("a scan of directories removes nothing when the origin lists nothing", async () => {
  const setup = new ScanSetup();
  for (const album of ["a", "b", "c", "d"]) setup.album(album, 5);
  await setup.scan();
  // An unmounted disk leaves its mount point behind.
  setup.origin.files.clear();
  const outcome = await setup.scan({ mode: "directories", directories: ["a"] });
  assert.equal(outcome.outcome, "held");
  assert.equal(setup.library.live().size, 20);
});

Deno.test("a directory that the origin refuses to list keeps its files, and is reported", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  setup.album("b", 20);
  await setup.scan();
  relist(setup.origin, async function* (list, options) {
    if (options.directory === "a") throw new OriginRefused("Access denied");
    yield* list(options);
  });
  setup.origin.remove("a/1.flac");
  setup.origin.remove("b/1.flac");
  const outcome = await setup.scan({ mode: "directories", directories: ["a", "b"] });
  assert.deepEqual([outcome.outcome, outcome.removed], ["completed", 1]);
  assert.deepEqual(setup.last("ScanCompleted").unlisted, [{ path: "a", reason: "Access denied" }]);
  relist(setup.origin, () => {
    throw new OriginRefused("Access denied");
  });
  const all = await setup.scan();
  assert.deepEqual([all.outcome, all.reason], ["failed", "Access denied"]);
});

Deno.test("an excluded directory is not listed when a scan names it", async () => {
  const setup = new ScanSetup();
  setup.album("d", 20);
  setup.album("Incoming", 20);
  await setup.scan({ exclusions: new Exclusions(["/Incoming"]) });
  const outcome = await setup.scan({
    ...{ mode: "directories", directories: ["Incoming", "d"] },
    exclusions: new Exclusions(["/Incoming"]),
  });
  assert.deepEqual([outcome.read, setup.library.liveCount()], [0, 20]);
});
