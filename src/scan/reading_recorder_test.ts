import assert from "node:assert/strict";
import { ScanSetup } from "../../tests/support/scan_setup.ts";

Deno.test("a file that vanishes before it is read is not observed", async () => {
  const setup = new ScanSetup();
  setup.album("a", 3);
  const read = setup.reader.read.bind(setup.reader);
  setup.reader.read = (files) => {
    setup.origin.remove("a/1.flac");
    return read(files);
  };
  assert.equal((await setup.scan()).listed, 2);
  assert.equal(setup.number("a/1.flac"), undefined);
});

Deno.test("a file that can't be opened any more is gone only when the origin says so", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  setup.write("a/3.flac", "other");
  const { reader, origin } = setup;
  const read = reader.read.bind(reader);
  // The disk goes away while the listed files are read.
  reader.read = (files) => {
    origin.unreachable = "It was unmounted";
    return Promise.resolve(files.map(() => ({ vanished: true })));
  };
  const list = origin.list.bind(origin);
  origin.list = async function* (options) {
    const listed = await Array.fromAsync(list(options));
    yield* listed;
  };
  const outcome = await setup.scan();
  assert.deepEqual([outcome.outcome, outcome.removed], ["failed", 0]);
  origin.unreachable = undefined;
  reader.read = read;
  await setup.scan();
  assert.equal(setup.library.live().size, 20);
});

Deno.test("a file that could not be read this time is reported, and stays what it was", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  const number = setup.number("a/3.flac");
  setup.write("a/3.flac", "other");
  setup.write("a/new.flac");
  const { reader } = setup;
  const read = reader.read.bind(reader);
  const skipping: typeof reader.read = (files) =>
    Promise.resolve(files.map(() => ({ skipped: "It does not end" }))) as never;
  reader.read = skipping;
  const outcome = await setup.scan();
  assert.deepEqual([outcome.outcome, outcome.read, outcome.removed], ["completed", 0, 0]);
  assert.deepEqual(setup.last("ScanCompleted").unlisted, [
    { path: "a/3.flac", reason: "It does not end" },
    { path: "a/new.flac", reason: "It does not end" },
  ]);
  assert.equal(setup.library.live().get("a/3.flac")!.audio, "a/3.flac");
  reader.read = read;
  assert.equal((await setup.scan()).read, 2);
  assert.equal(setup.number("a/3.flac"), number);
});

Deno.test("tracks that can't be read for a while stay tracks, are reported, and are read later", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  const { reader } = setup;
  const read = reader.read.bind(reader);
  const tracks = () => [...setup.library.live().values()].filter(({ unreadable }) => !unreadable);
  reader.read = (files) =>
    Promise.resolve(files.map(() => ({
      ...{ size: 0, mtime_s: 0, mtime_ns: 0 },
      ...{ unreadable: "Input/output error", unreadable_kind: "io" as const },
    })));
  const full = await setup.scan({ mode: "full" });
  assert.deepEqual([full.outcome, full.read, full.removed], ["completed", 0, 0]);
  assert.equal(tracks().length, 20);
  assert.equal(setup.last("ScanCompleted").unlisted.length, 20);
  await setup.scan();
  assert.equal(setup.last("ScanCompleted").unlisted.length, 20, "still nobody can read them");
  // A file that was never read is reported too, once, with the status from the listing.
  setup.write("a/new.flac");
  await setup.scan();
  const unread = setup.library.live().get("a/new.flac")!;
  assert.equal(unread.unreadable_kind, "io");
  assert.equal(unread.size, setup.origin.files.get("a/new.flac")!.size);
  const events = setup.library.events.length;
  const again = await setup.scan();
  assert.equal(again.unreadable, 1);
  assert.deepEqual(setup.types().slice(events), ["ScanStarted", "ScanCompleted"]);
  reader.read = read;
  assert.equal((await setup.scan()).read, 21);
  assert.deepEqual(setup.last("ScanCompleted").unlisted, []);
  assert.equal(tracks().length, 21);
});
