/** Faulty answers of a server: an error in time, right bytes once the fault is over, and no track removed. */
import assert from "node:assert/strict";
import { FETCH_DEADLINE_MS, READ_DEADLINE_MS } from "../../src/base/mod.ts";
import { run } from "../support/daemon.ts";
import { libraryFiles } from "../support/remote_library.ts";
import {
  Bucket,
  CALL_MS_MAX,
  rightAgain,
  type Scene,
  settled,
  smallFile,
  test,
} from "../support/remote_scene.ts";
import { type S3Fault } from "../support/s3_front.ts";
import { until } from "../support/until.ts";

/** The answer to every read of an object, what readers get, and the reason that is given for the origin. */
const FAULTS: Record<string, { fault: S3Fault; outcome: RegExp; reason?: RegExp }> = {
  "a shorter body": { fault: "short", outcome: /^EIO$/ },
  "an endless body": { fault: "endless", outcome: /^EIO$/ },
  "no answer at all": { fault: "silence", outcome: /^EIO$/, reason: /no answer within/ },
  "a 403": { fault: { status: 403, code: "AccessDenied" }, outcome: /^EACCES$/ },
  "a 503": { fault: { status: 503, code: "SlowDown" }, outcome: /^EIO$/ },
  "a redirect": {
    fault: { status: 307, code: "TemporaryRedirect", headers: { location: "http://127.0.0.1:1/" } },
    outcome: /^EIO$/,
  },
  "credentials that have expired": {
    fault: { status: 400, code: "ExpiredToken" },
    outcome: /^EIO$/,
    reason: /expired/,
  },
  "a clock that is wrong": {
    fault: { status: 403, code: "RequestTimeTooSkewed" },
    outcome: /^EIO$/,
    reason: /clock/,
  },
};

test("broken answers of a server: an error in time, and right bytes when they are over", async (t) => {
  await using bucket = await Bucket.open(libraryFiles().slice(1, 4));
  const { scene, front } = bucket;
  await scene.it.mountAndScan();
  for (const [what, { fault, outcome, reason }] of Object.entries(FAULTS)) {
    await t.step(what, async () => {
      await emptyCache(scene);
      front.fault = (wish) => wish === "object" ? fault : undefined;
      // A server that refuses everything refuses checks as well.
      if (reason !== undefined) front.fault = () => fault;
      // An unreadable file is tried again, and the origin is checked.
      const outcomes = await scene.read(READ_DEADLINE_MS);
      assert.match(outcomes.join(), outcome, `${outcomes}\n${scene.it.log}`);
      if (reason !== undefined) {
        const { reason: said } = await until("it is down", CALL_MS_MAX, async () => {
          const origin = await scene.origin();
          return origin.health === "down" && origin;
        });
        assert.match(said!, reason);
      }
      front.fault = () => undefined;
      await scene.isUp();
      assert.deepEqual(scene.events("ChunkCorrupted"), []);
    });
  }

  await t.step("a few broken answers, and then good ones", async () => {
    await emptyCache(scene);
    // With the usual deadline no answer is late, however busy the machine is.
    delete scene.it.env["MUSICFS_DEADLINE_MS"];
    await scene.remount();
    const faults: S3Fault[] = ["short", { status: 503, code: "SlowDown" }, "short"];
    const left = new Map<string, S3Fault[]>();
    front.fault = (wish, url) => {
      if (wish !== "object") return undefined;
      if (!left.has(url)) left.set(url, [...faults]);
      return left.get(url)!.shift();
    };
    await scene.readsRight(READ_DEADLINE_MS);
    assert.deepEqual([...left.values()], scene.files.map(() => []));
    front.fault = () => undefined;
  });

  await t.step("cached bytes are given all the while", async () => {
    await settled(scene);
    front.fault = () => "silence";
    await scene.remount();
    await scene.readsRight();
    assert.equal((await scene.it.status()).cache.misses, 0);
  });
});

/**
 * Empties the cache for good. Bytes that are not stored yet when a cache is cleared would be given from memory, and
 * stored later.
 */
async function emptyCache(scene: Scene): Promise<void> {
  await rightAgain(scene);
  const whole = scene.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  await until(
    "all that was read is stored",
    READ_DEADLINE_MS,
    async () => (await scene.it.status()).cache.bytes >= whole,
  );
  await scene.clearCache();
}

