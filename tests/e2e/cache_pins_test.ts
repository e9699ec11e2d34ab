/** Pinned and warmed tracks, over a mount: they are fetched, kept, and fetched again. */
import assert from "node:assert/strict";
import { connectControl } from "../../src/control/mod.ts";
import type { CacheVerification, Status } from "../../src/control/protocol.ts";
import { until } from "../support/until.ts";
import { equal, LONG, MB, Place, size, test, TRACK } from "../support/cached_albums.ts";

test("pin, warm and unpin fetch and keep the named tracks, and report it", async () => {
  await using it = new Place({ origin: 'daily_budget = "1 GB"' });
  await it.mountAndScan();
  const empty = await it.stats();
  assert.deepEqual(Object.keys(empty).sort(), [
    ...["bytes", "chunks", "dedup_ratio", "hit_rate", "hits", "limit_bytes", "metadata_bytes"],
    ...["metadata_limit_bytes", "misses", "origins", "pinned_tracks", "pins", "provisional_bytes"],
  ]);
  assert.deepEqual(
    [empty.limit_bytes, empty.metadata_limit_bytes, empty.hits, empty.misses, empty.pins],
    [10_000_000_000, 100_000_000, 0, 0, []],
  );

  // A path into the mount, a path below the mount point, and words mean the same to a person.
  const first = size(it, "a/one.flac");
  const pinned = await it.json(["cache", "pin", `${it.mountpoint}/Ann/First`]);
  assert.deepEqual(pinned, { query: "Ann/First", tracks: 1, fetched_bytes: first });
  assert.deepEqual(
    await it.json(["cache", "pin", "Ann/First/"]),
    { query: "Ann/First", tracks: 1, fetched_bytes: 0 },
  );
  assert.deepEqual(
    await it.json(["cache", "warm", "ann SECOND"]),
    { query: "ann SECOND", tracks: 1, fetched_bytes: size(it, "b/two.flac") },
  );
  assert.deepEqual(
    await it.json(["cache", "warm", "album_artist:ann OR artist:ann -album:first"]),
    {
      ...{ query: "album_artist:ann OR artist:ann -album:first", tracks: 1, fetched_bytes: 0 },
    },
  );
  const figures = await it.stats();
  assert.equal(figures.pinned_tracks, 1);
  const [pin] = figures.pins;
  assert.deepEqual([pin!.query, pin!.tracks, pin!.bytes, pin!.at_hand_bytes], [
    ...["Ann/First", 1, first, first],
  ]);
  const [nas] = figures.origins;
  assert.deepEqual(
    [nas!.id, nas!.type, nas!.stored_files, nas!.stored_bytes, nas!.egress.daily_budget_bytes],
    ["nas", "nfs", 2, first + size(it, "b/two.flac"), 1_000_000_000],
  );
  const client = await connectControl(it.socket);
  const answer = await client.request("cache.stats", {});
  await client.close();
  assert.equal(answer.dedup_ratio, 1 - answer.chunks_unique / answer.chunks_stored);
  const everywhere = [figures.dedup_ratio, (await it.status()).cache.dedup_ratio];
  assert.deepEqual(everywhere, [answer.dedup_ratio, answer.dedup_ratio]);
  const shown = await it.musicfs(["cache", "stats"]);
  assert.match(shown.stdout, /^content +\S+ B of 10 GB$/m);
  assert.match(shown.stdout, /^nas +nfs +2 +.* of 1 GB +/m);
  assert.match(shown.stdout, /^Ann\/First +1 +(.+) of \1$/m);

  const unread = await it.musicfs(["cache", "pin", "ann year:sixties"]);
  assert.equal(unread.code, 2);
  assert.equal(
    unread.stderr,
    "musicfs: Cannot read the query: expected a number at character 10, found 's'\n" +
      "  ann year:sixties\n           ^\nhint: musicfs help query explains how to write one\n",
  );

  // Words that do not begin like a path are words in any directory.
  assert.equal((await it.json<{ tracks: number }>(["cache", "warm", "/"])).tracks, 3);
  assert.deepEqual(it.read(LONG), Deno.readFileSync(`${it.origin}/c/three.flac`));
  const after = await it.stats();
  assert.ok(after.hits! > 0, "what was fetched before is read from the store");
  assert.equal(after.misses, 0);
  assert.equal(after.hit_rate, 1);
  const status = await it.musicfs(["status"]);
  assert.match(status.stdout, /^cache +\S+ MB of 10 GB, .* hit rate 100 %, 1 track pinned$/m);

  const unpinned = await it.json(["cache", "unpin", `${it.mountpoint}/Ann/First`]);
  assert.deepEqual(unpinned, { query: "Ann/First", tracks: 1 });
  assert.deepEqual((await it.stats()).pins, []);
  for (const command of ["pin", "unpin", "warm"]) {
    const { code, stderr } = await it.musicfs(["cache", command, "Nobody at all"]);
    assert.equal(code, 4, command);
    assert.match(stderr, /Cannot find "Nobody at all".*\nhint: /);
  }
});

test("Ctrl-C ends the wait for a fetch, and keeps the bytes fetched so far", async () => {
  await using it = new Place({ origin: 'bandwidth = "4 MB"', longBytes: 30 * MB });
  await it.mountAndScan();
  const child = it.spawn(["cache", "warm", LONG]);
  const client = await connectControl(it.socket);
  const work = async () => (await client.request("status", {})).cache.work;
  const total = size(it, "c/three.flac");
  await until("something is fetched", 20_000, async () => {
    const now = await work();
    if (now !== null) assert.deepEqual([now.what, now.total_bytes], ["warm", total]);
    return now !== null && now.done_bytes > 0;
  });
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  await until("the daemon leaves off", 10_000, async () => await work() === null);
  await client.close();
  await until("what came is stored", 10_000, async () => (await it.stats()).bytes > 0);
  assert.ok((await it.stats()).bytes < total);
});

