import assert from "node:assert/strict";
import fc from "fast-check";
import { randomNumbers } from "../../../scripts/audio/bytes.ts";
import { OriginUnreachable } from "../../origins/mod.ts";
import { ContentWorld, noise, song } from "../../../tests/support/content_world.ts";
import type { CopyComparison } from "../../../events/mod.ts";
import { drawnOverFile } from "./compare_copies.ts";

const KB = 1024;
const ORIGINS = { origins: ["nas", "cloud"] };
const SIZE = 1_500 * KB;

/** The comparisons that the log has. */
function comparisonsIn(world: ContentWorld): CopyComparison[] {
  return world.events.flatMap((event) =>
    event.type === "CopiesCompared" ? event.data.comparisons : []
  );
}

/** The numbers of the tracks of these files. */
function tracksOf(world: ContentWorld, ...files: readonly { readonly file: number }[]): number[] {
  return files.map(({ file }) => world.file(file).track);
}

Deno.test("equal files on two origins are one track once they were compared, in bounded bytes", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const { bytes, facts } = song(noise(40 * KB, 1), noise(SIZE, 2));
  const one = await world.put("nas", "a.flac", bytes, facts);
  const two = await world.put("cloud", "b.flac", bytes, facts);
  assert.deepEqual(tracksOf(world, one, two), [one.file, two.file]);
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, one, two), [one.file, one.file]);
  const [comparison] = comparisonsIn(world);
  assert.equal(comparison!.alike, "bytes");
  const compared = comparison!.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  assert.equal(world.origin("nas").faulty.bytes, compared);
  assert.ok(compared <= 140 * KB, `${compared}`);
  assert.deepEqual(world.projector.queries.uncompared(0, 10), []);
  const { read } = world.origin("nas").faulty.calls;
  await world.comparer.compare();
  assert.equal(world.origin("nas").faulty.calls.read, read, "nothing is compared twice");
});

Deno.test("files that differ in an eighth of them are two tracks, whatever else agrees", async () => {
  const seeds = fc.nat();
  await fc.assert(
    fc.asyncProperty(seeds, fc.double({ min: 0, max: 1, noNaN: true }), async (seed, where) => {
      await using world = await ContentWorld.open({ ...ORIGINS, seed });
      const { bytes, facts } = song(noise(40 * KB, 1), noise(SIZE, 2));
      const other = bytes.slice();
      const length = Math.ceil(2 * bytes.length / 16);
      other.set(noise(length, 3), Math.floor(where * (bytes.length - length)));
      const one = await world.put("nas", "a.flac", bytes, facts);
      const two = await world.put("cloud", "a.flac", other, facts);
      await world.comparer.compare();
      assert.deepEqual(tracksOf(world, one, two), [one.file, two.file]);
      assert.equal(comparisonsIn(world).at(-1)!.alike, "nothing");
      assert.deepEqual(world.projector.queries.uncompared(0, 10), []);
    }),
    { numRuns: 20 },
  );
});

Deno.test("one recording with other tags is one track, and its copies are not the same bytes", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const sound = noise(SIZE, 2);
  const [first, second] = [song(noise(40 * KB, 1), sound), song(noise(90 * KB, 3), sound)];
  const one = await world.put("nas", "a.flac", first.bytes, first.facts);
  const two = await world.put("cloud", "b.flac", second.bytes, second.facts);
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, one, two), [one.file, one.file]);
  assert.equal(world.projector.queries.likeness(two.file, one.file), "sound");
});

Deno.test("files that can't be compared stay two tracks, and are compared when the origin is back", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const { bytes, facts } = song(noise(40 * KB, 1), noise(SIZE, 2));
  const one = await world.put("nas", "a.flac", bytes, facts);
  const two = await world.put("cloud", "a.flac", bytes, facts);
  world.origin("cloud").isDown = true;
  await world.comparer.compare();
  world.origin("cloud").isDown = false;
  world.origin("nas").faulty.plan = () => ({
    kind: "fail",
    error: new OriginUnreachable("cut off"),
  });
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, one, two), [one.file, two.file]);
  assert.deepEqual(comparisonsIn(world), []);
  world.origin("nas").faulty.plan = () => undefined;
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, one, two), [one.file, one.file]);
});

