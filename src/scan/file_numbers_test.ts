import assert from "node:assert/strict";
import { ScanSetup } from "../../tests/support/scan_setup.ts";

Deno.test("a moved file keeps its number, a copied one gets its own", async () => {
  const setup = new ScanSetup();
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
  const setup = new ScanSetup();
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
  const setup = new ScanSetup();
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
  const setup = new ScanSetup();
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

Deno.test("a name that changes its case keeps its number, also with another sound or none", async () => {
  const setup = new ScanSetup();
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
  const setup = new ScanSetup();
  setup.write("a/song.flac");
  await setup.scan();
  setup.write("A/song.flac", "a/song.flac");
  setup.origin.write("a/Song.flac", new Uint8Array(3));
  await setup.scan();
  assert.equal(setup.library.liveCount(), 3);
});
