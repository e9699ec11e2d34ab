import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { ContentWorld, noise, song } from "../../../tests/support/content_world.ts";

const KB = 1024;
const sound = noise(2_000 * KB, 5);
/** The bytes that a comparison reads: 1 KB at twelve places. */
const COMPARED = 12 * KB;

Deno.test("when the tags of a file changed, its head is fetched and its sound is known", async () => {
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
      // When nothing moved, only the head shows that the tags changed: so its first 64 KB are read before.
      const looked = before === after ? Math.min(after, 64 * KB) : 0;
      assert.equal(world.origin().faulty.bytes - bytes, after + looked + COMPARED);
      await world.restart();
      assert.deepEqual(world.content.manifestsOf(file).map(({ version }) => version), [
        tagged.content,
      ]);
      assert.ok(world.isInStep);
    }),
    { numRuns: 15, examples: [[18, 18], [200 * KB, 200 * KB]] },
  );
});

Deno.test("when a part of a file is stored, that part is recognised, and nothing else", async () => {
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

Deno.test("a sound that changed and kept its identity is fetched again", async () => {
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

Deno.test("an equal ETag says that bytes are equal; where an MD5 differs, wrong bytes are dropped", async () => {
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

  // At the places that are not compared, the sound is another one.
  const changed = sound.slice();
  changed[100 * KB]! ^= 1;
  const next = song(noise(20 * KB, 2), changed);
  const etag = createHash("md5").update(next.bytes).digest("hex");
  const tagged = await world.put("nas", "a.flac", next.bytes, { ...next.facts, file, etag });
  memory.files.set("a.flac", { ...memory.files.get("a.flac")!, etag });
  await world.keep(tagged);
  const { provisional_bytes } = world.content.totals();
  assert.equal(provisional_bytes, sound.length);
  await world.prover.prove();
  assert.match(world.said.join("\n"), /warn: dropped what was kept of a.flac/);
  assert.notEqual(world.file(file).content, tagged.content, "what was read may be wrong");
  assert.equal(world.storedBytes(tagged), 0);
  assert.deepEqual(await world.read(world.file(file)), next.bytes);
  await world.restart();
  assert.ok(world.isInStep);
});

/** A stored file whose tags have changed on the origin since. */
async function retagged(world: ContentWorld, etag?: string) {
  const old = song(noise(10 * KB, 1), sound);
  const { file } = await world.put("nas", "a.flac", old.bytes, old.facts);
  await world.keep(world.file(file));
  const { bytes, facts } = song(noise(20 * KB, 2), sound);
  const tags = etag === undefined ? {} : { etag };
  const tagged = await world.put("nas", "a.flac", bytes, { ...facts, file, ...tags });
  const { memory } = world.origin();
  memory.files.set("a.flac", { ...memory.files.get("a.flac")!, ...tags });
  await world.keep(tagged);
  assert.equal(world.content.totals().provisional_bytes, sound.length);
  return { tagged, bytes };
}

Deno.test("bytes that were taken over count as stored once all of them were compared with the origin", async () => {
  await using world = await ContentWorld.open();
  const { tagged, bytes } = await retagged(world);
  const { faulty } = world.origin();
  const before = faulty.bytes;
  world.origin().isDown = true;
  await world.prover.prove();
  assert.equal(world.content.totals().provisional_bytes, sound.length, "not now");
  world.origin().isDown = false;
  await world.prover.prove();
  assert.equal(world.content.totals().provisional_bytes, 0);
  assert.equal(faulty.bytes - before, sound.length);
  await world.prover.prove();
  assert.equal(faulty.bytes - before, sound.length, "once");
  assert.equal(world.storedBytes(tagged), bytes.length);
});

Deno.test("an MD5 that matches the stored bytes proves them without a read", async () => {
  await using world = await ContentWorld.open();
  const { bytes } = song(noise(20 * KB, 2), sound);
  await retagged(world, createHash("md5").update(bytes).digest("hex"));
  const before = world.origin().faulty.bytes;
  await world.prover.prove();
  assert.equal(world.content.totals().provisional_bytes, 0);
  assert.equal(world.origin().faulty.bytes, before);
  const [compared] = world.events.filter(({ type }) => type === "PartsProven");
  assert.deepEqual(compared!.data, { ...compared!.data, by: "md5" });
});

Deno.test("a tag that looks like an MD5 and is none proves nothing about the bytes: nothing is dropped", async () => {
  await using world = await ContentWorld.open();
  const { tagged, bytes } = await retagged(world, "ab".repeat(16));
  await world.prover.prove();
  assert.deepEqual(world.said.filter((line) => line.startsWith("warn")), []);
  assert.equal(world.storedBytes(tagged), bytes.length);
  assert.equal(world.content.totals().provisional_bytes, 0);
  assert.deepEqual(await world.read(tagged), bytes);
  const [compared] = world.events.filter(({ type }) => type === "PartsProven");
  assert.deepEqual(compared!.data, { ...compared!.data, by: "bytes" });
});

Deno.test("a file that was repaired, without any other sign of a change, is fetched as a whole", async () => {
  const good = song(noise(64 * KB, 1), sound);
  const rotten = fc.integer({
    min: good.facts.audio_start! + 8 * KB,
    max: good.bytes.length - 8 * KB,
  });
  await fc.assert(
    fc.asyncProperty(rotten, fc.nat(), async (at, seed) => {
      await using world = await ContentWorld.open({ seed });
      const bad = good.bytes.slice();
      bad.fill(0, at, at + 4 * KB);
      const { file } = await world.put("nas", "a.flac", bad, good.facts);
      await world.keep(world.file(file));
      assert.deepEqual(await world.read(world.file(file)), bad);
      const mended = await world.put("nas", "a.flac", good.bytes, { ...good.facts, file });
      assert.deepEqual(await world.read(mended), good.bytes);
      await world.restart();
      assert.equal(world.storedBytes(mended), good.bytes.length);
      assert.equal(world.content.totals().provisional_bytes, 0);
    }),
    { numRuns: 15 },
  );
});

Deno.test("a repaired file whose tags changed as well is read right once it was compared", async () => {
  await using world = await ContentWorld.open();
  const bad = sound.slice();
  // The repair lies between two of the drawn places, which depend on the seed.
  bad.fill(0, 500 * KB, 500 * KB + 256);
  const before = song(noise(10 * KB, 1), bad);
  const { file } = await world.put("nas", "a.flac", before.bytes, before.facts);
  await world.keep(world.file(file));
  const { bytes, facts } = song(noise(20 * KB, 2), sound);
  await world.put("nas", "a.flac", bytes, { ...facts, file });
  await world.keep(world.file(file));
  assert.ok(world.content.totals().provisional_bytes > 0);
  await world.prover.prove();
  assert.deepEqual(await world.read(world.file(file)), bytes);
});

Deno.test("another file with the same sound gives no bytes, unless the log says that both were compared", async () => {
  await using world = await ContentWorld.open();
  const one = song(noise(40 * KB, 1), sound);
  const silentEnds = sound.slice();
  silentEnds.set(noise(1_000 * KB, 9), 500 * KB);
  const two = song(noise(40 * KB, 2), silentEnds);
  await world.keep(await world.put("nas", "one.flac", one.bytes, one.facts));
  const before = world.origin().faulty.bytes;
  const file = await world.put("nas", "two.flac", two.bytes, two.facts);
  assert.deepEqual(await world.read(file), two.bytes);
  assert.equal(world.origin().faulty.bytes - before, two.bytes.length);
});

Deno.test("the sound of a copy on another origin is taken over by a file that is read for the first time", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "cloud"] });
  const old = song(noise(40 * KB, 1), sound);
  await world.keep(await world.put("cloud", "b.flac", old.bytes, old.facts));
  // The log has the same size, sound and tags for this copy, but its head differs.
  const { bytes: wanted, facts } = song(noise(40 * KB, 2), sound);
  const file = await world.put("nas", "a.flac", wanted, facts);
  await world.comparer.compare();
  const before = world.origin("nas").faulty.bytes;
  assert.deepEqual(await world.read(file), wanted);
  assert.equal(world.origin("nas").faulty.bytes - before, 40 * KB + COMPARED);
  await world.restart();
  const { part_bytes, bytes } = world.content.totals();
  assert.ok(part_bytes - bytes >= sound.length - 10, "the sound is stored once");
  await world.prover.prove();
  assert.equal(world.content.totals().provisional_bytes, 0);
});
