import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { ContentWorld, noise, song } from "../../tests/support/content_world.ts";

const KB = 1024;
const sound = noise(2_000 * KB, 5);
/** What comparing reads: 4 KB at three places. */
const COMPARED = 3 * 4 * KB;

Deno.test("of a file that was tagged anew, the head is fetched and the sound is known", async () => {
  const heads = fc.integer({ min: 1, max: 300 * KB });
  await fc.assert(
    fc.asyncProperty(heads, heads, async (before, after) => {
      await using world = await ContentWorld.open();
      const old = song(noise(before, 1), sound);
      const { file } = await world.put("nas", "a.flac", old.bytes, old.facts);
      await world.keep(world.file(file));
      const { bytes } = world.origin().faulty;
      const { bytes: wanted, facts } = song(noise(after, 2), sound);
      const tagged = await world.put("nas", "a.flac", wanted, { ...facts, file });
      assert.deepEqual(await world.read(tagged), wanted);
      assert.equal(world.origin().faulty.bytes - bytes, after + COMPARED);
      await world.restart();
      assert.deepEqual(world.projector.content.manifestsOf(file).map(({ version }) => version), [
        tagged.changed_seq,
      ]);
      assert.ok(world.isInStep);
    }),
    { numRuns: 15 },
  );
});

Deno.test("with a part of it stored, that part is known again, and nothing else", async () => {
  await using world = await ContentWorld.open();
  const old = song(noise(100 * KB, 1), sound);
  const before = await world.put("nas", "a.flac", old.bytes, old.facts);
  await world.read(before, 400 * KB, 900 * KB);
  await world.restart();
  const { bytes } = world.origin().faulty;
  const { bytes: wanted, facts } = song(noise(7 * KB, 2), sound);
  const tagged = await world.put("nas", "a.flac", wanted, { ...facts, file: before.file });
  assert.deepEqual(await world.read(tagged), wanted);
  assert.equal(world.origin().faulty.bytes - bytes, wanted.length - 500 * KB + COMPARED);
});

Deno.test("a sound that changed under the same identity is fetched anew", async () => {
  for (const at of [0, 1_000 * KB, 2_000 * KB - 1]) {
    await using world = await ContentWorld.open();
    const old = song(noise(10 * KB, 1), sound);
    const before = await world.put("nas", "a.flac", old.bytes, old.facts);
    await world.keep(before);
    const { bytes } = world.origin().faulty;
    const changed = sound.slice();
    changed.fill(1, Math.max(0, at - 300 * KB), at + 300 * KB);
    const { bytes: wanted, facts } = song(noise(20 * KB, 2), changed);
    const tagged = await world.put("nas", "a.flac", wanted, { ...facts, file: before.file });
    assert.deepEqual(await world.read(tagged), wanted);
    assert.equal(world.origin().faulty.bytes - bytes, wanted.length + COMPARED);
  }
});

Deno.test("another sound, or a sound of another length, is not even compared", async () => {
  await using world = await ContentWorld.open();
  const old = song(noise(10 * KB, 1), sound);
  const { file } = await world.put("nas", "a.flac", old.bytes, old.facts);
  await world.keep(world.file(file));
  for (const other of [song(noise(9, 1), sound, "other"), song(noise(9, 1), sound.slice(1))]) {
    const { bytes } = world.origin().faulty;
    const changed = await world.put("nas", "a.flac", other.bytes, { ...other.facts, file });
    assert.deepEqual(await world.read(changed), other.bytes);
    assert.equal(world.origin().faulty.bytes - bytes, other.bytes.length);
  }
});

Deno.test("an ETag that stayed says that the bytes did; one that is an MD5 proves what was compared", async () => {
  await using world = await ContentWorld.open();
  const old = song(noise(10 * KB, 1), sound);
  const { file } = await world.put("nas", "a.flac", old.bytes, { ...old.facts, etag: "one" });
  const { memory, faulty } = world.origin();
  memory.files.set("a.flac", { ...memory.files.get("a.flac")!, etag: "one" });
  await world.keep(world.file(file));
  const { bytes } = faulty;
  const touched = await world.put("nas", "a.flac", old.bytes, { ...old.facts, file, etag: "one" });
  memory.files.set("a.flac", { ...memory.files.get("a.flac")!, etag: "one" });
  assert.deepEqual(await world.read(touched), old.bytes);
  assert.equal(faulty.bytes, bytes);

  // Where nothing is compared, the sound is another one.
  const changed = sound.slice();
  changed[100 * KB]! ^= 1;
  const next = song(noise(20 * KB, 2), changed);
  const etag = createHash("md5").update(next.bytes).digest("hex");
  const tagged = await world.put("nas", "a.flac", next.bytes, { ...next.facts, file, etag });
  memory.files.set("a.flac", { ...memory.files.get("a.flac")!, etag });
  await world.keep(tagged);
  assert.match(world.said.join("\n"), /warn: dropped what was kept of a.flac/);
  assert.deepEqual(await world.read(tagged), next.bytes);
});

Deno.test("a copy on another origin gives its sound to one that is read for the first time", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "cloud"] });
  const old = song(noise(40 * KB, 1), sound);
  await world.keep(await world.put("cloud", "b.flac", old.bytes, old.facts));
  // The same size, sound and tags as far as the log knows, and another head.
  const { bytes: wanted, facts } = song(noise(40 * KB, 2), sound);
  const file = await world.put("nas", "a.flac", wanted, facts);
  assert.deepEqual(await world.read(file), wanted);
  // It is compared once more, before two origins may give bytes of it.
  assert.ok(world.origin("nas").faulty.bytes <= 40 * KB + 2 * COMPARED);
  await world.restart();
  const { part_bytes, bytes } = world.projector.content.totals();
  assert.ok(part_bytes - bytes >= sound.length - 10, "the sound is stored once");
});
