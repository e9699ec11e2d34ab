/**
 * Damage to the cache while remote files are read: a damaged chunk is a miss and no fault of the origin, and a full
 * disk makes no read fail. The last test does everything at once.
 *
 * MUSICFS_TEST_SEED repeats the random part, MUSICFS_CHAOS_MS sets its length.
 */
import assert from "node:assert/strict";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { READ_DEADLINE_MS } from "../../src/base/mod.ts";
import { run } from "../support/daemon.ts";
import { openPlace } from "../support/remote_library.ts";
import {
  Bucket,
  CALL_MS_MAX,
  pause,
  rightAgain,
  Scene,
  settled,
  test,
} from "../support/remote_scene.ts";
import { type S3Fault } from "../support/s3_front.ts";
import { until } from "../support/until.ts";

const CHAOS_MS = Number(Deno.env.get("MUSICFS_CHAOS_MS") ?? 15_000);

test("chunk files that are flipped, truncated, deleted or replaced are misses, and no fault of the origin", async (t) => {
  await using place = await openPlace("sftp");
  await using scene = Scene.on(place);
  await scene.it.mountAndScan();
  await scene.readsRight();
  await settled(scene);
  const harmed = async () => {
    assert.equal(await scene.it.unmount(), 0, scene.it.log);
    const files = scene.chunkFiles();
    files.forEach((path, i) => HARMS[i % HARMS.length]!(path));
    scene.it.log = "";
    await scene.it.mount();
    return files.length;
  };

  await t.step("damaged chunks are fetched again when they are read", async () => {
    const files = await harmed();
    await scene.readsRight();
    await until(
      "every bad chunk is noted",
      CALL_MS_MAX,
      () => scene.events("ChunkCorrupted").length >= files,
    );
    const reasons = scene.events("ChunkCorrupted").map(({ data }) => data.reason).join("\n");
    assert.match(reasons, /checksum/);
    assert.equal((await scene.origin()).health, "up");
    assert.deepEqual(scene.events("OriginHealthChanged").map(({ data }) => data.health), ["up"]);
  });

  await t.step("the cache is whole again", async () => {
    // A good part of a damaged chunk may have been used, so that the dropped chunk was not fetched.
    await settled(scene);
    await scene.remount();
    await scene.readsRight();
    await settled(scene);
    const corrupt = scene.events("ChunkCorrupted").length;
    await scene.remount();
    await scene.readsRight();
    assert.equal((await scene.it.status()).cache.misses, 0);
    assert.equal(scene.events("ChunkCorrupted").length, corrupt);
  });

  await t.step("without the origin, bytes of damaged chunks are refused", async () => {
    await place.goOffline();
    await harmed();
    const outcomes = await scene.read();
    assert.deepEqual(outcomes, ["EIO"], scene.it.log);
    await place.comeBack();
    await scene.isUp();
    await scene.readsRight();
  });
});

test("a full disk of the cache: reads are answered straight from the origin", async (t) => {
  for (const what of ["chunks", "cache"] as const) {
    await t.step(what === "chunks" ? "for chunks" : "for everything", async () => {
      await using place = await openPlace("s3");
      await using scene = Scene.on(place);
      const directory = what === "chunks" ? scene.chunks : scene.it.cacheDir;
      await using _disk = await SmallDisk.mount(directory, what === "chunks" ? "1500k" : "4m");
      await scene.it.mountAndScan();
      await scene.readsRight();
      await scene.clearCache();
      await scene.readsRight();
      assert.match(scene.it.log, /disk (of the cache )?is full/);
      assert.equal((await scene.origin()).health, "up");
      assert.deepEqual(scene.events("ChunkCorrupted"), []);
      assert.equal(await scene.it.unmount(), 0, scene.it.log);
    });
  }
}, Deno.uid() === 0);

