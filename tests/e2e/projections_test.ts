/** The log is the truth: whatever happens to the files derived from it, they come back the same. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow, inodes } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");
const TEMPLATE = "${albumartist|artist}/$album/{$disc-}$track $title.$format";

Deno.test({
  name: "without its cache directory the same tree comes back with the same inode numbers",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 5, albums: 3, tracks: 8 });
    await it.mountAndScan(["--template", TEMPLATE]);
    Deno.removeSync(`${it.origin}/${filesBelow(it.origin)[0]}`);
    await until("the deletion", 5000, async () => (await it.status()).library.tracks === 119);
    const before = await inodes(it.mountpoint);
    await it.unmount();
    Deno.removeSync(it.cacheDir, { recursive: true });
    await it.mountAndScan(["--template", TEMPLATE]);
    assert.deepEqual(await inodes(it.mountpoint), before);
    const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
    assert.ok(verified.identical);
  },
});

Deno.test({
  name:
    "two origins with the same files are one tree; what one of them loses is read from the other",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const mirror = `${it.base}/mirror`;
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 4 });
    assert.equal((await run(["cp", "-a", it.origin, mirror])).code, 0);
    const args = ["--origin", mirror, "--template", TEMPLATE];
    await it.mountAndScan(args);
    await until(
      "copies are compared",
      30_000,
      async () => (await it.status()).library.tracks === 16,
    );
    const before = await inodes(it.mountpoint);
    const [lost] = filesBelow(it.origin);
    const copiesLeft = async () => {
      const shown = await it.json<{ copies: { origin: string }[] }>([
        ...["track", "show", `${mirror}/${lost}`],
      ]);
      return shown.copies.length;
    };
    assert.equal(await copiesLeft(), 2);
    Deno.removeSync(`${it.origin}/${lost}`);
    await until("the deletion", 10_000, async () => await copiesLeft() === 1);
    assert.deepEqual(await inodes(it.mountpoint), before);
    for (const path of filesBelow(it.mountpoint)) {
      assert.equal((await run(["cat", `${it.mountpoint}/${path}`])).code, 0, path);
    }
    await it.unmount();
    Deno.removeSync(it.cacheDir, { recursive: true });
    await it.mountAndScan(args);
    assert.deepEqual(await inodes(it.mountpoint), before);
    assert.ok((await it.json<{ identical: boolean }>(["events", "verify"])).identical);
  },
});

Deno.test({
  name: "a corrupt projection file is rebuilt from the log",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 4 });
    await it.mountAndScan();
    const before = await inodes(it.mountpoint);
    await it.unmount();
    // The rows of the library, and those of the cache.
    const files = () => filesBelow(it.cacheDir).filter((path) => path.endsWith(".sqlite"));
    assert.equal(files().length, 2);
    const damages = ["garbage", "truncated", "empty"].flatMap((damage) =>
      ["chunks/", "projections/"].map((place) => [damage, place] as const)
    );
    for (const [damage, place] of damages) {
      const path = `${it.cacheDir}/${files().find((name) => name.startsWith(place))}`;
      const bytes = Deno.readFileSync(path);
      if (damage === "garbage") bytes.fill(0x5a, 0, bytes.length);
      Deno.writeFileSync(
        path,
        damage === "garbage"
          ? bytes
          : bytes.subarray(0, damage === "empty" ? 0 : bytes.length >> 1),
      );
      for (const side of ["-wal", "-shm"]) {
        if (exists(path + side)) Deno.removeSync(path + side);
      }
      await it.mountAndScan();
      assert.deepEqual(await inodes(it.mountpoint), before, damage);
      await it.unmount();
    }
  },
});

Deno.test({
  name: "a library that is damaged under the mount is an error first, and whole again soon",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_ENGINE_IDLE_MS: "200" };
    makeLibrary(it.origin, { artists: 10, albums: 4, tracks: 12 });
    await it.mountAndScan();
    const before = await inodes(it.mountpoint);
    // After a new mount no process has the pages in memory.
    await it.unmount();
    await it.mount(["--no-scan"]);
    await until(
      "the engine leaves",
      10_000,
      async () => (await it.status()).engine.state === "off",
    );
    const name = filesBelow(it.cacheDir).find((path) => /^projections\/.*\.sqlite$/.test(path))!;
    const file = Deno.openSync(`${it.cacheDir}/${name}`, { write: true });
    file.seekSync(8192, Deno.SeekMode.Start);
    for (let at = 8192; at < file.statSync().size; at += 8192) {
      file.writeSync(new Uint8Array(8192).fill(0x5a));
    }
    file.close();
    const listed = await run(["find", it.mountpoint]);
    assert.ok(listed.code !== 0, "what cannot be read is an error");
    await until("the library is built again", 20_000, async () => {
      return (await run(["find", it.mountpoint])).code === 0;
    });
    assert.deepEqual(await inodes(it.mountpoint), before);
  },
});

Deno.test({
  name:
    "events of a newer version that this one may pass over are passed over, and stay in the log",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    const before = await inodes(it.mountpoint);
    await it.unmount();
    const last = async () => (await it.json<{ last_seq: number }>(["events", "list"])).last_seq;
    const known = await last();
    await appendNewer(it, ["passable"]);
    assert.equal(await last(), known);
    await it.mount();
    assert.deepEqual(await inodes(it.mountpoint), before);
    makeLibrary(it.origin, { artists: 1, albums: 2, tracks: 2 });
    await it.rescan();
    assert.equal((await it.musicfs(["events", "verify"])).code, 0);
    await it.unmount();
    const shown = await it.musicfs(["events", "show", `${known + 1}`]);
    assert.equal(shown.code, 4);
    assert.match(shown.stderr, /none at that position that this version knows/);
    assert.ok(await last() > known + 1);
    Deno.removeSync(it.cacheDir, { recursive: true });
    await it.mount();
    assert.equal((await it.status()).library.tracks, 4);
  },
});

async function appendNewer(it: Installation, args: readonly string[]): Promise<void> {
  const script = new URL("../support/append_newer_event.ts", import.meta.url).pathname;
  const { code, stderr } = await run([Deno.execPath(), "run", "-A", script, it.stateDir, ...args]);
  assert.equal(code, 0, stderr);
}

Deno.test({
  name: "a log written by a newer version is refused clearly, and nothing is changed",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    await it.unmount();
    await appendNewer(it, []);
    Deno.removeSync(it.cacheDir, { recursive: true });
    const { code, stderr } = await it.musicfs(["mount", it.mountpoint, "--origin", it.origin], {
      seconds: 30,
    });
    assert.ok(code === 1 || code === 2, `exit code ${code}`);
    assert.match(stderr, /newer/i);
    const listed = await it.musicfs(["events", "list"]);
    assert.ok(listed.code !== 0);
    assert.match(listed.stderr, /newer/i);
  },
});
