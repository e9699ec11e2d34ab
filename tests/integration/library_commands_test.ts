import assert from "node:assert/strict";
import { join } from "node:path";
import { pinned, played, stored } from "../support/content_events.ts";
import { Home } from "../support/home.ts";

Deno.test("origin list shows the origins as the log knows them", async () => {
  await using home = new Home();
  await home.library();
  const { value } = await home.json("origin", "list");
  assert.equal(value.origins.length, 1);
  const [origin] = value.origins;
  assert.deepEqual(
    [origin.id, origin.type, origin.root, origin.tracks],
    ["music", "local", home.music, 1],
  );
  assert(origin.last_scan_at > 0);
  assert.deepEqual([origin.priority, origin.health, origin.reason], [1, "unknown", null]);
  assert.equal(origin.latency_ms, null);
  assert.deepEqual(origin.egress, { today_bytes: 0, daily_budget_bytes: null, total_bytes: 0 });
  const { stdout } = await home.musicfs("origin", "list");
  assert.match(stdout, /^ORIGIN .*\nmusic +local +1 +unknown +- +1 +- +/);
});

Deno.test("origin list shows why an origin is down, and what was read of its daily budget", async () => {
  await using home = new Home();
  home.config(
    '[[origins]]\nid = "bucket"\ntype = "s3"\nbucket = "b"\ndaily_budget = "5 GB"\n',
  );
  const transferred = { type: "OriginTransferred", v: 1 } as const;
  await home.append(
    {
      type: "OriginConfigured",
      v: 1,
      data: { origin: "bucket", kind: "s3", root: "s3://b", priority: 2 },
    },
    { ...transferred, data: { origin: "bucket", bytes: 1_000_000 } },
    { ...transferred, data: { origin: "bucket", bytes: 500_000 } },
    {
      type: "OriginHealthChanged",
      v: 1,
      data: { origin: "bucket", health: "down", reason: "It refused\u001b the credentials" },
    },
  );
  assert.equal((await home.musicfs("events", "replay")).code, 0);
  const [origin] = (await home.json("origin", "list")).value.origins;
  assert.deepEqual([origin.health, origin.reason], ["down", "It refused\u001b the credentials"]);
  assert.equal(origin.egress.daily_budget_bytes, 5_000_000_000);
  assert.equal(origin.egress.total_bytes, 1_500_000);
  // Midnight in UTC may pass between the two clocks.
  assert([0, 1_500_000].includes(origin.egress.today_bytes));
  const { stdout } = await home.musicfs("origin", "list");
  assert.match(stdout, /\nbucket +s3 +2 +down +- +0 +(1\.5 MB|0 B) of 5 GB +never +s3:\/\/b\n/);
  assert.match(stdout, /\nbucket: It refused\\x1b the credentials\n$/);
});

Deno.test("track show finds a track by its virtual and its real path, and names the source of each tag", async () => {
  await using home = new Home();
  await home.library();
  const real = join(home.music, "Artist/Album/01 From Path.flac");
  const virtual = "Tagged Artist/Tagged Album/01 - From Path.flac";
  for (const path of [virtual, `/${virtual}`, real, "Music/Artist/Album/01 From Path.flac"]) {
    const { code, value } = await home.json("track", "show", path);
    assert.equal(code, 0, path);
    assert.equal(value.virtual_path, virtual);
    assert.equal(value.real_path, real);
    assert.deepEqual(value.used.artist, { value: "Tagged Artist", source: "embedded" });
    assert.deepEqual(value.used.title, { value: "From Path", source: "path" });
    assert.deepEqual(value.used.track, { value: 1, source: "path" });
  }
  const { stdout } = await home.musicfs("track", "show", virtual);
  assert.match(stdout, /^title +From Path +path$/m);
  assert.match(stdout, /FLAC, 1 min 1 s, 44100 Hz, 2 channels/);
  assert.equal((await home.musicfs("track", "show", "Nobody/Nothing")).code, 4);
});

Deno.test("cache stats counts what is stored according to the log, with a broken configuration too", async () => {
  await using home = new Home();
  await home.library();
  home.config('[cache]\nsize = "2 GB"\n');
  const chunk = (first: string, length: number) => ({ hash: first.repeat(64), length });
  await home.cached(stored(1024, 4, 0, chunk("a", 400), chunk("b", 200), chunk("a", 400)));
  await home.append(
    pinned("an\u001b album", 1024),
    played(1024),
  );
  assert.equal((await home.musicfs("events", "replay")).code, 0);
  const { value } = await home.json("cache", "stats");
  assert.deepEqual([value.bytes, value.chunks, value.dedup_ratio], [600, 2, 1 - 2 / 3]);
  assert.deepEqual([value.limit_bytes, value.metadata_limit_bytes], [2e9, 100e6]);
  assert.deepEqual([value.hits, value.misses, value.hit_rate], [null, null, null]);
  // Neither the file nor its chunks are on any disk, so nothing was found at hand.
  const [pin] = value.pins;
  assert.deepEqual([pin.query, pin.tracks, pin.bytes, pin.at_hand_bytes], [
    ...["an\u001b album", 1, 1_000, 0],
  ]);
  assert.deepEqual(value.origins, [{
    ...{ id: "music", type: "local", stored_files: 1, stored_bytes: 1_000, provisional_bytes: 0 },
    egress: { today_bytes: 0, daily_budget_bytes: null, total_bytes: 0 },
  }]);
  const { stdout } = await home.musicfs("cache", "stats");
  assert.match(stdout, /^dedup ratio +0\.33$/m);
  assert.match(stdout, /^an\\x1b album +1 +0 B of 1 kB$/m);

  const shown = (await home.json("track", "show", "Tagged Artist/Tagged Album/01 - From Path.flac"))
    .value;
  assert.deepEqual([shown.stored.bytes, shown.stored.chunks, shown.pinned], [0, 0, true]);
  assert.equal(shown.plays.count, 1);

  home.config("nonsense = 1\n");
  const broken = (await home.json("cache", "stats")).value;
  assert.deepEqual([broken.bytes, broken.limit_bytes], [600, null]);
  assert.equal((await home.musicfs("cache", "clear")).code, 0);
  assert.equal((await home.json("cache", "stats")).value.bytes, 0);
});

Deno.test("track unreadable names files and directories with reasons, and no name controls the terminal", async () => {
  await using home = new Home();
  await home.library();
  const { value } = await home.json("track", "unreadable");
  assert.deepEqual(value.files, [
    { file: 1025, origin: "music", path: "bad\n\uef80.mp3", reason: "No MPEG frame" },
  ]);
  assert.deepEqual(value.directories, [
    { origin: "music", path: "locked", reason: "Permission denied" },
  ]);
  const { stdout } = await home.musicfs("track", "unreadable");
  assert.match(stdout, /^music +bad\\n\\x80\.mp3 +No MPEG frame$/m);
  assert.match(stdout, /^music +locked\/ +Permission denied$/m);
});
