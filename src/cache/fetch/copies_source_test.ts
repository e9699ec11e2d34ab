import assert from "node:assert/strict";
import fc from "fast-check";
import type { Likeness } from "../../../events/mod.ts";
import { FileSystemError } from "../../base/mod.ts";
import { OriginChanged, OriginUnreachable } from "../../origins/mod.ts";
import { ContentWorld, noise, song } from "../../../tests/support/content_world.ts";

const KB = 1024;
const SIZE = 3_000 * KB;
const HEAD = 80 * KB;
const sound = noise(SIZE - HEAD, 2);
const original = song(noise(HEAD, 1), sound);

/**
 * The same song with changes of which the log doesn't know: the byte at `at` of its head, and every 10,000th after it.
 */
function retagged(at: number) {
  const head = noise(HEAD, 1);
  for (; at < HEAD; at += 10_000) head[at]! ^= 1;
  return song(head, sound);
}

/** A track with a copy on each of two origins, the first being the better one, which the log calls alike. */
async function twoCopies(world: ContentWorld, other = original, alike: Likeness = "bytes") {
  const file = await world.put("nas", "a.flac", original.bytes, original.facts);
  const copy = await world.put("cloud", "a.flac", other.bytes, other.facts);
  const comparison = {
    ...{ file: file.file, version: file.content, ranges: [], shift: 0, alike },
    ...{ other: copy.file, other_version: copy.content },
  };
  const data = { comparisons: [comparison], done: [] };
  await world.append({ type: "CopiesCompared", v: 1, data });
  assert.equal(world.file(copy.file).track, file.track);
  return file;
}

const ORIGINS = { origins: ["nas", "cloud"] };
const unreachable = new OriginUnreachable("cut off");

Deno.test("the best origin gives all bytes; the other one does when that is down", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const file = await twoCopies(world);
  assert.deepEqual(await world.read(file, 0, 100 * KB), original.bytes.slice(0, 100 * KB));
  assert.equal(world.origin("cloud").faulty.calls.read, 0);
  world.origin("nas").isDown = true;
  const { read } = world.origin("nas").faulty.calls;
  assert.deepEqual(await world.read(file), original.bytes);
  assert.equal(world.origin("nas").faulty.calls.read, read);
});

Deno.test("a read that breaks off anywhere continues from the other copy", async () => {
  const plan = fc.array(
    fc.option(fc.integer({ min: 0, max: 1_100 * KB }), { nil: undefined, freq: 2 }),
    { minLength: 3, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(plan, async (cuts) => {
      await using world = await ContentWorld.open(ORIGINS);
      const file = await twoCopies(world);
      world.origin("nas").faulty.plan = ({ name, nth }) => {
        const after = name === "read" ? cuts[nth - 1] : undefined;
        return after === undefined ? undefined : { kind: "reset", after };
      };
      assert.deepEqual(await world.read(file), original.bytes);
    }),
    { numRuns: 25 },
  );
});

Deno.test("a copy that holds other bytes is never mixed in, whatever the log says", async () => {
  /** What the better origin does at each read: it breaks off after this many bytes, or succeeds. */
  const luck = fc.option(fc.oneof(fc.constant(0), fc.nat(1_000 * KB)), { nil: Infinity, freq: 3 });
  // The ranges that the mount requests: whole units of 16 KiB.
  const range = fc.tuple(fc.nat(180), fc.integer({ min: 4, max: 60 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(10, 5_000, 40 * KB),
      fc.array(fc.record({ range, luck, restarts: fc.boolean() }), { minLength: 2, maxLength: 6 }),
      async (at, reads) => {
        await using world = await ContentWorld.open(ORIGINS);
        const other = retagged(at);
        const file = await twoCopies(world, other);
        const given: { from: number; bytes: Uint8Array }[] = [];
        for (const [i, { range: [start, length], luck, restarts }] of reads.entries()) {
          world.origin("nas").faulty.plan = ({ name }) =>
            name === "read" && luck < Infinity ? { kind: "reset", after: luck } : undefined;
          // The copies differ in the head.
          const from = i === 0 ? 0 : start * 16 * KB;
          const to = Math.min(SIZE, from + length * 16 * KB);
          const bytes = await world.read(file, from, to).catch((error) => {
            assert.ok(error instanceof FileSystemError && error.errno === "EIO", `${error}`);
          });
          if (bytes !== undefined) given.push({ from, bytes });
          if (restarts && bytes !== undefined) await world.restart();
        }
        const isAllOf = (whole: Uint8Array) =>
          given.every(({ from, bytes }) => equal(bytes, whole.subarray(from, from + bytes.length)));
        assert.ok(isAllOf(original.bytes) || isAllOf(other.bytes), "bytes of both were given");
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a copy that differs is not read from when the best one breaks off in the middle", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const file = await twoCopies(world, retagged(100));
  world.origin("nas").faulty.plan = ({ name, nth }) =>
    name !== "read"
      ? undefined
      : nth === 1
      ? { kind: "reset", after: 130 * KB }
      : { kind: "fail", error: unreachable };
  await assert.rejects(world.read(file, 0, 1_000 * KB), /breaks off|cut off|reset|ends/i);
});

Deno.test("a copy of another size is another file, even with the same sound", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const file = await twoCopies(world, song(noise(HEAD + 10, 1), sound), "sound");
  world.origin("nas").faulty.plan = () => ({ kind: "fail", error: unreachable });
  await assert.rejects(world.read(file), /cut off/);
  assert.equal(world.origin("cloud").faulty.calls.read, 0);
});

Deno.test("a file that changed is reported for another look, and its copy gives the bytes", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const file = await twoCopies(world);
  assert.deepEqual(await world.read(file, 0, 100 * KB), original.bytes.slice(0, 100 * KB));
  world.origin("nas").memory.write("a.flac", noise(SIZE, 9));
  assert.deepEqual(await world.read(file), original.bytes);
  assert.deepEqual([...new Set(world.drifts)], ["nas:"]);
  world.origin("cloud").faulty.plan = () => ({ kind: "fail", error: new OriginChanged("gone on") });
  const other = await world.put("nas", "b/c.flac", noise(10, 1));
  world.origin("nas").memory.remove("b/c.flac");
  await assert.rejects(
    world.read(other),
    (error) => error instanceof FileSystemError && error.errno === "ESTALE",
  );
  assert.equal(world.drifts.at(-1), "nas:b");
});

Deno.test("a track with one copy is compared with nothing", async () => {
  await using world = await ContentWorld.open(ORIGINS);
  const file = await world.put("nas", "a.flac", original.bytes, original.facts);
  await world.read(file);
  assert.equal(world.origin("nas").faulty.bytes, SIZE);
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
