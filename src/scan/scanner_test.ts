import assert from "node:assert/strict";
import type { MusicEvent } from "../../events/log/event_log.ts";
import { fakeAudio, FakeReader } from "../../tests/support/fake_reader.ts";
import { MemoryLibrary } from "../../tests/support/memory_library.ts";
import { type Clock, Exclusions, systemClock } from "../base/mod.ts";
import {
  type ListOptions,
  MemoryOrigin,
  type OriginEntry,
  OriginRefused,
  OriginUnreachable,
} from "../origins/mod.ts";
import { scanOrigin, type ScanOutcome, type ScanRequest } from "./scanner.ts";

type DataOf<T> = Extract<MusicEvent, { type: T }>["data"];

class Setup {
  readonly origin = new MemoryOrigin("local");
  readonly library = new MemoryLibrary();
  readonly reader = new FakeReader(this.origin);
  clock: Clock = systemClock;
  #scan = 1;

  scan(request: Partial<ScanRequest> = {}): Promise<ScanOutcome> {
    const { origin, library, reader } = this;
    this.reader.read_paths.length = 0;
    return scanOrigin({
      origin,
      known: library,
      reader,
      append: (events) => {
        library.append(events);
        return Promise.resolve();
      },
      nextFile: () => library.nextFile(),
      claimed: new Set(),
      clock: this.clock,
    }, {
      scan: this.#scan++,
      mode: "changes",
      removalsHold: 0.25,
      removalsConfirmed: () => library.confirmed,
      ...request,
    });
  }

  write(path: string, sound: string = path, title: string = path): void {
    this.origin.write(path, fakeAudio(sound, title));
  }

  album(directory: string, tracks: number): void {
    for (let i = 0; i < tracks; i++) this.write(`${directory}/${i}.flac`);
  }

  number(path: string): number | undefined {
    return this.library.live().get(path)?.file;
  }

  types(): string[] {
    return this.library.events.map(({ type }) => type);
  }

  last<T extends MusicEvent["type"]>(type: T): DataOf<T> {
    return this.library.events.findLast((event) => event.type === type)!.data as DataOf<T>;
  }
}

Deno.test("a first scan observes every audio file in walk order and nothing else", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("a moved file keeps its number, a copied one gets its own", async () => {
  const setup = new Setup();
  setup.album("a", 3);
  await setup.scan();
  const number = setup.number("a/1.flac")!;
  setup.origin.rename("a/1.flac", "z/moved.flac");
  setup.write("b/copy.flac", "a/2.flac");
  await setup.scan();
  assert.equal(setup.number("z/moved.flac"), number);
  const moved = setup.last("FilesObserved").files.find(({ file }) => file === number);
  assert.equal(moved?.moved_from, "a/1.flac");
  assert.notEqual(setup.number("b/copy.flac"), setup.number("a/2.flac"));
  assert.ok(!setup.types().includes("FilesRemoved"));
});

Deno.test("a file moved and tagged anew keeps its number, in both directions of the walk", async () => {
  const setup = new Setup();
  setup.album("m", 3);
  await setup.scan();
  const [first, second] = [setup.number("m/0.flac"), setup.number("m/1.flac")];
  setup.origin.remove("m/0.flac");
  setup.origin.remove("m/1.flac");
  setup.write("a/x.flac", "m/0.flac", "new title");
  setup.write("z/x.flac", "m/1.flac", "new title");
  await setup.scan();
  assert.deepEqual([setup.number("a/x.flac"), setup.number("z/x.flac")], [first, second]);
});

Deno.test("a number is never given to two copies of a vanished file", async () => {
  const setup = new Setup();
  setup.album("a", 2);
  await setup.scan();
  const number = setup.number("a/0.flac");
  setup.origin.remove("a/0.flac");
  setup.write("b/x.flac", "a/0.flac");
  setup.write("b/y.flac", "a/0.flac");
  await setup.scan();
  assert.equal(setup.number("b/x.flac"), number);
  assert.notEqual(setup.number("b/y.flac"), number);
});

Deno.test("a file that comes back gets its number back, by path or by sound", async () => {
  const setup = new Setup();
  setup.album("a", 5);
  await setup.scan();
  const [first, second] = [setup.number("a/0.flac"), setup.number("a/1.flac")];
  setup.origin.remove("a/0.flac");
  setup.origin.remove("a/1.flac");
  await setup.scan();
  assert.equal(setup.number("a/0.flac"), undefined);
  setup.write("a/0.flac", "another sound");
  setup.write("elsewhere/1.flac", "a/1.flac");
  await setup.scan();
  assert.deepEqual([setup.number("a/0.flac"), setup.number("elsewhere/1.flac")], [first, second]);
});

Deno.test("an unreachable origin removes nothing", async () => {
  const setup = new Setup();
  setup.album("a", 5);
  await setup.scan();
  setup.origin.unreachable = "No route to host";
  const outcome = await setup.scan();
  assert.equal(outcome.outcome, "failed");
  assert.equal(setup.last("ScanFailed").reason, "No route to host");
  assert.equal(setup.library.liveCount(), 5);
});

Deno.test("an origin that goes away during the walk removes nothing and keeps what was found", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
  setup.album("a", 2);
  await setup.scan();
  setup.origin.files.clear();
  const outcome = await setup.scan();
  assert.equal(outcome.outcome, "held");
  assert.deepEqual(setup.last("RemovalsHeld"), { origin: "local", scan: 2, missing: 2, known: 2 });
  assert.equal(setup.library.liveCount(), 2);
});

