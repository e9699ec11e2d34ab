import assert from "node:assert/strict";
import { bytesFromString, Exclusions, stringFromBytes } from "../../src/base/mod.ts";
import {
  directoryOf,
  type ListOptions,
  type Origin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";

/** An empty origin under test, with the means to change what lies on it. */
export interface OriginUnderTest {
  readonly origin: Origin;
  /** Writes a file. A file that was there before becomes another version, however coarse the clock of the place. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  remove(path: string): Promise<void> | void;
  /** Makes the origin stop answering, like an unplugged disk or a stopped server. */
  takeAway(): Promise<void> | void;
  close(): Promise<void> | void;
}

/** Where a test opens its origin: a temporary directory, or a server. */
export interface OriginPlace {
  open(): Promise<OriginUnderTest> | OriginUnderTest;
  stop(): Promise<void> | void;
}

export interface SuiteOptions {
  /** Whether the place can hold names that are not UTF-8; without it they are left out. */
  readonly holdsBytes?: boolean;
  /** Skips the tests, when the origin needs something that this machine lacks. */
  readonly ignore?: boolean;
}

const FILES = [
  "z.flac",
  "a/2.mp3",
  "a/10.mp3",
  "a/b/c/deep.flac",
  "a-b/x.flac",
  "ä.flac",
  "e\u0301.flac",
  "ﬀ.flac",
  "😀.flac",
];

const ODD_NAMES = [
  "with space.flac",
  " leading and trailing ",
  "100%.flac",
  "%41.flac",
  "a+b&c=d;e,f@g:h.flac",
  "#1?.flac",
  "'single' \"double\" `back` $dollar.flac",
  "back\\slash.flac",
  ".hidden.flac",
  "...",
  "<tag>.flac",
  "~home",
  "-dash",
];

type Run = (it: OriginUnderTest, options: SuiteOptions) => Promise<void>;

/** What every origin must do, whatever it is made of. */
export function testOrigin(
  name: string,
  start: () => Promise<OriginPlace> | OriginPlace,
  options: SuiteOptions = {},
): void {
  Deno.test({
    name,
    ignore: options.ignore ?? false,
    async fn(t) {
      const place = await start();
      try {
        for (const [what, run] of Object.entries(TESTS)) {
          await t.step(what, async () => {
            const it = await place.open();
            try {
              await run(it, options);
            } finally {
              await it.origin.close();
              await it.close();
            }
          });
        }
      } finally {
        await place.stop();
      }
    },
  });
}

const TESTS: Record<string, Run> = {
  "lists every file once, in its order, one directory a batch": async (it) => {
    await writeAll(it, FILES);
    const batches = await list(it.origin);
    const found = batches.flat().map(({ path }) => path);
    assert.deepEqual(found, sorted(it.origin, FILES));
    for (const batch of batches) {
      assert.equal(new Set(batch.map(({ path }) => directoryOf(path))).size, 1);
    }
  },

  "lists nothing where nothing is": async ({ origin }) => {
    assert.deepEqual(await list(origin), []);
  },

  "lists versions that stat agrees with": async (it) => {
    await writeAll(it, FILES);
    for (const entry of (await list(it.origin)).flat()) {
      assert.ok(entry.kind === "file");
      const { kind: _, path, ...version } = entry;
      assert.deepEqual(await it.origin.stat(path), version);
      assert.equal(version.size, bytesFromString(path).length);
      assert.ok(Number.isInteger(version.mtime_s) && version.mtime_s > 0);
      assert.ok(version.mtime_ns >= 0 && version.mtime_ns < 1e9);
    }
  },

  "keeps names as they are": async (it, { holdsBytes }) => {
    const names = ODD_NAMES.flatMap((name) => [name, `d${name}/${name}`]);
    if (holdsBytes) {
      names.push(stringFromBytes(new Uint8Array([0xff, 0xfe, 0x41])));
      names.push(`${stringFromBytes(new Uint8Array([0xc3, 0x28]))}/new\nline`);
    }
    await writeAll(it, names);
    assert.deepEqual(await paths(it.origin), sorted(it.origin, names));
    for (const name of names) {
      const bytes = bytesFromString(name);
      assert.equal((await it.origin.stat(name)).size, bytes.length, name);
      assert.deepEqual(await readBytes(it.origin, name, 0, 1000), bytes, name);
    }
    const below = names.find((name) => name.startsWith("d100%"))!;
    assert.deepEqual(await paths(it.origin, { directory: directoryOf(below) }), [below]);
  },

  "lists below a directory, in it alone, and what is wanted": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    const below = ["a/10.mp3", "a/2.mp3", "a/b/c/deep.flac"];
    assert.deepEqual(await paths(origin, { directory: "a" }), below);
    assert.deepEqual(await paths(origin, { directory: "a/b" }), ["a/b/c/deep.flac"]);
    const met: string[] = [];
    const onDirectory = (path: string) => met.push(path);
    const shallow = { directory: "a", recursive: false, onDirectory };
    assert.deepEqual(await paths(origin, shallow), ["a/10.mp3", "a/2.mp3"]);
    assert.deepEqual(met.splice(0), ["a/b"]);
    const ofRoot = await paths(origin, { recursive: false, onDirectory });
    assert.deepEqual(ofRoot, sorted(origin, FILES.filter((path) => !path.includes("/"))));
    assert.deepEqual(met.splice(0).sort(), ["a", "a-b"]);
    const wanted = (file: string) => file.startsWith("x") || file.startsWith("d");
    assert.deepEqual(
      await paths(origin, { wanted, onDirectory }),
      [
        "a-b/x.flac",
        "a/b/c/deep.flac",
      ].sort(origin.compare),
    );
    assert.deepEqual(met.sort(), ["a", "a-b", "a/b", "a/b/c"]);
  },

  "goes on behind any position, also one that is gone": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    const all = await paths(origin);
    for (const [at, after] of all.entries()) {
      assert.deepEqual(await paths(origin, { after }), all.slice(at + 1), after);
    }
    for (const after of ["a", "a/b", "a/b/c/e", "a-b", "a0/gone", "\u{10ffff}", "!"]) {
      const behind = all.filter((path) => origin.compare(path, after) > 0);
      assert.deepEqual(await paths(origin, { after }), behind, after);
    }
    const below = { directory: "a", after: "a/10.mp3" };
    assert.deepEqual(await paths(origin, below), ["a/2.mp3", "a/b/c/deep.flac"]);
    assert.deepEqual(await paths(origin, { ...below, recursive: false }), ["a/2.mp3"]);
  },

  "reads any range, shorter only at the end": async (it) => {
    const bytes = noise(300_000);
    await it.write("a/file.flac", bytes);
    await it.write("empty", new Uint8Array());
    const { origin } = it;
    const version = await origin.stat("a/file.flac");
    const ranges: [number, number][] = [
      ...[[0, 1], [0, 300_000], [1, 65_536], [65_535, 2], [100_000, 150_000], [299_999, 1]],
      ...[[299_999, 10], [0, 1_000_000], [300_000, 5], [300_001, 5], [2 ** 40, 5], [17, 0]],
    ] as [number, number][];
    for (const [offset, length] of ranges) {
      const expected = bytes.slice(offset, offset + length);
      assert.ok(equal(await readBytes(origin, "a/file.flac", offset, length), expected));
      const sure = await readBytes(origin, "a/file.flac", offset, length, { version });
      assert.ok(equal(sure, expected), `${length} from ${offset}`);
    }
    const empty = await origin.stat("empty");
    for (const [offset, length] of [[0, 0], [0, 100], [5, 5]] as const) {
      assert.equal((await readBytes(origin, "empty", offset, length)).length, 0);
      assert.equal(
        (await readBytes(origin, "empty", offset, length, { version: empty })).length,
        0,
      );
    }
  },

  "gives each piece away": async (it) => {
    const bytes = noise(200_000);
    await it.write("file", bytes);
    const kept: Uint8Array[] = [];
    for await (const piece of it.origin.read("file", 0, bytes.length)) {
      kept.push(piece.slice());
      piece.fill(0);
    }
    assert.ok(equal(concatenated(kept), bytes));
    assert.ok(equal(await readBytes(it.origin, "file", 0, bytes.length), bytes));
  },

  "reads many ranges at once": async (it) => {
    const files = new Map([["a", noise(200_000)], ["b", noise(150_000)]]);
    for (const [path, bytes] of files) await it.write(path, bytes);
    await Promise.all(Array.from({ length: 24 }, async (_, i) => {
      const path = i % 2 === 0 ? "a" : "b";
      const [offset, length] = [i * 5_000, 40_000 + i];
      const expected = files.get(path)!.slice(offset, offset + length);
      assert.ok(equal(await readBytes(it.origin, path, offset, length), expected));
    }));
  },

  "a reader that leaves early does no harm": async (it) => {
    const bytes = noise(4_000_000);
    await it.write("file", bytes);
    for (let i = 0; i < 5; i++) {
      for await (const piece of it.origin.read("file", 0, bytes.length)) {
        assert.ok(equal(piece, bytes.subarray(0, piece.length)));
        break;
      }
    }
    for await (const _ of it.origin.list()) break;
    assert.ok(equal(await readBytes(it.origin, "file", 9, 90), bytes.subarray(9, 99)));
  },

  "passes over what is left out, and looks into none of it": async (it) => {
    const exclusions = new Exclusions(["/a/b"]);
    for (const path of ["1.flac", "._1.flac", "#recycle/2.flac", "a/3.flac", "a/b/c/4.flac"]) {
      await it.write(path, new Uint8Array(1));
    }
    const met: string[] = [];
    const onDirectory = (path: string) => met.push(path);
    assert.deepEqual(await paths(it.origin, { exclusions, onDirectory }), ["1.flac", "a/3.flac"]);
    assert.deepEqual(met, ["a"]);
    assert.deepEqual(
      await paths(it.origin, { exclusions, directory: "a", recursive: false }),
      ["a/3.flac"],
    );
  },

  "refuses a version that is not there any more": async (it) => {
    await it.write("file", noise(5_000));
    const { origin } = it;
    const before = await origin.stat("file");
    const changed = (options: { version: typeof before }) =>
      assert.rejects(readBytes(origin, "file", 10, 100, options), OriginChanged);
    await changed({ version: { ...before, size: before.size + 1 } });
    await changed({ version: { ...before, mtime_s: before.mtime_s - 10 } });
    if (before.etag !== undefined) await changed({ version: { ...before, etag: "other" } });
    await it.write("file", noise(5_000));
    await changed({ version: before });
    const version = await origin.stat("file");
    assert.equal((await readBytes(origin, "file", 10, 100, { version })).length, 100);
  },

  "never mixes two versions when a file is replaced during a read": async (it) => {
    const before = new Uint8Array(6_000_000).fill(1);
    const after = new Uint8Array(6_000_000).fill(2);
    await it.write("file", before);
    const version = await it.origin.stat("file");
    const reading = it.origin.read("file", 0, before.length, { version });
    const pieces = [(await reading.next()).value as Uint8Array];
    await it.write("file", after);
    try {
      for await (const piece of reading) pieces.push(piece);
      assert.ok(equal(concatenated(pieces), before), "all bytes are of the version asked for");
    } catch (error) {
      assert.ok(error instanceof OriginChanged, String(error));
    }
  },

  "says positively that something is not there": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    await it.remove("z.flac");
    await assert.rejects(origin.stat("z.flac"), OriginNotFound);
    await assert.rejects(origin.stat("z.flac/below"), OriginNotFound);
    await assert.rejects(origin.stat("a"), OriginNotFound);
    await assert.rejects(readBytes(origin, "no/such", 0, 1), OriginNotFound);
    await assert.rejects(readBytes(origin, "z.flac", 0, 0), OriginNotFound);
    await assert.rejects(readBytes(origin, "a", 0, 1), OriginNotFound);
    await assert.rejects(list(origin, { directory: "no/such" }), OriginNotFound);
    await assert.rejects(list(origin, { directory: "no", recursive: false }), OriginNotFound);
    assert.ok(!(await paths(origin)).includes("z.flac"));
  },

  "says that it does not answer, and never that files are gone": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    await origin.check();
    await list(origin);
    await it.takeAway();
    await assert.rejects(list(origin), OriginUnreachable);
    await assert.rejects(origin.stat("z.flac"), OriginUnreachable);
    await assert.rejects(readBytes(origin, "z.flac", 0, 1), OriginUnreachable);
    await assert.rejects(origin.check(), OriginUnreachable);
  },

  "a listing during which it goes away is complete or fails": async (it) => {
    await writeAll(it, FILES);
    const found: string[] = [];
    try {
      for await (const batch of it.origin.list()) {
        found.push(...batch.map(({ path }) => path));
        if (found.length === batch.length) await it.takeAway();
      }
      assert.deepEqual(found, sorted(it.origin, FILES));
    } catch (error) {
      assert.ok(error instanceof OriginUnreachable, String(error));
    }
  },

  "ends every call with the signal's reason": async (it) => {
    await writeAll(it, FILES);
    await it.write("large", noise(8_000_000));
    const { origin } = it;
    const abort = new AbortController();
    const { signal } = abort;
    const walk = origin.list({ signal });
    const reading = origin.read("large", 0, 8_000_000, { signal });
    await Promise.all([walk.next(), reading.next()]);
    abort.abort(new Error("Enough"));
    const aborted = performance.now();
    await assert.rejects(drained(walk), /Enough/);
    await assert.rejects(drained(reading), /Enough/);
    await assert.rejects(list(origin, { signal }), /Enough/);
    await assert.rejects(origin.stat("z.flac", { signal }), /Enough/);
    await assert.rejects(readBytes(origin, "z.flac", 0, 1, { signal }), /Enough/);
    await assert.rejects(origin.check({ signal }), /Enough/);
    assert.ok(performance.now() - aborted < 1_000, "at once");
    assert.equal((await readBytes(origin, "z.flac", 0, 1)).length, 1, "others are not touched");
  },

  "ends what is under way when it is closed": async (it) => {
    await writeAll(it, FILES);
    await it.write("large", noise(8_000_000));
    const { origin } = it;
    const walk = origin.list();
    const reading = origin.read("large", 0, 8_000_000);
    await Promise.all([walk.next(), reading.next()]);
    await origin.close();
    await assert.rejects(drained(walk), OriginUnreachable);
    await assert.rejects(drained(reading), OriginUnreachable);
    await origin.close();
  },
};

export async function list(
  origin: Origin,
  options: ListOptions = {},
): Promise<(readonly OriginEntry[])[]> {
  const batches: (readonly OriginEntry[])[] = [];
  for await (const batch of origin.list(options)) batches.push(batch);
  return batches;
}

async function paths(origin: Origin, options: ListOptions = {}): Promise<string[]> {
  return (await list(origin, options)).flat().map(({ path }) => path);
}

/** Writes each file with its path as its content. */
async function writeAll(it: OriginUnderTest, files: readonly string[]): Promise<void> {
  for (const path of files) await it.write(path, bytesFromString(path));
}

function sorted(origin: Origin, files: readonly string[]): string[] {
  return [...files].sort((a, b) => origin.compare(a, b));
}

async function drained(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of steps);
}

/** Bytes of which no two ranges are equal. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Compares without printing megabytes on a failure. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
