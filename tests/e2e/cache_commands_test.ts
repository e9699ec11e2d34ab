/**
 * The cache as a person sees and changes it: every command over a mount of an origin that is not local, and the same
 * with no daemon running.
 */
import assert from "node:assert/strict";
import type { CacheVerification } from "../../src/control/protocol.ts";
import { run } from "../support/daemon.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { LONG, MB, OTHER, Place, size, test, TRACK } from "../support/cached_albums.ts";

test("track show says where copies of a track are and what of it is stored", async () => {
  await using it = new Place();
  const second = `${it.base}/second`;
  write(`${second}/a/one.flac`, Deno.readFileSync(`${it.origin}/a/one.flac`));
  it.origins(`[[origins]]\nid = "backup"\ntype = "nfs"\npath = "${second}"\npriority = 5`);
  await it.mountAndScan();
  await until("copies are compared", 30_000, async () => {
    // deno-lint-ignore no-explicit-any
    const { copies } = await it.json<any>(["track", "show", `${second}/a/one.flac`]);
    return copies.length === 2;
  });
  await it.json(["cache", "pin", TRACK]);
  const bytes = size(it, "a/one.flac");
  for (const path of [TRACK, `${it.mountpoint}/${TRACK}`, `${second}/a/one.flac`]) {
    // deno-lint-ignore no-explicit-any
    const shown = await it.json<any>(["track", "show", path]);
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any
      shown.copies.map((copy: any) => [copy.origin, copy.health, copy.primary, copy.local]),
      [["nas", "up", true, false], ["backup", "up", false, false]],
    );
    assert.deepEqual([shown.copies[0].path, shown.copies[0].stored_bytes], ["a/one.flac", bytes]);
    assert.equal(shown.pinned, true);
    assert.deepEqual(shown.plays, { count: 0, last_at: null });
    if (shown.origin !== "nas") continue;
    assert.equal(shown.stored.bytes, bytes);
    let end = 0;
    for (const { offset, length, hash } of shown.stored.parts) {
      assert.equal(offset, end);
      assert.match(hash, /^[0-9a-f]{64}$/);
      end += length;
    }
    assert.equal(end, bytes);
    assert.ok(shown.stored.chunks > 0 && shown.stored.chunks <= shown.stored.parts.length);
  }
  const { stdout } = await it.musicfs(["track", "show", TRACK]);
  assert.match(stdout, /^stored +all of it, \d+ chunks?$/m);
  assert.match(stdout, /^pinned +yes$/m);
  assert.match(stdout, /^nas +1 +up +yes +/m);
  assert.match(stdout, /^backup +5 +up +/m);
  assert.match((await it.musicfs(["track", "show", OTHER])).stdout, /^stored +/m);
});

test("clear gives up what is stored, of one origin or of all, and says how much that was", async () => {
  await using it = new Place();
  await it.mountAndScan();
  const { bytes } = await it.json<{ fetched_bytes: number }>(["cache", "warm", "/"])
    .then(() => it.stats());
  assert.ok(bytes > 8 * MB);
  const nobody = await it.musicfs(["cache", "clear", "--origin", "nobody"]);
  assert.equal(nobody.code, 4);
  assert.match(nobody.stderr, /Cannot find an origin 'nobody'\nhint: musicfs origin list/);
  assert.equal((await it.stats()).bytes, bytes);
  assert.deepEqual(
    await it.json(["cache", "clear", "--origin", "nas"]),
    { origin: "nas", tracks: 3, freed_bytes: bytes },
  );
  assert.deepEqual(it.chunkFiles(), []);
  const { stdout } = await it.musicfs(["cache", "clear"]);
  assert.equal(stdout, "Freed 0 B, of 0 files\n");
  assert.deepEqual(it.read(LONG), Deno.readFileSync(`${it.origin}/c/three.flac`));
});

test("verify names what is damaged, drops it, and has it fetched again", async () => {
  await using it = new Place();
  await it.mountAndScan();
  await it.json(["cache", "warm", "/"]);
  const whole = await it.musicfs(["cache", "verify"]);
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(
    whole.stdout,
    /^Read \d+ chunks of the cache, .*; no origin was read\nAll is well\n/,
  );
  for (const alone of [false, true]) {
    if (alone) await it.unmount();
    const [damaged, gone] = it.chunkFiles() as [string, string];
    const bytes = Deno.readFileSync(damaged);
    bytes[0]! ^= 1;
    Deno.writeFileSync(damaged, bytes);
    Deno.removeSync(gone);
    const nobodys = `${it.cacheDir}/chunks/${"00/"}${"0".repeat(64)}`;
    write(nobodys, bytes);
    const { code, stdout } = await it.musicfs(["cache", "verify", "--json"]);
    assert.equal(code, 1);
    const found = JSON.parse(stdout) as CacheVerification;
    const names = [damaged, gone].map((path) => path.slice(-64));
    assert.deepEqual(found.corrupt.map(({ hash }) => hash).sort(), names.sort());
    assert.equal(found.orphans, 1);
    assert.equal((await it.musicfs(["cache", "verify"])).code, 0, "it was dropped");
  }
  await it.mount();
  for (const [path, original] of [[TRACK, "a/one.flac"], [LONG, "c/three.flac"]] as const) {
    assert.deepEqual(it.read(path), Deno.readFileSync(`${it.origin}/${original}`), path);
  }
});

test("with no daemon running, the cache is shown, verified and cleared, and nothing is fetched", async () => {
  await using it = new Place();
  for (const command of ["stats", "verify", "clear"]) {
    assert.equal((await it.musicfs(["cache", command])).code, 4, `${command} of nothing`);
  }
  await it.mountAndScan();
  await it.json(["cache", "pin", TRACK]);
  const before = await it.stats();
  await it.unmount();
  const alone = await it.stats();
  assert.deepEqual([alone.hits, alone.misses, alone.hit_rate], [null, null, null]);
  assert.deepEqual(
    [alone.bytes, alone.chunks, alone.limit_bytes, alone.pins],
    [before.bytes, before.chunks, before.limit_bytes, before.pins],
  );
  assert.match((await it.musicfs(["cache", "stats"])).stdout, /^reads +unknown, since no daemon/m);
  for (const command of ["pin", "unpin", "warm"]) {
    const { code, stderr } = await it.musicfs(["cache", command, TRACK]);
    assert.equal(code, 3, command);
    assert.match(stderr, /none is running.*\nhint: .*musicfs mount/, command);
  }
  assert.equal((await it.musicfs(["cache", "clear", "--origin", "nobody"])).code, 4);
  assert.deepEqual(
    await it.json(["cache", "clear", "--origin", "nas"]),
    { origin: "nas", tracks: 1, freed_bytes: before.bytes },
  );
  assert.deepEqual(it.chunkFiles(), []);
  assert.equal((await it.stats()).pinned_tracks, 1, "a pin outlives what was stored of it");
  assert.equal((await it.musicfs(["events", "verify"])).code, 0);
});

test("a daemon that holds the log and is not to be reached keeps the cache from being changed", async () => {
  await using it = new Place();
  await it.mountAndScan();
  await it.json(["cache", "warm", TRACK]);
  for (const command of ["clear", "verify"]) {
    const elsewhere = it.command(["cache", command])
      .map((arg) => arg === it.socket ? `${it.base}/other.sock` : arg);
    const { code, stderr } = await run(elsewhere, { env: it.environment() });
    assert.equal(code, 1, command);
    assert.match(
      stderr,
      /Cannot use \S+: process \d+ \(musicfs mount \S+\) uses it\nhint: /,
    );
  }
  assert.ok((await it.stats()).bytes > 0);
});