test("pinned tracks are fetched whether or not somebody waits, and again when their chunks are lost", async () => {
  await using it = new Place({ origin: 'bandwidth = "8 MB"', longBytes: 20 * MB });
  await it.mountAndScan();
  const child = it.spawn(["cache", "pin", LONG]);
  await until("it is pinned", 20_000, async () => (await it.stats()).pins.length > 0);
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  const isWhole = async () => {
    const { pins: [pin] } = await it.stats();
    return pin!.at_hand_bytes === pin!.bytes;
  };
  await until("all of it is there", 30_000, isWhole);
  const { freed_bytes } = await it.json<{ freed_bytes: number }>(["cache", "clear"]);
  assert.ok(freed_bytes >= 20 * MB);
  await until("all of it is there again", 30_000, isWhole);
});

test("only bytes on the disk are reported as at hand, and lost chunks of pinned tracks are fetched again", async () => {
  await using it = new Place();
  await it.mountAndScan();
  await it.json(["cache", "pin", "Ann"]);
  const whole = size(it, "a/one.flac") + size(it, "b/two.flac");
  const atHand = async () => (await it.stats()).pins[0]!.at_hand_bytes;
  const stored = async () =>
    (await it.json<{ stored: { bytes: number } }>(["track", "show", TRACK])).stored.bytes;
  assert.deepEqual([await atHand(), await stored()], [whole, size(it, "a/one.flac")]);
  // Some chunks are deleted while mounted: stats count the remaining ones, and a read restores the others.
  const [some] = it.chunkFiles();
  Deno.removeSync(some!);
  assert.ok(await atHand() < whole);
  assert.match((await it.musicfs(["cache", "verify"])).stdout, /^Dropped 1 damaged chunk/m);
  await until("it is whole", 30_000, async () => await atHand() === whole);
  // All chunks are deleted.
  Deno.removeSync(`${it.cacheDir}/chunks`, { recursive: true });
  const nothing = await it.stats();
  assert.deepEqual([nothing.bytes, nothing.chunks, nothing.pins[0]!.at_hand_bytes], [0, 0, 0]);
  assert.equal(await stored(), 0);
  assert.equal((await it.json<CacheVerification>(["cache", "verify"])).chunks, 0);
  await until("it is whole again", 30_000, async () => await atHand() === whole);
  assert.equal(it.log.split("what was cached is gone").length - 1, 1, it.log);
  assert.equal(it.log.split("damaged chunk").length - 1, 1, it.log);
});

test("pinned tracks of a local origin are stored as well", async () => {
  await using it = new Place();
  it.origins("", "local");
  await it.mountAndScan();
  const pinned = await it.json(["cache", "pin", "Ann"]);
  const bytes = size(it, "a/one.flac") + size(it, "b/two.flac");
  assert.deepEqual(pinned, { query: "Ann", tracks: 2, fetched_bytes: bytes });
  const { pins: [pin] } = await it.stats();
  assert.deepEqual([pin!.bytes, pin!.at_hand_bytes], [bytes, bytes]);
  // Large enough for pass-through while the folder is there.
  await it.json(["cache", "pin", "Ben"]);
  const originals = ["a/one.flac", "c/three.flac"].map((path) =>
    Deno.readFileSync(`${it.origin}/${path}`)
  );
  Deno.renameSync(it.origin, `${it.origin}.away`);
  try {
    assert.deepEqual([it.read(TRACK), it.read(LONG)], originals, "the folder is away");
    await it.json(["cache", "unpin", "Ben"]);
    await it.json(["cache", "clear"]);
    assert.throws(() => it.read(LONG), /os error 5/);
  } finally {
    Deno.renameSync(`${it.origin}.away`, it.origin);
  }
  await until("the folder is back", 30_000, () => equal(it.read(LONG), originals[1]!));
  assert.deepEqual(
    await it.json(["cache", "warm", "Ben"]),
    { query: "Ben", tracks: 1, fetched_bytes: 0 },
    "it is read where it lies",
  );
});

test("tracks that can't be fetched, or would not fit, are reported", async () => {
  await using it = new Place({ cache: "1 MB" });
  it.env = { MUSICFS_HEALTH_CHECK_MS: "1000" };
  await it.mountAndScan();
  const large = await it.musicfs(["cache", "pin", "/"]);
  assert.equal(large.code, 1);
  assert.match(
    large.stderr,
    /Cannot keep 3 tracks of 8(\.\d+)? MB: the cache holds 1 MB\nhint: cache\.size/,
  );
  assert.deepEqual((await it.stats()).pins, []);
  // The engine that scanned still has the small files in memory, so another one is needed.
  await it.unmount();
  await it.mount(["--no-scan"]);
  Deno.renameSync(it.origin, `${it.origin}.away`);
  const away = await it.musicfs(["cache", "pin", "Ann"]);
  // Once the origin is back, the engine fetches at a moment of its own.
  const [pin] = (await it.stats()).pins;
  Deno.renameSync(`${it.origin}.away`, it.origin);
  assert.equal(away.code, 1);
  assert.match(away.stderr, /Cannot fetch 2 of 2 tracks: .*\nhint: musicfs origin list/);
  assert.deepEqual([pin!.query, pin!.tracks, pin!.at_hand_bytes], ["Ann", 2, 0]);
  await until("it is fetched once the origin is there", 60_000, async () => {
    const { pins: [pin] } = await it.stats();
    return pin!.at_hand_bytes === pin!.bytes;
  });
  const status: Status = await it.status();
  assert.equal(status.cache.pinned_tracks, 2);
});