Deno.test("a large share is held until it is confirmed, a small one is removed", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("a scan of directories looks at these and at new ones below them", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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
  const setup = new Setup();
  setup.album("a", 50);
  setup.album("a/x/y", 3);
  await setup.scan();
  for (let i = 0; i < 3; i++) setup.origin.remove(`a/x/y/${i}.flac`);
  const outcome = await setup.scan({ mode: "directories", directories: ["a"] });
  assert.equal(outcome.removed, 3);
});

Deno.test("a failed append leaves the scan open and rejects", async () => {
  const setup = new Setup();
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

Deno.test("a file that vanishes before it is read is not observed", async () => {
  const setup = new Setup();
  setup.album("a", 3);
  const read = setup.reader.read.bind(setup.reader);
  setup.reader.read = (files) => {
    setup.origin.remove("a/1.flac");
    return read(files);
  };
  assert.equal((await setup.scan()).listed, 2);
  assert.equal(setup.number("a/1.flac"), undefined);
});

Deno.test("directories are scanned once, also when a new one and what lies below it are named", async () => {
  const setup = new Setup();
  setup.album("a/b", 2);
  setup.write("1.flac");
  await setup.scan({ mode: "directories", directories: ["a/b", "", "a"] });
  assert.equal(setup.reader.read_paths.length, 3);
  assert.equal(setup.library.files.size, 3);
  assert.equal(setup.library.liveCount(), 3);
});

Deno.test("a file that comes back does not hide a file that is gone", async () => {
  const setup = new Setup();
  setup.album("a", 20);
  await setup.scan();
  setup.origin.remove("a/0.flac");
  await setup.scan();
  setup.write("a/0.flac");
  setup.origin.remove("a/1.flac");
  assert.equal((await setup.scan()).removed, 1);
  assert.equal(setup.number("a/1.flac"), undefined);
});

Deno.test("a scan of many files is cut off, resumed under its number, and reads nothing twice", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("a scan of directories removes nothing when the origin lists nothing", async () => {
  const setup = new Setup();
  for (const album of ["a", "b", "c", "d"]) setup.album(album, 5);
  await setup.scan();
  // An unmounted disk leaves its mount point behind.
  setup.origin.files.clear();
  const outcome = await setup.scan({ mode: "directories", directories: ["a"] });
  assert.equal(outcome.outcome, "held");
  assert.equal(setup.library.live().size, 20);
});

Deno.test("a file that can't be opened any more is gone only when the origin says so", async () => {
  const setup = new Setup();
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

Deno.test("a confirmation given while a scan runs counts for it", async () => {
  const setup = new Setup();
  setup.album("a", 20);
  await setup.scan();
  for (let i = 0; i < 15; i++) setup.origin.remove(`a/${i}.flac`);
  assert.equal((await setup.scan()).outcome, "held");
  const scanning = setup.scan();
  setup.library.append([{ type: "RemovalsConfirmed", v: 1, data: { origin: "local" } }]);
  assert.equal((await scanning).removed, 15);
});

/** Replaces the origin's `list`; `list` is the function from before. */
function relist(
  origin: MemoryOrigin,
  how: (
    list: MemoryOrigin["list"],
    options: ListOptions,
  ) => AsyncIterableIterator<readonly OriginEntry[]>,
): void {
  const list = origin.list.bind(origin);
  origin.list = (options = {}) => how(list, options);
}

Deno.test("credentials that expire in the middle end the scan, and the next scan continues", async () => {
  const setup = new Setup();
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

Deno.test("removals are held when a listing was cut short without an error", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("a file that is listed twice counts once, and a listing that goes back fails", async () => {
  const setup = new Setup();
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

Deno.test("a file that could not be read this time is reported, and stays what it was", async () => {
  const setup = new Setup();
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

Deno.test("a directory that the origin refuses to list keeps its files, and is reported", async () => {
  const setup = new Setup();
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

Deno.test("a changed ETag reveals a change that size and time hide, and is recorded", async () => {
  const setup = new Setup();
  setup.album("a", 3);
  const tag = (etag: string) => {
    for (const [path, file] of setup.origin.files) setup.origin.files.set(path, { ...file, etag });
  };
  tag("one");
  await setup.scan();
  assert.equal(setup.last("FilesObserved").files[0]!.etag, "one");
  assert.equal((await setup.scan()).read, 0);
  tag("two");
  assert.equal((await setup.scan()).read, 3);
});

Deno.test("a tagger that restores size and time is noticed by the time of change", async () => {
  const setup = new Setup();
  setup.album("a", 3);
  const change = (path: string, ctime_ns: number, title: string) => {
    const file = setup.origin.files.get(path)!;
    const bytes = fakeAudio(path, title);
    setup.origin.files.set(path, { ...file, bytes, ctime_s: 1, ctime_ns, inode: 5 });
  };
  for (const path of setup.origin.files.keys()) change(path, 1, "One");
  await setup.scan();
  change("a/1.flac", 2, "Two");
  assert.equal((await setup.scan()).read, 1);
  assert.equal(setup.library.live().get("a/1.flac")!.tags!.title, "Two");
  assert.equal((await setup.scan()).read, 0);
});

Deno.test("fields that an older log lacks are recorded without reading the file", async () => {
  const setup = new Setup();
  setup.album("a", 3);
  await setup.scan();
  for (const [path, file] of setup.origin.files) {
    setup.origin.files.set(path, {
      ...file,
      ctime_s: 1,
      ctime_ns: 2,
      inode: 3,
      mode: 0o600,
      uid: 7,
    });
  }
  assert.equal((await setup.scan()).read, 0);
  const { files } = setup.last("FilesObserved");
  assert.deepEqual(
    files.map(({ file, ctime_s, inode, mode, uid, tags }) => ({
      ...{ file, ctime_s, inode, mode, uid, title: tags?.title },
    })),
    [0, 1, 2].map((i) => ({
      ...{ file: 1024 + i, ctime_s: 1, inode: 3, mode: 0o600, uid: 7, title: `a/${i}.flac` },
    })),
  );
  await setup.scan();
  assert.equal(setup.types().filter((type) => type === "FilesObserved").length, 2, "noted once");
});

Deno.test("files with whole-second times younger than two seconds are read again until these are older", async () => {
  const setup = new Setup();
  setup.album("a", 1);
  let now = setup.origin.files.get("a/0.flac")!.mtime_s * 1_000 + 500;
  setup.clock = { now: () => now };
  await setup.scan();
  assert.equal(setup.last("FilesObserved").files[0]!.unsettled, true);
  // The file gets other bytes of the same size within the same second.
  const file = setup.origin.files.get("a/0.flac")!;
  setup.origin.files.set("a/0.flac", { ...file, bytes: fakeAudio("a/0.flac", "A/0.FLAC") });
  now += 60_000;
  assert.equal((await setup.scan()).read, 1);
  assert.equal(setup.library.live().get("a/0.flac")!.tags!.title, "A/0.FLAC");
  assert.equal((await setup.scan()).read, 0);
});

Deno.test("tracks that can't be read for a while stay tracks, are reported, and are read later", async () => {
  const setup = new Setup();
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

Deno.test("removals are held while other files give errors", async () => {
  const setup = new Setup();
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

Deno.test("files on a file system that is no longer mounted are unknown, however few", async () => {
  for (const mode of ["changes", "directories"] as const) {
    const setup = new Setup();
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
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("reading ends with the scan", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
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

Deno.test("a name that changes its case keeps its number, also with another sound or none", async () => {
  const setup = new Setup();
  setup.album("Artist", 20);
  setup.origin.write("Artist/broken.mp3", new Uint8Array(3));
  await setup.scan();
  const numbers = ["1.flac", "broken.mp3"].map((name) => setup.number(`Artist/${name}`));
  setup.origin.remove("Artist/1.flac");
  setup.write("ARTIST/1.FLAC", "a new recording");
  setup.origin.rename("Artist/broken.mp3", "ARTIST/Broken.mp3");
  const outcome = await setup.scan();
  assert.deepEqual([outcome.removed, setup.library.liveCount()], [0, 21]);
  assert.deepEqual(["1.FLAC", "Broken.mp3"].map((name) => setup.number(`ARTIST/${name}`)), numbers);
});

Deno.test("two names that differ by case alone are two files where both are listed", async () => {
  const setup = new Setup();
  setup.write("a/song.flac");
  await setup.scan();
  setup.write("A/song.flac", "a/song.flac");
  setup.origin.write("a/Song.flac", new Uint8Array(3));
  await setup.scan();
  assert.equal(setup.library.liveCount(), 3);
});

Deno.test("a file that comes back as it was is not read again", async () => {
  const setup = new Setup();
  setup.album("a", 20);
  await setup.scan();
  const number = setup.number("a/3.flac");
  const kept = setup.origin.files.get("a/3.flac")!;
  setup.origin.remove("a/3.flac");
  await setup.scan();
  setup.origin.files.set("a/3.flac", kept);
  const outcome = await setup.scan();
  assert.deepEqual([outcome.read, setup.number("a/3.flac")], [0, number]);
  assert.equal(setup.library.live().get("a/3.flac")!.tags!.title, "a/3.flac");
});

Deno.test("newly excluded files are removed without counting towards the hold", async () => {
  const setup = new Setup();
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
  const setup = new Setup();
  setup.album("Incoming", 40);
  setup.album("d", 40);
  await setup.scan();
  for (let i = 0; i < 20; i++) setup.origin.remove(`d/${i}.flac`);
  const outcome = await setup.scan({ exclusions: new Exclusions(["/Incoming"]) });
  assert.deepEqual([outcome.outcome, outcome.removed], ["held", 40]);
  assert.deepEqual(setup.last("RemovalsHeld").known, 40);
  assert.equal(setup.library.liveCount(), 40);
});

Deno.test("an excluded directory is not listed when a scan names it", async () => {
  const setup = new Setup();
  setup.album("d", 20);
  setup.album("Incoming", 20);
  await setup.scan({ exclusions: new Exclusions(["/Incoming"]) });
  const outcome = await setup.scan({
    ...{ mode: "directories", directories: ["Incoming", "d"] },
    exclusions: new Exclusions(["/Incoming"]),
  });
  assert.deepEqual([outcome.read, setup.library.liveCount()], [0, 20]);
});
