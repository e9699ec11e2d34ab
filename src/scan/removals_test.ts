import assert from "node:assert/strict";
import { relist, ScanSetup } from "../../tests/support/scan_setup.ts";
import { Exclusions } from "../base/mod.ts";
import { OriginUnreachable } from "../origins/mod.ts";

Deno.test("an unreachable origin removes nothing", async () => {
  const setup = new ScanSetup();
  setup.album("a", 5);
  await setup.scan();
  setup.origin.unreachable = "No route to host";
  const outcome = await setup.scan();
  assert.equal(outcome.outcome, "failed");
  assert.equal(setup.last("ScanFailed").reason, "No route to host");
  assert.equal(setup.library.liveCount(), 5);
});

Deno.test("an origin that goes away during the walk removes nothing and keeps what was found", async () => {
  const setup = new ScanSetup();
  setup.album("a", 5);
  await setup.scan();
  for (let i = 0; i < 5; i++) setup.origin.remove(`a/${i}.flac`);
  setup.album("b", 600);
  setup.album("c", 10);
  const read = setup.reader.read.bind(setup.reader);
  setup.reader.read = (files) => {
    setup.origin.unreachable = "Gone";
    return read(files);
  };
  assert.equal((await setup.scan()).outcome, "failed");
  for (let i = 0; i < 5; i++) assert.ok(setup.number(`a/${i}.flac`) !== undefined);
});

Deno.test("removals are held when an origin lists nothing, however few files it had", async () => {
  const setup = new ScanSetup();
  setup.album("a", 2);
  await setup.scan();
  setup.origin.files.clear();
  const outcome = await setup.scan();
  assert.equal(outcome.outcome, "held");
  assert.deepEqual(setup.last("RemovalsHeld"), { origin: "local", scan: 2, missing: 2, known: 2 });
  assert.equal(setup.library.liveCount(), 2);
});

Deno.test("a large share is held until it is confirmed, a small one is removed", async () => {
  const setup = new ScanSetup();
  setup.album("a", 60);
  setup.album("b", 40);
  await setup.scan();
  for (let i = 0; i < 40; i++) setup.origin.remove(`b/${i}.flac`);
  assert.equal((await setup.scan()).outcome, "held");
  assert.equal(setup.library.liveCount(), 100);
  setup.library.append([{ type: "RemovalsConfirmed", v: 1, data: { origin: "local" } }]);
  const outcome = await setup.scan();
  assert.deepEqual([outcome.outcome, outcome.removed], ["completed", 40]);
  for (let i = 0; i < 9; i++) setup.origin.remove(`a/${i}.flac`);
  assert.equal((await setup.scan()).removed, 9);
});

Deno.test("files below a directory that can't be listed stay", async () => {
  const setup = new ScanSetup();
  setup.album("a/private/deep", 3);
  setup.album("b", 30);
  await setup.scan();
  setup.origin.unlisted.set("a/private", "Permission denied");
  setup.origin.remove("b/0.flac");
  const outcome = await setup.scan();
  assert.equal(outcome.removed, 1);
  assert.deepEqual(setup.last("ScanCompleted").unlisted, [
    { path: "a/private", reason: "Permission denied" },
  ]);
  assert.ok(setup.number("a/private/deep/0.flac") !== undefined);
});

Deno.test("a file that comes back does not hide a file that is gone", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  setup.origin.remove("a/0.flac");
  await setup.scan();
  setup.write("a/0.flac");
  setup.origin.remove("a/1.flac");
  assert.equal((await setup.scan()).removed, 1);
  assert.equal(setup.number("a/1.flac"), undefined);
});

Deno.test("a confirmation given while a scan runs counts for it", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  for (let i = 0; i < 15; i++) setup.origin.remove(`a/${i}.flac`);
  assert.equal((await setup.scan()).outcome, "held");
  const scanning = setup.scan();
  setup.library.append([{ type: "RemovalsConfirmed", v: 1, data: { origin: "local" } }]);
  assert.equal((await scanning).removed, 15);
});

Deno.test("removals are held when a listing was cut short without an error", async () => {
  const setup = new ScanSetup();
  for (const album of ["a", "b", "c", "d"]) setup.album(album, 20);
  await setup.scan();
  relist(setup.origin, async function* (list, options) {
    for await (const batch of list(options)) {
      yield batch;
      return;
    }
  });
  assert.equal((await setup.scan()).outcome, "held");
  assert.equal(setup.library.liveCount(), 80);
});

Deno.test("a listing that breaks off removes nothing, and the files met before stay", async () => {
  const setup = new ScanSetup();
  setup.album("b", 20);
  await setup.scan();
  for (let i = 0; i < 5; i++) setup.origin.remove(`b/${i}.flac`);
  setup.album("a", 100);
  setup.album("c", 100);
  relist(setup.origin, async function* (list, options) {
    let batches = 0;
    for await (const batch of list(options)) {
      if (++batches === 3) throw new OriginUnreachable("Connection reset");
      yield batch;
    }
  });
  assert.equal((await setup.scan()).outcome, "failed");
  assert.equal(setup.library.liveCount(), 20 + 64, "a whole job was read");
});

Deno.test("removals are held while other files give errors", async () => {
  const setup = new ScanSetup();
  setup.album("a", 40);
  await setup.scan();
  for (let i = 0; i < 8; i++) setup.origin.remove(`a/${i}.flac`);
  const { reader } = setup;
  const read = reader.read.bind(reader);
  reader.read = (files) =>
    Promise.resolve(files.map(() => ({ skipped: "Input/output error" }))) as never;
  for (let i = 10; i < 15; i++) setup.write(`a/${i}.flac`, "other");
  assert.equal((await setup.scan()).outcome, "held");
  assert.equal(setup.library.liveCount(), 40);
  reader.read = read;
  assert.deepEqual((await setup.scan()).removed, 8);
});

Deno.test("newly excluded files are removed without counting towards the hold", async () => {
  const setup = new ScanSetup();
  for (const album of ["a", "b", "c"]) setup.album(`Incoming/${album}`, 20);
  setup.album("d", 20);
  setup.album("#recycle/d", 20);
  await setup.scan();
  assert.equal(setup.library.liveCount(), 80, "some things always are");
  const exclusions = new Exclusions(["/Incoming"]);
  setup.origin.remove("d/0.flac");
  const outcome = await setup.scan({ exclusions });
  assert.deepEqual([outcome.outcome, outcome.listed, outcome.removed], ["completed", 19, 61]);
  const again = await setup.scan();
  assert.deepEqual([again.removed, again.read], [0, 0]);
  assert.equal(setup.library.liveCount(), 79);
});

Deno.test("missing files are held as usual while others are newly excluded", async () => {
  const setup = new ScanSetup();
  setup.album("Incoming", 40);
  setup.album("d", 40);
  await setup.scan();
  for (let i = 0; i < 20; i++) setup.origin.remove(`d/${i}.flac`);
  const outcome = await setup.scan({ exclusions: new Exclusions(["/Incoming"]) });
  assert.deepEqual([outcome.outcome, outcome.removed], ["held", 40]);
  assert.deepEqual(setup.last("RemovalsHeld").known, 40);
  assert.equal(setup.library.liveCount(), 40);
});
