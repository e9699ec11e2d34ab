import assert from "node:assert/strict";
import fc from "fast-check";
import type { MusicEvent } from "../../../events/mod.ts";
import type { FileState } from "../../../projections/mod.ts";
import { EDGE_BYTES } from "../../base/mod.ts";
import { nameOf } from "../store/mod.ts";
import { ContentWorld, noise, song } from "../../../tests/support/content_world.ts";

const KB = 1024;

/** Files of 600 KB with different heads: some 64 KB at either end of each are metadata. */
async function library(world: ContentWorld, count: number): Promise<FileState[]> {
  const files: FileState[] = [];
  for (let i = 0; i < count; i++) {
    const { bytes, facts } = song(noise(10 * KB, 2 * i), noise(590 * KB, 2 * i + 1), `${i}`);
    files.push(await world.put("nas", `${i}.flac`, bytes, facts));
  }
  return files;
}

function evictions(world: ContentWorld, from: number = 0): MusicEvent[] {
  return world.events.slice(from).filter(({ type }) => type === "ChunksEvicted");
}

Deno.test("bytes that were read once are stored, and read from the store", async () => {
  await using world = await ContentWorld.open();
  const bytes = noise(700 * KB, 1);
  const file = await world.put("nas", "a.flac", bytes);
  await world.keep(file);
  const { read } = world.origin().faulty.calls;
  assert.deepEqual(await world.read(file), bytes);
  assert.equal(world.origin().faulty.calls.read, read);
  assert.ok(world.isInStep);
});

Deno.test("beyond its limit content is given up, the least recently used first, and metadata stays", async () => {
  const limit = 2_000 * KB;
  await using world = await ContentWorld.open({ limits: { content: limit, metadata: Infinity } });
  const files = await library(world, 6);
  for (const file of files.slice(0, 3)) await world.keep(file);
  assert.deepEqual(evictions(world), []);
  world.keeper.touch([files[0]!.file]);
  for (const file of files.slice(3)) await world.keep(file);
  const { bytes, metadata_bytes } = world.content.totals();
  assert.ok(bytes - metadata_bytes <= limit);
  assert.ok(evictions(world).length > 0);
  const whole = files.filter((file) => world.storedBytes(file) === file.size);
  assert.ok(whole.includes(files[0]!) && whole.includes(files[5]!));
  assert.ok(!whole.includes(files[1]!));
  for (const { file, content: version, size } of files) {
    const parts = world.content.storedParts(file, version, 0, size, 1_000);
    assert.equal(parts[0]!.offset, 0);
    assert.equal(parts.at(-1)!.offset + parts.at(-1)!.length, size);
  }
  assert.ok(world.isInStep);
});

Deno.test("beyond the limit of metadata, heads and tails are given up with all other bytes of the file", async () => {
  const limits = { content: Infinity, metadata: 1_000 * KB };
  await using world = await ContentWorld.open({ limits });
  const files = await library(world, 9);
  for (const file of files) await world.keep(file);
  assert.ok(world.content.totals().metadata_bytes <= limits.metadata);
  assert.equal(world.storedBytes(files[0]!), 0);
  assert.equal(world.storedBytes(files[8]!), files[8]!.size);
  assert.ok(world.isInStep);
});

Deno.test("pinned files stay, and former versions go first", async () => {
  await using world = await ContentWorld.open({
    limits: { content: 1_300 * KB, metadata: Infinity },
  });
  const [pinned, ...files] = await library(world, 4);
  await world.append({ type: "TracksPinned", v: 1, data: { query: "q", tracks: [pinned!.track] } });
  await world.keep(pinned!);
  for (const file of files) await world.keep(file);
  assert.equal(world.storedBytes(pinned!), pinned!.size);
  assert.equal(world.storedBytes(files[2]!), files[2]!.size);
});

Deno.test("on a full disk the oldest content is given up; without any, nothing is stored for a while", async () => {
  await using world = await ContentWorld.open({ room: 1_500 * KB });
  const files = await library(world, 4);
  for (const file of files) {
    await world.keep(file);
    assert.deepEqual(await world.read(file), world.origin().memory.files.get(file.path)!.bytes);
    assert.ok(world.isInStep);
  }
  assert.ok(world.said.some((line) => line.includes("of the cache: the disk is full")));
  // In the end, metadata alone fills the disk.
  await world.append({
    type: "TracksPinned",
    v: 1,
    data: { query: "all", tracks: files.map(({ track }) => track) },
  });
  const big = noise(1_400 * KB, 99);
  const file = await world.put("nas", "big.flac", big);
  assert.deepEqual(await world.read(file), big);
  await world.restart();
  const full = "warn: cannot store what is fetched: the disk of the cache is full";
  assert.equal(world.said.filter((line) => line === full).length, 1);
  assert.deepEqual(await world.read(file), big);
  await world.restart();
  assert.equal(world.said.filter((line) => line === full).length, 1, "said once in a while");
  await world.keeper.clear(null);
  world.now += 10_001;
  await world.keep(file);
  assert.equal(world.storedBytes(file), file.size);
  assert.ok(world.isInStep);
});