test("a cache directory that is deleted while mounted", async (t) => {
  await using place = await openPlace("s3");
  await using scene = Scene.on(place);
  await scene.it.mountAndScan();
  await scene.readsRight();
  await settled(scene);

  await t.step("its chunks", async () => {
    await Deno.remove(scene.chunks, { recursive: true });
    await scene.readsRight();
    await settled(scene);
    assert.ok(scene.chunkFiles().length > 0, "they are stored anew");
    assert.equal((await scene.origin()).health, "up");
  });

  await t.step("something else takes the place of its chunks", async () => {
    await Deno.remove(scene.chunks, { recursive: true });
    Deno.writeTextFileSync(scene.chunks, "not a directory");
    await scene.readsRight();
    await settled(scene);
    assert.match(scene.it.log, /what was cached is out of reach: /);
    const { log } = scene.it;
    await scene.clearCache();
    await scene.readsRight();
    await settled(scene);
    const lines = scene.it.log.slice(log.length).split("\n").filter((it) => it.includes("store"));
    assert.ok(lines.length <= 1, lines.join("\n"));
    assert.equal((await scene.origin()).health, "up");
    Deno.removeSync(scene.chunks);
  });

  await t.step("all of it", async () => {
    await Deno.remove(scene.it.cacheDir, { recursive: true });
    await scene.read();
    await scene.remount();
    await scene.it.scanned();
    await scene.readsRight();
  });
});

test("everything at once", async () => {
  const seed = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}: MUSICFS_TEST_SEED=${seed} repeats this run`);
  const random = randomNumbers(seed);
  await using bucket = await Bucket.open();
  const { scene, front } = bucket;
  scene.it.configure(`[cache]\nsize = "4 MB"\n${scene.table}`);
  await scene.it.mountAndScan();
  const faults: S3Fault[] = ["short", "endless", "silence", { status: 503, code: "SlowDown" }];
  front.fault = () => random(10) === 0 ? faults[random(faults.length)] : undefined;
  const troubles: (() => Promise<unknown> | void)[] = [
    async () => {
      const { engine } = await scene.it.status();
      if (engine.pid !== null) Deno.kill(engine.pid, "SIGKILL");
    },
    () => scene.clearCache().catch(() => {}),
    // When the engine is killed during the rescan, the rescan fails.
    () => void scene.it.rescan().catch(() => {}),
    ...Array.from({ length: 5 }, () => () => harmSome(scene, random)),
  ];
  const end = Date.now() + CHAOS_MS;
  const reads = async () => {
    let times = 0;
    // A fetch that fails may take its whole deadline, and the engine may be killed during it.
    for (; Date.now() < end; times++) await scene.read(READ_DEADLINE_MS + CALL_MS_MAX);
    assert.ok(times > 0);
  };
  const trouble = async () => {
    while (Date.now() < end) {
      await troubles[random(troubles.length)]!();
      await pause(random(500));
    }
  };
  for (const end of await Promise.allSettled([reads(), reads(), trouble()])) {
    if (end.status === "rejected") throw end.reason;
  }
  front.fault = () => undefined;
  await scene.isUp();
  await rightAgain(scene);
  await scene.it.musicfs(["cache", "verify"]);
  const { corrupt } = await scene.it.json<{ corrupt: unknown[] }>(["cache", "verify"]);
  assert.deepEqual(corrupt, []);
});

const HARMS = [flip, cutShort, lengthen, Deno.removeSync, toDirectory, toLink];

/** Damages some chunk files, while the daemon adds and deletes chunk files. */
function harmSome(scene: Scene, random: (below: number) => number): void {
  for (const path of scene.chunkFiles()) {
    if (random(3) > 0) continue;
    try {
      HARMS[random(HARMS.length)]!(path);
    } catch {
      // The file is gone, or damaged already.
    }
  }
}

function flip(path: string): void {
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(path, bytes);
}

function cutShort(path: string): void {
  Deno.truncateSync(path, Deno.statSync(path).size >> 1);
}

function lengthen(path: string): void {
  Deno.writeFileSync(path, new Uint8Array(100), { append: true });
}

function toDirectory(path: string): void {
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "not a chunk");
}

function toLink(path: string): void {
  Deno.renameSync(path, `${path}.moved`);
  Deno.symlinkSync(`${path}.moved`, path);
}

/** Mounts a disk that is soon full. */
class SmallDisk implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async mount(directory: string, size: string): Promise<SmallDisk> {
    Deno.mkdirSync(directory, { recursive: true });
    const { code, stderr } = await run([
      "mount",
      "-t",
      "tmpfs",
      "-o",
      `size=${size}`,
      "none",
      directory,
    ]);
    assert.equal(code, 0, stderr);
    return new SmallDisk(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(["umount", "-l", this.#directory]);
  }
}
