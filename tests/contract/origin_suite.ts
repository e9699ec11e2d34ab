import assert from "node:assert/strict";
import {
  compareWalkOrder,
  directoryOf,
  type ListOptions,
  type Origin,
  type OriginEntry,
  OriginNotFound,
  OriginUnreachable,
} from "../../src/origins/mod.ts";

/** An origin under test, and the hands to change what lies on it. */
export interface OriginUnderTest {
  readonly origin: Origin;
  write(path: string, bytes: Uint8Array<ArrayBuffer>): void;
  remove(path: string): void;
  /** Makes the origin stop answering, as an unplugged disk does. */
  takeAway(): void;
  close(): void;
}

const FILES = [
  "z.flac",
  "a/2.mp3",
  "a/10.mp3",
  "a/b/c/deep.flac",
  "a-b/x.flac",
  "ä.flac",
  "ﬀ.flac",
  "😀.flac",
];

/** What every origin must do, whatever it is made of. */
export function testOrigin(name: string, open: () => OriginUnderTest): void {
  const test = (what: string, run: (it: OriginUnderTest) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const it = open();
      try {
        for (const path of FILES) it.write(path, new TextEncoder().encode(path));
        await run(it);
      } finally {
        it.close();
      }
    });

  test("lists every file once, in walk order, a directory a batch", async ({ origin }) => {
    const batches = await list(origin);
    const paths = batches.flat().map(({ path }) => path);
    assert.deepEqual(paths, [...FILES].sort(compareWalkOrder));
    for (const batch of batches) {
      assert.equal(new Set(batch.map(({ path }) => directoryOf(path))).size, 1);
    }
  });

  test("lists versions that stat agrees with", async ({ origin }) => {
    for (const entry of (await list(origin)).flat()) {
      assert.ok(entry.kind === "file");
      const { size, mtime_s, mtime_ns } = entry;
      assert.deepEqual(await origin.stat(entry.path), { size, mtime_s, mtime_ns });
      assert.equal(size, new TextEncoder().encode(entry.path).length);
    }
  });

  test("lists below a directory, in it alone, and what is wanted", async ({ origin }) => {
    assert.deepEqual(await paths(origin, { directory: "a" }), [
      "a/10.mp3",
      "a/2.mp3",
      "a/b/c/deep.flac",
    ]);
    const met: string[] = [];
    const shallow = { directory: "a", recursive: false, onDirectory: (at: string) => met.push(at) };
    assert.deepEqual(await paths(origin, shallow), ["a/10.mp3", "a/2.mp3"]);
    assert.deepEqual(met, ["a/b"]);
    const wanted = (file: string) => file.startsWith("x");
    assert.deepEqual(await paths(origin, { wanted }), ["a-b/x.flac"]);
  });

  test("reads ranges, shorter only at the end", async ({ origin }) => {
    const text = async (offset: number, length: number) =>
      new TextDecoder().decode(await origin.read("a/b/c/deep.flac", offset, length));
    assert.equal(await text(0, 5), "a/b/c");
    assert.equal(await text(6, 100), "deep.flac");
    assert.equal(await text(100, 5), "");
  });

  test("says positively that something is not there", async (it) => {
    it.remove("z.flac");
    await assert.rejects(it.origin.stat("z.flac"), OriginNotFound);
    await assert.rejects(it.origin.stat("z.flac/below"), OriginNotFound);
    await assert.rejects(it.origin.read("no/such", 0, 1), OriginNotFound);
    await assert.rejects(list(it.origin, { directory: "no/such" }), OriginNotFound);
    assert.ok(!(await paths(it.origin, {})).includes("z.flac"));
  });

  test("says that it does not answer, and never that files are gone", async (it) => {
    await list(it.origin);
    it.takeAway();
    await assert.rejects(list(it.origin), OriginUnreachable);
    await assert.rejects(it.origin.stat("z.flac"), OriginUnreachable);
    await assert.rejects(it.origin.read("z.flac", 0, 1), OriginUnreachable);
  });

  test("fails a listing during which it goes away", async (it) => {
    const walk = it.origin.list();
    await walk.next();
    it.takeAway();
    await assert.rejects(async () => {
      for await (const _ of walk);
    }, OriginUnreachable);
  });

  test("ends a listing with the signal's reason", async ({ origin }) => {
    const abort = new AbortController();
    const walk = origin.list({ signal: abort.signal });
    await walk.next();
    abort.abort(new Error("Enough"));
    await assert.rejects(async () => {
      for await (const _ of walk);
    }, /Enough/);
  });
}

export async function list(
  origin: Origin,
  options: ListOptions = {},
): Promise<(readonly OriginEntry[])[]> {
  const batches: (readonly OriginEntry[])[] = [];
  for await (const batch of origin.list(options)) batches.push(batch);
  return batches;
}

async function paths(origin: Origin, options: ListOptions): Promise<string[]> {
  return (await list(origin, options)).flat().map(({ path }) => path);
}
