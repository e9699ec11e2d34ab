import assert from "node:assert/strict";
import { relist, ScanSetup } from "../../tests/support/scan_setup.ts";
import { OriginUnreachable } from "../origins/mod.ts";

Deno.test("a first scan observes every audio file in walk order and nothing else", async () => {
  const setup = new ScanSetup();
  setup.write("b/1.flac");
  setup.write("a.mp3");
  setup.write("b/a/2.FLAC");
  setup.write("b/cover.jpg");
  const outcome = await setup.scan();
  assert.deepEqual(setup.types(), ["ScanStarted", "FilesObserved", "ScanCompleted"]);
  const { files, position } = setup.last("FilesObserved");
  assert.deepEqual(files.map(({ path }) => path), ["a.mp3", "b/1.flac", "b/a/2.FLAC"]);
  assert.equal(position, "b/a/2.FLAC");
  assert.deepEqual({ ...outcome, duration_ms: 0 }, {
    outcome: "completed",
    reason: null,
    listed: 3,
    read: 3,
    unreadable: 0,
    removed: 0,
    duration_ms: 0,
  });
});

Deno.test("a rescan reads only what changed; a full one reads everything", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  setup.origin.write("a/broken.mp3", new Uint8Array(3));
  await setup.scan();
  const number = setup.number("a/3.flac");
  setup.write("a/3.flac", "other", "title");
  setup.write("a/new.flac");
  const outcome = await setup.scan();
  assert.deepEqual(setup.reader.read_paths, ["a/3.flac", "a/new.flac"]);
  assert.equal(outcome.unreadable, 1);
  assert.equal(setup.number("a/3.flac"), number);
  await setup.scan({ mode: "full" });
  assert.equal(setup.reader.read_paths.length, 22);
});

Deno.test("a failed append leaves the scan open and rejects", async () => {
  const setup = new ScanSetup();
  setup.album("a", 5);
  const failure = new Error("Disk full");
  const append = setup.library.append.bind(setup.library);
  setup.library.append = (events) => {
    if (events[0]?.type === "FilesObserved") throw failure;
    append(events);
  };
  await assert.rejects(setup.scan(), failure);
  assert.deepEqual(setup.library.openScan, { scan: 1, position: null });
});

Deno.test("a scan of many files is cut off, resumed under its number, and reads nothing twice", async () => {
  const setup = new ScanSetup();
  for (let i = 0; i < 40; i++) setup.album(`a/${i}`, 50);
  const abort = new AbortController();
  const append = setup.library.append.bind(setup.library);
  setup.library.append = (events) => {
    append(events);
    if (setup.types().filter((type) => type === "FilesObserved").length === 2) abort.abort();
  };
  await assert.rejects(setup.scan({ mode: "full", signal: abort.signal }));
  const { scan, position } = setup.library.openScan!;
  const before = setup.library.liveCount();
  assert.ok(before >= 1024 && before < 2000);
  const outcome = await setup.scan({ scan, mode: "full", resume: { position } });
  assert.equal(outcome.outcome, "completed");
  assert.equal(setup.reader.read_paths.length, 2000 - before);
  assert.equal(setup.types().filter((type) => type === "ScanStarted").length, 1);
  assert.equal(setup.library.files.size, 2000);
});

Deno.test("progress says how far the scan has come", async () => {
  const setup = new ScanSetup();
  for (let i = 0; i < 30; i++) setup.album(`a/${i}`, 100);
  await setup.scan();
  let now = 0;
  setup.clock = { now: () => now += 10 };
  const told: number[] = [];
  await setup.scan({
    mode: "full",
    onProgress({ listed, read, per_second, eta_ms }) {
      told.push(listed);
      assert.ok(listed >= read && per_second >= 0 && (eta_ms === null || eta_ms > 0));
    },
  });
  assert.ok(told.length > 10 && told.every((listed, i) => i === 0 || listed >= told[i - 1]!));
});

Deno.test("a first scan estimates its remaining time, since it counts the files ahead", async () => {
  const setup = new ScanSetup();
  for (let i = 0; i < 400; i++) setup.album(`a/${i}`, 10);
  let now = 0;
  // Each reading of the clock is a tenth of a second later, so that progress is reported often.
  setup.clock = { now: () => now += 100 };
  const left: (number | null)[] = [];
  await setup.scan({ onProgress: ({ eta_ms }) => left.push(eta_ms) });
  const known = left.filter((eta) => eta !== null);
  assert.ok(known.length > 0, "the time left is known before the end");
  assert.ok(known.at(-1)! <= known[0]!, `it becomes less: ${known[0]} to ${known.at(-1)}`);
});

Deno.test("credentials that expire in the middle end the scan, and the next scan continues", async () => {
  const setup = new ScanSetup();
  for (let i = 0; i < 20; i++) setup.album(`a/${String(i).padStart(2, "0")}`, 50);
  const read = setup.reader.read.bind(setup.reader);
  let jobs = 0;
  setup.reader.read = (files) =>
    jobs++ < 10
      ? read(files)
      : Promise.reject(new OriginUnreachable("Its token expired", { isPermanent: true }));
  const failed = await setup.scan();
  assert.deepEqual([failed.outcome, failed.reason], ["failed", "Its token expired"]);
  assert.equal(setup.library.liveCount(), 640);
  setup.reader.read = read;
  const outcome = await setup.scan();
  assert.deepEqual([outcome.outcome, outcome.read, outcome.listed], ["completed", 360, 1000]);
  assert.equal(setup.library.liveCount(), 1000);
  assert.equal(setup.library.files.size, 1000);
});

Deno.test("a file that is listed twice counts once, and a listing that goes back fails", async () => {
  const setup = new ScanSetup();
  setup.album("a", 5);
  setup.album("b", 5);
  relist(setup.origin, async function* (list, options) {
    for await (const batch of list(options)) {
      yield [batch[0]!, ...batch];
      yield batch.slice(-1);
    }
  });
  const twice = await setup.scan();
  assert.deepEqual([twice.outcome, twice.listed, twice.read], ["completed", 10, 10]);
  assert.equal(setup.library.files.size, 10);
  relist(setup.origin, async function* (list, options) {
    yield* list(options);
    yield* list(options);
  });
  assert.equal((await setup.scan()).outcome, "failed");
  assert.equal(setup.library.liveCount(), 10);
});

Deno.test("reading ends with the scan", async () => {
  const setup = new ScanSetup();
  setup.album("a", 200);
  const read = setup.reader.read.bind(setup.reader);
  const signals = new Set<AbortSignal>();
  setup.reader.read = (files, signal?: AbortSignal) => {
    signals.add(signal!);
    return signals.size > 0 && files[0]!.path === "a/0.flac"
      ? Promise.reject(new OriginUnreachable("Gone"))
      : read(files);
  };
  assert.equal((await setup.scan()).outcome, "failed");
  assert.ok([...signals].every(({ aborted }) => aborted));
});

Deno.test("a scan that is called off does not wait for a reader that hangs", async () => {
  const setup = new ScanSetup();
  setup.album("a", 5);
  const abort = new AbortController();
  setup.reader.read = (_files, signal?: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal!.addEventListener("abort", () => reject(signal!.reason));
    abort.abort(new Error("Never mind"));
    return promise;
  };
  await assert.rejects(setup.scan({ signal: abort.signal }), /Never mind/);
  assert.notEqual(setup.library.openScan, undefined);
});
