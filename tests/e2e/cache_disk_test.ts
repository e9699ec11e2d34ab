/**
 * The cache's disk fills up, its directory is deleted under the daemon, and the disk goes away and comes back. Files
 * can still be read, no change that happens meanwhile is lost, and nothing has to be restarted.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "mount") && Deno.uid() === 0;

class Place extends Installation {
  constructor() {
    super();
    this.configure(
      `template = "$title.$format"\n[[origins]]\nid = "here"\npath = "${this.origin}"\n`,
    );
    this.add("One");
  }

  add(title: string, count: number = 1): void {
    for (let i = 0; i < count; i++) {
      const name = count === 1 ? title : `${title} ${i}`;
      write(
        `${this.origin}/${title}/${name}.flac`,
        flacFile({ title: name, artist: "Ann" }, { seed: i }),
      );
    }
  }

  async names(): Promise<string[]> {
    const { stdout, stderr } = await run(["ls", this.mountpoint]);
    assert.equal(stderr, "");
    return stdout.split("\n").filter((name) => name !== "");
  }

  /** Mounts a disk of this many MB for the cache. */
  async ownDisk(mb: number): Promise<AsyncDisposable> {
    Deno.mkdirSync(this.cacheDir, { recursive: true });
    await sh(`mount -t tmpfs -o size=${mb}m tmpfs ${this.cacheDir}`);
    return { [Symbol.asyncDispose]: () => sh(`umount -l ${this.cacheDir}`) };
  }
}

async function sh(command: string): Promise<void> {
  const { code, stderr } = await run(["sh", "-c", command]);
  assert.equal(code, 0, stderr);
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !ready, fn });
}

test("changes found while the cache's disk is full are shown later, and the reason is logged once", async () => {
  await using it = new Place();
  await using _disk = await it.ownDisk(16);
  await it.mountAndScan();
  await run(["sh", "-c", `head -c 20M /dev/zero > ${it.cacheDir}/fill`]);
  it.add("Full", 2_000);
  const isSaid = () => it.log.includes("the disk is full; what changes is noted and shown later");
  await until("it says that the disk is full", 30_000, isSaid);
  assert.deepEqual(await it.names(), ["One.flac"]);
  const bytes = Deno.readFileSync(`${it.mountpoint}/One.flac`);
  assert.deepEqual(bytes, Deno.readFileSync(`${it.origin}/One/One.flac`));
  assert.equal(it.log.includes("a fault of MusicFS"), false);
  Deno.removeSync(`${it.cacheDir}/fill`);
  await until("everything is there", 60_000, async () => (await it.names()).length === 2_001);
  assert.equal(it.log.split("the disk is full; what changes").length - 1, 1, it.log);
  assert.match(it.log, /the library can be written again/);
});

test("a cache directory that is deleted while it is in use comes back by itself", async () => {
  await using it = new Place();
  await it.mountAndScan();
  const before = Deno.statSync(`${it.mountpoint}/One.flac`);
  Deno.removeSync(it.cacheDir, { recursive: true });
  assert.deepEqual(await it.names(), ["One.flac"]);
  const isShown = async () =>
    (await it.musicfs(["track", "show", "One.flac"])).code === 0 &&
    (await it.status()).library.tracks === 1;
  await until("others find the library again", 30_000, isShown);
  assert.equal((await it.musicfs(["events", "verify"])).code, 0);
  assert.equal((await it.musicfs(["cache", "verify"])).code, 0);
  it.add("Two");
  await until("changes are shown", 20_000, async () => (await it.names()).length === 2);
  assert.equal(Deno.statSync(`${it.mountpoint}/One.flac`).ino, before.ino);
});

test("a disk of the cache that goes away and comes back is used again", async () => {
  await using it = new Place();
  Deno.mkdirSync(it.cacheDir, { recursive: true });
  Deno.mkdirSync(`${it.base}/disk`);
  await sh(`mount --bind ${it.base}/disk ${it.cacheDir}`);
  try {
    await it.mountAndScan();
    await sh(`umount -l ${it.cacheDir}`);
    it.add("Two");
    await until("changes are shown", 30_000, async () => (await it.names()).length === 2);
    await sh(`mount --bind ${it.base}/disk ${it.cacheDir}`);
    it.add("Three");
    await until("they still are", 30_000, async () => (await it.names()).length === 3);
    await until(
      "all of it is known to others",
      30_000,
      async () => (await it.status()).library.tracks === 3,
    );
    assert.equal((await it.musicfs(["events", "verify"])).code, 0);
  } finally {
    await it.unmount();
    await sh(`umount -l ${it.cacheDir}`);
  }
});
