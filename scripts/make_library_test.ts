import assert from "node:assert/strict";
import { join } from "node:path";
import { parseFile } from "music-metadata";
import { FORMATS, libraryPlan } from "./library_plan.ts";
import { makeLibrary } from "./make_library.ts";

Deno.test("libraryPlan() is the same for the same seed and another for another", () => {
  const plan = (seed: number) => [...libraryPlan({ seed, artists: 3 })];
  assert.deepEqual(plan(5), plan(5));
  assert.notDeepEqual(plan(5), plan(6));
});

Deno.test("libraryPlan() never plans a path twice", () => {
  const paths = [...libraryPlan({ artists: 400 })].map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
});

Deno.test("libraryPlan() has what real libraries have", () => {
  const files = [...libraryPlan({ artists: 40 })];
  assert.deepEqual([...new Set(files.map(({ format }) => format))].sort(), [...FORMATS].sort());
  assert.ok(files.some(({ path }) => path.includes("/CD2/")), "several discs");
  assert.ok(files.some(({ tags }) => tags.compilation), "compilations");
  assert.ok(files.some(({ tags }) => Object.keys(tags).length === 0), "no tags at all");
  assert.ok(files.some(({ tags }) => tags.title !== undefined && tags.artist === undefined));
  assert.ok(files.some(({ tags }) => tags.artist?.includes("/")), "a slash in a name");
  assert.ok(files.some(({ tags }) => tags.artist !== tags.artist?.normalize("NFC")));
  assert.ok(files.every(({ path }) => path.split("/").length >= 3 && !path.includes("//")));
});

Deno.test("libraryPlan() stops at the number of files that is asked for", () => {
  assert.equal([...libraryPlan({ artists: Infinity, files: 123 })].length, 123);
});

Deno.test("makeLibrary() writes the files that it reports", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const made = makeLibrary(directory, { artists: 4, albums: 4, tracks: 3 });
    assert.equal(made.files, 48);
    let bytes = 0;
    for (const track of made.tracks) {
      const { size } = await Deno.stat(join(directory, track.path));
      assert.equal(size, track.bytes);
      bytes += size;
      const { common } = await parseFile(join(directory, track.path));
      assert.equal(common.title, track.tags.title);
      assert.equal(common.album, track.tags.album);
      assert.equal(common.artist, track.tags.artist);
      assert.equal(common.track.no, track.tags.track ?? null);
    }
    assert.equal(bytes, made.bytes);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
