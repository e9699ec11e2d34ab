import assert from "node:assert/strict";
import { ScanSetup } from "../../tests/support/scan_setup.ts";

Deno.test("files on a file system that is no longer mounted are unknown, however few", async () => {
  for (const mode of ["changes", "directories"] as const) {
    const setup = new ScanSetup();
    setup.album("a", 40);
    setup.album("disk/x", 3);
    setup.origin.mounts.add("disk");
    await setup.scan();
    assert.deepEqual(setup.last("ScanCompleted").mounts, ["disk"]);
    // While the disk is mounted, a missing file is gone.
    setup.origin.remove("disk/x/0.flac");
    assert.equal((await setup.scan()).removed, 1);
    setup.origin.mounts.clear();
    for (const i of [1, 2]) setup.origin.remove(`disk/x/${i}.flac`);
    setup.origin.remove("a/7.flac");
    for (let i = 0; i < 2; i++) {
      const outcome = await setup.scan({ mode, directories: ["", "a"] });
      assert.deepEqual([outcome.outcome, outcome.removed], ["held", i === 0 ? 1 : 0]);
      assert.equal(setup.last("RemovalsHeld").missing, 2);
      assert.ok(setup.number("disk/x/1.flac") !== undefined);
      assert.deepEqual(setup.last("ScanCompleted").unlisted.map(({ path }) => path), ["disk"]);
    }
    setup.library.append([{ type: "RemovalsConfirmed", v: 1, data: { origin: "local" } }]);
    assert.equal((await setup.scan()).removed, 2);
    assert.equal(setup.last("ScanCompleted").mounts, undefined);
  }
});

Deno.test("a directory that was a file system, and has music of its own now, is like any other", async () => {
  const setup = new ScanSetup();
  setup.album("a", 40);
  setup.album("disk", 3);
  setup.origin.mounts.add("disk");
  await setup.scan();
  setup.origin.mounts.clear();
  setup.origin.remove("disk/1.flac");
  const outcome = await setup.scan();
  assert.deepEqual([outcome.outcome, outcome.removed], ["completed", 1]);
});

Deno.test("an origin whose root was a file system, and is an empty directory now, does not answer", async () => {
  const setup = new ScanSetup();
  setup.album("a", 3);
  setup.origin.mounts.add("");
  await setup.scan();
  const files = new Map(setup.origin.files);
  setup.origin.mounts.clear();
  setup.origin.files.clear();
  const outcome = await setup.scan();
  assert.equal(outcome.outcome, "failed");
  assert.match(outcome.reason!, /nothing is mounted there/);
  for (const [path, file] of files) setup.origin.files.set(path, file);
  setup.origin.mounts.add("");
  assert.deepEqual((await setup.scan()).outcome, "completed");
  assert.equal(setup.library.liveCount(), 3);
});