test("a mount answers while its server is silent", async () => {
  await using bucket = await Bucket.open();
  const { scene, front } = bucket;
  await scene.it.mountAndScan();
  front.fault = () => "silence";
  const path = `${scene.it.mountpoint}/${scene.files[0]!.virtualPath}`;
  const begin = Date.now();
  const reading = run(["head", "-c", "100000", path], { seconds: 30 });
  let looks = 0;
  let isReading = true;
  reading.finally(() => isReading = false);
  while (isReading) {
    const before = Date.now();
    const { code, stdout } = await run(["find", scene.it.mountpoint, "-type", "f", "-size", "+1"]);
    assert.equal(code, 0);
    assert.equal(stdout.trim().split("\n").length, scene.files.length);
    if (isReading) assert.ok(Date.now() - before < FETCH_DEADLINE_MS / 2, "a walk waits for it");
    looks++;
  }
  const { code, stderr } = await reading;
  assert.notEqual(code, 0);
  assert.match(stderr, /Input\/output error/);
  assert.ok(Date.now() - begin < CALL_MS_MAX);
  assert.ok(looks > 2);
});

test("listings that come back empty, cut or refused remove nothing", async (t) => {
  const files = Array.from({ length: 20 }, (_, i) => smallFile(i + 1));
  await using bucket = await Bucket.open(files);
  const { scene, front } = bucket;
  await scene.it.mountAndScan();
  await scene.readsRight();
  const cases: Record<string, [S3Fault, RegExp]> = {
    "empty": ["empty", /held|failed/],
    "cut": ["short", /failed/],
    "endless": ["endless", /failed/],
    "403": [{ status: 403, code: "AccessDenied" }, /failed/],
    "503": [{ status: 503, code: "SlowDown" }, /failed/],
    "silent": ["silence", /failed/],
  };
  for (const [what, [fault, outcome]] of Object.entries(cases)) {
    await t.step(what, async () => {
      front.fault = (wish) => wish === "listing" ? fault : undefined;
      const [scan] = await scene.it.rescan();
      assert.match(scan!.outcome, outcome, JSON.stringify(scan));
      assert.equal((await scene.it.status()).library.tracks, files.length);
      await scene.readsRight();
      front.fault = () => undefined;
      await scene.isUp();
      const [good] = await scene.it.rescan();
      assert.equal(good!.outcome, "completed", JSON.stringify(good));
      assert.equal(good!.removed, 0);
    });
  }

  await t.step("half of the files are missing, and their removal is held", async () => {
    for (const { path } of files.slice(0, 10)) bucket.server.remove("music", path);
    const [scan] = await scene.it.rescan();
    assert.equal(scan!.outcome, "held", JSON.stringify(scan));
    assert.equal((await scene.it.status()).library.tracks, files.length);
    assert.equal((await scene.origin()).held_removals, 10);
  });
});

test("wrong credentials: the mount comes up, says so, and works once they are right", async () => {
  await using bucket = await Bucket.open();
  const { scene } = bucket;
  scene.it.env["AWS_ACCESS_KEY_ID"] = "AKIAWRONG";
  scene.it.env["AWS_SECRET_ACCESS_KEY"] = "very-secret";
  await scene.it.mount();
  const { reason } = await until("it is down", CALL_MS_MAX, async () => {
    const origin = await scene.origin();
    return origin?.health === "down" && origin;
  });
  assert.match(reason!, /access key/);
  assert.equal(await scene.it.unmount(), 0);
  assert.doesNotMatch(scene.it.log, /very-secret/);
  delete scene.it.env["AWS_ACCESS_KEY_ID"];
  delete scene.it.env["AWS_SECRET_ACCESS_KEY"];
  await scene.it.mountAndScan();
  await scene.readsRight();
});

test("objects with times in the future are files like any other", async () => {
  await using bucket = await Bucket.open();
  const { scene, server } = bucket;
  const future = new Date(Date.now() + 400 * 86_400_000);
  for (const { path } of scene.files) {
    await Deno.utime(`${server.directory}/music/${path}._S3rver_object`, future, future);
  }
  await scene.it.mountAndScan();
  await scene.readsRight();
  const [again] = await scene.it.rescan();
  assert.deepEqual([again!.outcome, again!.read], ["completed", 0]);
});
