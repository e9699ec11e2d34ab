/** Files of a local origin with several names: hard links and symbolic ones. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Exclusions } from "../../src/base/mod.ts";
import { Place } from "../support/scanned_directory.ts";

Deno.test("hard links of one file are one track, which stays when one of its names goes", async () => {
  using place = new Place();
  place.write("a/1.flac", flacFile({ title: "1" }, { seed: 1 }));
  place.write("b/2.flac", flacFile({ title: "2" }, { seed: 2 }));
  place.link("a/1.flac", "z/1.flac");
  const first = await place.scan();
  assert.deepEqual([first.listed, first.read], [2, 2]);
  assert.deepEqual([...place.library.live().keys()], ["a/1.flac", "b/2.flac"], "the lowest path");
  const number = place.number("a/1.flac");

  place.link("a/1.flac", "0/1.flac");
  await place.scan("directories", ["0"]);
  await place.scan();
  assert.deepEqual(place.number("a/1.flac"), number, "a name that is known stays");
  assert.equal(place.library.liveCount(), 2);

  // A scan of this directory alone finds the file's name in the other directory.
  Deno.removeSync(`${place.root}/a/1.flac`);
  const outcome = await place.scan("directories", ["a"]);
  assert.deepEqual([outcome.removed, place.number("0/1.flac")], [0, number]);
  Deno.removeSync(`${place.root}/0/1.flac`);
  assert.equal((await place.scan()).removed, 0);
  assert.deepEqual([place.number("z/1.flac"), place.library.liveCount()], [number, 2]);
  Deno.removeSync(`${place.root}/z/1.flac`);
  assert.equal((await place.scan()).removed, 1);
});

for (const kind of ["local", "nfs"] as const) {
  Deno.test(`names of one file on an origin of type ${kind} are one track, whatever happens to them`, async () => {
    using place = new Place(undefined, kind);
    const paths = () => [...place.library.live().keys()].sort();
    place.write("a/b/1.flac", flacFile({ title: "One" }, { seed: 1 }));
    place.write("z/2.flac", flacFile({ title: "Two" }, { seed: 2 }));
    place.link("a/b/1.flac", "a/1.flac");
    place.link("a/b/1.flac", "c/d/1.flac");
    Deno.symlinkSync("../z/2.flac", `${place.root}/a/2.flac`);
    await place.scan();
    assert.deepEqual(paths(), ["a/1.flac", "z/2.flac"]);
    const number = place.number("a/1.flac")!;

    // The file is edited in place under a name that is not the track's: first the tags, then the sound.
    for (const [title, seed] of [["Tagged", 1], ["Edited", 7]] as const) {
      place.write("c/d/1.flac", flacFile({ title }, { seed }));
      const { read } = await place.scan("directories", ["c/d"]);
      assert.deepEqual([read, paths()], [1, ["a/1.flac", "z/2.flac"]]);
      assert.equal(place.library.live().get("a/1.flac")!.tags!.title, title);
      assert.equal(place.number("a/1.flac"), number);
    }

    // The track's name is excluded: another name becomes the track's and keeps the number. Later the first one
    // returns.
    const exclusions = new Exclusions(["/a/1.flac"]);
    await place.scan("changes", [], exclusions);
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);
    await place.scan("changes", [], exclusions);
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);
    await place.scan();
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);

    // A tagger puts a new file in the place of one name: the other names keep the old file.
    place.write("new", flacFile({ title: "New" }, { seed: 7 }));
    place.rename("new", "a/b/1.flac");
    await place.scan("directories", ["a/b"]);
    assert.deepEqual(paths(), ["a/1.flac", "a/b/1.flac", "z/2.flac"]);
    const titles = paths().map((path) => place.library.live().get(path)!.tags!.title);
    assert.deepEqual(titles, ["Edited", "New", "Two"]);
    assert.equal(place.number("a/b/1.flac"), number);

    // The track's name goes with its directory: the other name becomes the track's.
    const edited = place.number("a/1.flac");
    Deno.removeSync(`${place.root}/a`, { recursive: true });
    const { removed } = await place.scan();
    assert.deepEqual([removed, paths()], [1, ["c/d/1.flac", "z/2.flac"]]);
    assert.equal(place.number("c/d/1.flac"), edited);
  });
}

Deno.test("the target of a link within the origin is there once", async () => {
  using place = new Place();
  place.write("store/1.flac", flacFile({ title: "1" }, { seed: 1 }));
  place.write("store/blob", flacFile({ title: "2" }, { seed: 2 }));
  place.write(".kept/3.flac", flacFile({ title: "3" }, { seed: 3 }));
  Deno.mkdirSync(`${place.root}/a`);
  Deno.symlinkSync("../store/1.flac", `${place.root}/a/1.flac`);
  Deno.symlinkSync("../store", `${place.root}/a/all`);
  Deno.symlinkSync("../store/blob", `${place.root}/a/2.flac`);
  Deno.symlinkSync("../.kept/3.flac", `${place.root}/a/3.flac`);
  const scan = (exclusions: Exclusions) => place.scan("changes", [], exclusions);
  await scan(new Exclusions(["/.kept"]));
  const paths = () => [...place.library.live().keys()].sort();
  assert.deepEqual(paths(), ["a/2.flac", "a/3.flac", "store/1.flac"], "where it is listed");
  await place.scan("directories", ["a/all"], new Exclusions(["/.kept"]));
  assert.deepEqual(paths(), ["a/2.flac", "a/3.flac", "store/1.flac"]);
});

Deno.test("names of one file that used to be two tracks are removed without counting towards the hold", async () => {
  using place = new Place();
  for (let i = 0; i < 12; i++) {
    place.write(`a/${i}.flac`, flacFile({ title: `${i}` }, { seed: i }));
    place.write(`b/${i}.flac`, flacFile({ title: `${i}` }, { seed: i }));
  }
  await place.scan();
  const number = place.number("a/0.flac");
  for (let i = 0; i < 12; i++) {
    Deno.removeSync(`${place.root}/b/${i}.flac`);
    Deno.linkSync(`${place.root}/a/${i}.flac`, `${place.root}/b/${i}.flac`);
  }
  const outcome = await place.scan();
  assert.deepEqual([outcome.outcome, outcome.removed], ["completed", 12]);
  assert.equal(place.number("a/0.flac"), number);
});