Deno.test("a chunk that is gone or damaged is a miss, and fetched again", async () => {
  await using world = await ContentWorld.open();
  const [file] = await library(world, 1);
  await world.keep(file!);
  const { file: number, content: version, size } = file!;
  const parts = world.content.storedParts(number, version, 0, size, 1_000);
  const lost = parts[1]!;
  world.store.remove(lost.hash);
  assert.equal(world.keeper.bytes(lost), undefined);
  await world.keeper.trim();
  assert.equal(world.storedBytes(file!), size - lost.length);
  const { bytes } = world.origin().faulty;
  assert.deepEqual(await world.read(file!), world.origin().memory.files.get(file!.path)!.bytes);
  assert.equal(world.origin().faulty.bytes - bytes, lost.length);
});

Deno.test("once the store was deleted, none of its chunks is promised any more", async () => {
  await using world = await ContentWorld.open();
  const files = await library(world, 3);
  for (const file of files) await world.keep(file);
  const bytes = files.map(({ path }) => world.origin().memory.files.get(path)!.bytes);
  world.store.delete();
  const before = world.events.length;
  for (const [i, file] of files.entries()) {
    await world.fetcher.complete(file.file, KB, new AbortController().signal);
    assert.deepEqual(await world.read(file), bytes[i]);
  }
  await world.restart();
  const types = world.events.slice(before).map(({ type }) => type);
  assert.equal(world.cache.store, world.store.identity());
  assert.equal(types.filter((type) => type === "ChunkCorrupted").length, 0);
  assert.equal(world.said.filter((line) => line.startsWith("warn: what was cached")).length, 1);
  for (const file of files) assert.equal(world.storedBytes(file), file.size);
  assert.ok(world.isInStep);
});

Deno.test("a log describes one store: of another store, or without the log, nothing is known", async () => {
  await using world = await ContentWorld.open();
  const [file] = await library(world, 1);
  await world.keep(file!);
  world.store.identify();
  await world.keeper.look();
  assert.equal(world.storedBytes(file!), 0);
  assert.equal(world.cache.store, world.store.identity());
  await world.keep(file!);
  assert.equal(world.storedBytes(file!), file!.size);
  world.cache.store = undefined;
  assert.ok(!world.keeper.isKnown);
  await world.keeper.look();
  assert.ok(world.keeper.isKnown);
  assert.equal(world.storedBytes(file!), 0);
  assert.ok(!world.store.isSettled(), "what lies there has no name any more");
});

Deno.test("files that were read are given up after those that were not, also by the next engine", async () => {
  await using world = await ContentWorld.open();
  const files = await library(world, 3);
  for (const file of files) await world.keep(file);
  world.now += 1_000;
  world.keeper.touch([files[0]!.file]);
  await world.keeper.noteUse();
  await world.keeper.noteUse();
  const noted = world.events.filter(({ type }) => type === "FilesUsed");
  assert.deepEqual(noted, [{ type: "FilesUsed", v: 1, data: { files: [files[0]!.file] } }]);
  const order = [...world.content.leastRecentlyUsed("metadata")].map(({ file }) => file);
  assert.deepEqual(order, [files[1]!.file, files[2]!.file, files[0]!.file]);
  world.keeper.touch([files[1]!.file]);
  world.now += 3_600_000;
  world.keeper.touch([files[2]!.file]);
  await world.keeper.trim();
  assert.equal(world.events.filter(({ type }) => type === "FilesUsed").length, 2, "once an hour");
});

Deno.test("complete() checks that the stored parts are on the disk", async () => {
  await using world = await ContentWorld.open();
  const [file] = await library(world, 1);
  await world.keep(file!);
  const { file: number, content: version, size } = file!;
  const parts = world.content.storedParts(number, version, 0, size, 1_000);
  for (const { hash } of parts.slice(0, 2)) world.store.remove(hash);
  const lost = parts[0]!.length + parts[1]!.length;
  const done = await world.fetcher.complete(number, size, new AbortController().signal);
  assert.deepEqual(done, { fetched: lost, missing: 0 });
  assert.ok(world.isInStep);
});

Deno.test("verify() finds lost chunks, and files that are no chunk in the log", async () => {
  await using world = await ContentWorld.open();
  const [file] = await library(world, 1);
  await world.keep(file!);
  const { chunks, bytes } = world.content.totals();
  const orphan = noise(20 * KB, 7);
  world.store.put(await nameOf(orphan), orphan);
  const [lost] = world.content.chunks(0, 1);
  world.store.remove(lost!.hash);
  const found = await world.keeper.verify(new AbortController().signal);
  assert.deepEqual({ ...found, corrupt: found.corrupt.map(({ hash }) => hash) }, {
    ...{ chunks, bytes, orphans: 1 },
    corrupt: [lost!.hash],
  });
  assert.ok(world.isInStep);
});