Deno.test("copies on three origins are one track, and a fourth that differs is another", async () => {
  await using world = await ContentWorld.open({ origins: ["a", "b", "c", "d"] });
  const { bytes, facts } = song(noise(10 * KB, 1), noise(500 * KB, 2));
  const other = bytes.slice().fill(7, 100 * KB, 300 * KB);
  const files = [];
  for (const id of ["d", "a", "b", "c"]) {
    files.push(await world.put(id, "x.flac", id === "d" ? other : bytes, facts));
  }
  await world.comparer.compare();
  const [different, first] = files;
  const expected = [different!.file, first!.file, first!.file, first!.file];
  assert.deepEqual(tracksOf(world, ...files), expected);
});

Deno.test("of two equal files of one origin, one is the copy of another origin's", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const { bytes, facts } = song(noise(10 * KB, 1), noise(500 * KB, 2));
  const twins = [
    await world.put("nas", "a.flac", bytes, facts),
    await world.put("nas", "b.flac", bytes, facts),
  ];
  const copy = await world.put("cloud", "b.flac", bytes, facts);
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, copy), [twins[1]!.file], "the one at the same path");
  assert.deepEqual(world.projector.queries.uncompared(0, 10), []);
  await world.append({
    type: "FilesRemoved",
    v: 1,
    data: { origin: "nas", scan: 2, files: [twins[1]!.file] },
  });
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, copy, twins[0]!), [twins[0]!.file, twins[0]!.file]);
});

Deno.test("a sound that more files have than anybody recorded is compared with none of them", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  for (let i = 0; i < 70; i++) {
    await world.put("nas", `${i}.flac`, noise(100 + i, i), { audio: "silence" });
  }
  const file = await world.put("cloud", "x.flac", noise(100, 99), { audio: "silence" });
  assert.deepEqual(world.projector.queries.possibleCopies(file), []);
  assert.deepEqual(world.projector.queries.uncompared(0, 10), []);
});

Deno.test("a legacy log's wrong merge comes apart once compared, and its numbers stay", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const facts = { audio: "mp3-500000-silentends", reader: 0 };
  const one = await world.put("nas", "one.mp3", noise(500_000, 1), facts);
  const wrong = await world.put("cloud", "two.mp3", noise(500_000, 2), facts);
  const pair = await world.put("nas", "x.mp3", noise(400_000, 3), { audio: "x", reader: 0 });
  const right = await world.put("cloud", "x.mp3", noise(400_000, 3), { audio: "x", reader: 0 });
  assert.deepEqual(tracksOf(world, one, wrong), [one.file, one.file], "as it was taken for");
  assert.deepEqual(tracksOf(world, pair, right), [pair.file, pair.file]);
  await world.comparer.compare();
  assert.deepEqual(tracksOf(world, one, wrong), [one.file, wrong.file]);
  assert.deepEqual(tracksOf(world, pair, right), [pair.file, pair.file]);
  assert.deepEqual(world.projector.queries.uncompared(0, 10), []);
});

Deno.test("drawn ranges are inside the file, do not overlap, and differ with another seed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000_000 }), fc.nat(), (size, seed) => {
      const ranges = drawnOverFile(size, randomNumbers(seed));
      let end = 0;
      for (const { from, to } of ranges) {
        assert.ok(from >= end && to > from && to <= size);
        end = to;
      }
      assert.equal(ranges[0]!.from, 0);
      assert.equal(end, size);
      const bytes = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
      assert.ok(bytes <= (256 + 64 + 4) * KB);
    }),
  );
  const [one, other] = [1, 2].map((seed) => drawnOverFile(50_000_000, randomNumbers(seed)));
  assert.notDeepEqual(one, other);
});