Deno.test("verify() lets other work have a turn, however slow the disk is", async () => {
  await using world = await ContentWorld.open();
  const files = await library(world, 4);
  for (const file of files) await world.keep(file);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  /** The number of turns of the event loop at each access to the disk. */
  const turnsAt: number[] = [];
  const slowly = <T>(answer: T): T => {
    turnsAt.push(turns);
    for (const end = performance.now() + 30; performance.now() < end;);
    return answer;
  };
  const { store } = world;
  const read = store.read.bind(store);
  const list = store.list.bind(store);
  store.read = (...chunk) => slowly(read(...chunk));
  store.list = function* () {
    for (const file of list()) yield slowly(file);
  };
  try {
    await world.keeper.verify(new AbortController().signal);
  } finally {
    clearInterval(timer);
  }
  const { chunks } = world.content.totals();
  assert.equal(turnsAt.length, 2 * chunks);
  assert.ok(turnsAt.every((turn, i) => i === 0 || turn > turnsAt[i - 1]!), String(turnsAt));
});

Deno.test("clear() deletes the chunks of one origin, except those that files of another origin have too", async () => {
  await using world = await ContentWorld.open({ origins: ["nas", "cloud"] });
  const shared = noise(300 * KB, 1);
  const one = await world.put("nas", "a.flac", shared);
  const other = await world.put("cloud", "b.flac", shared);
  const own = await world.put("nas", "c.flac", noise(300 * KB, 2));
  for (const file of [one, other, own]) await world.keep(file);
  assert.deepEqual(await world.keeper.clear("nas"), { tracks: 2, bytes: 300 * KB });
  assert.equal(world.storedBytes(other), other.size);
  assert.deepEqual(await world.keeper.clear(null), { tracks: 1, bytes: 300 * KB });
  assert.deepEqual([...world.store.list()], []);
});

Deno.test("whatever happens, the log promises only present chunks, and a read gives the right bytes", async () => {
  const file = fc.nat(4);
  const step = fc.oneof(
    fc.record({ op: fc.constant("read" as const), file, from: fc.nat(590), length: fc.nat(600) }),
    fc.record({ op: fc.constant("keep" as const), file }),
    fc.record({ op: fc.constant("retag" as const), file, length: fc.integer({ min: 1, max: 90 }) }),
    fc.record({ op: fc.constant("lose" as const), nth: fc.nat(20) }),
    fc.record({ op: fc.constantFrom("clear" as const, "restart" as const, "verify" as const) }),
    fc.record({ op: fc.constant("touch" as const), file }),
  );
  const limits = { content: 900 * KB, metadata: 2 * 5 * EDGE_BYTES };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      await using world = await ContentWorld.open({ limits });
      const lose = watchPromises(world);
      const files = await library(world, 5);
      const bytesOf = ({ path }: FileState) => world.origin().memory.files.get(path)!.bytes;
      for (const it of steps) {
        switch (it.op) {
          case "read": {
            const file = files[it.file]!;
            const to = Math.min(file.size, (it.from + it.length) * KB);
            const read = await world.read(file, it.from * KB, to);
            assert.deepEqual(read, bytesOf(file).slice(it.from * KB, to));
            break;
          }
          case "keep":
            await world.keep(files[it.file]!);
            break;
          case "retag": {
            const { file, path, audio_start } = files[it.file]!;
            const sound = bytesOf(files[it.file]!).slice(audio_start!);
            const { bytes, facts } = song(noise(it.length * KB, it.length), sound, `${it.file}`);
            files[it.file] = await world.put("nas", path, bytes, { ...facts, file });
            break;
          }
          case "lose": {
            const chunks = world.content.chunks(0, 1_000);
            const lost = chunks[it.nth % Math.max(1, chunks.length)];
            if (lost !== undefined) lose(lost.hash);
            await world.keeper.verify(new AbortController().signal);
            break;
          }
          case "touch":
            world.keeper.touch([files[it.file]!.file]);
            break;
          case "clear":
            await world.keeper.clear(null);
            break;
          case "restart":
            await world.restart();
            break;
          case "verify":
            await world.keeper.verify(new AbortController().signal);
        }
      }
      await world.restart();
      assert.ok(world.isInStep);
      const { bytes, metadata_bytes } = world.content.totals();
      assert.ok(bytes - metadata_bytes <= limits.content);
      for (const file of files) assert.deepEqual(await world.read(file), bytesOf(file));
    }),
    { numRuns: 25 },
  );
});

/** Makes the deletion of a chunk fail that the log still promises. Returns a function that deletes one all the same. */
function watchPromises(world: ContentWorld): (hash: string) => void {
  const { store } = world;
  const remove = store.remove.bind(store);
  store.remove = (hash) => {
    assert.ok(!world.content.isStored(hash), "a chunk goes before the log gives it up");
    return remove(hash);
  };
  return remove;
}
