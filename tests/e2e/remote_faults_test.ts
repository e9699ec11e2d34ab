/**
 * What origins, caches and processes can do to a reader of remote files: every byte that is read is right or is not
 * given, nothing waits beyond its deadline, and no origin is blamed for the cache nor the cache for an origin.
 *
 * MUSICFS_SEED repeats the random part, MUSICFS_CHAOS_MS changes how long it is.
 */
import assert from "node:assert/strict";
import { type MusicEvent, openEventLog } from "../../events/mod.ts";
import { connectControl } from "../../src/control/mod.ts";
import type { OriginStatus } from "../../src/control/protocol.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { Installation, run, until } from "../support/daemon.ts";
import { Conversation } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import {
  type LibraryFile,
  libraryFiles,
  noisyWav,
  openPlace,
  readLibrary,
  type ReadOutcome,
  type RemotePlace,
  tagsOf,
  writeOriginals,
} from "../support/remote_library.ts";
import { type S3Fault, S3Front } from "../support/s3_front.ts";
import { S3Server, setS3Credentials } from "../support/s3_server.ts";
import { hasSftpServer } from "../support/sftp_server.ts";

const ready = needs("/dev/fuse", "python3", "timeout") && hasSftpServer();
const DEADLINE_MS = 1_500;
/** Several time-outs in a row on a busy machine; no deadline of the program's is longer than 30 s. */
const CALL_MS_MAX = 10_000;
const CHAOS_MS = Number(Deno.env.get("MUSICFS_CHAOS_MS") ?? 15_000);

/** One installation over one origin, and the files that it should show. */
class Scene implements AsyncDisposable {
  readonly it: Installation;
  readonly files: readonly LibraryFile[];
  readonly table: string;
  readonly #originals = Deno.makeTempDirSync();

  constructor(table: string, files: readonly LibraryFile[]) {
    this.files = files;
    this.table = table;
    this.it = new Installation({ config: table });
    this.it.env = {
      MUSICFS_DEADLINE_MS: String(DEADLINE_MS),
      MUSICFS_HEALTH_CHECK_MS: "1000",
      MUSICFS_WATCH: "off",
    };
    writeOriginals(this.#originals, files);
  }

  static on(place: RemotePlace, files: readonly LibraryFile[] = libraryFiles()): Scene {
    const scene = new Scene(place.table, files);
    for (const { path, bytes } of files) place.put(path, bytes);
    place.admit(scene.it);
    return scene;
  }

  get chunks(): string {
    return `${this.it.cacheDir}/chunks`;
  }

  /** Reads every file; what came of it, each outcome once. Fails when a byte is wrong or a call takes too long. */
  async read(): Promise<ReadOutcome[]> {
    const { paths, files, slowest_ms } = await readLibrary(this.it.mountpoint, this.#originals);
    assert.deepEqual(paths, this.files.map(({ virtualPath }) => virtualPath).sort());
    for (const [call, ms] of Object.entries(slowest_ms)) {
      assert.ok(ms < CALL_MS_MAX, `${call} took ${ms} ms\n${this.it.log}`);
    }
    return [...new Set(Object.values(files).flatMap(({ seek, whole }) => [seek, whole]))].sort();
  }

  /** Every byte is given, and right. */
  async readsRight(): Promise<void> {
    assert.deepEqual(await this.read(), ["right"], this.it.log);
  }

  async origin(): Promise<OriginStatus> {
    return (await this.it.status()).origins[0]!;
  }

  async isUp(): Promise<void> {
    await until("the origin is up", CALL_MS_MAX, async () => (await this.origin()).health === "up");
  }

  async clearCache(): Promise<void> {
    const client = await connectControl(this.it.socket);
    try {
      await client.request("cache.clear", { origin: null });
    } finally {
      client.close();
    }
  }

  /** Nothing in memory answers for the disk. */
  async remount(): Promise<void> {
    assert.equal(await this.it.unmount(), 0, this.it.log);
    await this.it.mount();
  }

  events<Type extends MusicEvent["type"]>(type: Type): Extract<MusicEvent, { type: Type }>[] {
    const log = openEventLog(this.it.stateDir, { readOnly: true });
    try {
      return [...log.read()].filter((event) => event.type === type) as never[];
    } finally {
      void log.close();
    }
  }

  /** Every chunk file, in the order of their names. */
  chunkFiles(): string[] {
    const found: string[] = [];
    for (const directory of namesIn(this.chunks)) {
      if (!/^[0-9a-f]{2}$/.test(directory)) continue;
      for (const name of namesIn(`${this.chunks}/${directory}`)) {
        if (/^[0-9a-f]{64}$/.test(name)) found.push(`${this.chunks}/${directory}/${name}`);
      }
    }
    return found.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    await Deno.remove(this.#originals, { recursive: true });
  }
}

/** A bucket behind a server that does as it is told. */
class Bucket implements AsyncDisposable {
  readonly server: S3Server;
  readonly front: S3Front;
  readonly scene: Scene;

  private constructor(server: S3Server, front: S3Front, files: readonly LibraryFile[]) {
    this.server = server;
    this.front = front;
    const endpoint = `http://127.0.0.1:${front.port}`;
    this.scene = new Scene(
      `[[origins]]\ntype = "s3"\nid = "s3"\nbucket = "music"\nendpoint = "${endpoint}"\n`,
      files,
    );
    server.createBucket("music");
    for (const { path, bytes } of files) server.put("music", path, bytes);
  }

  static async open(files: readonly LibraryFile[] = libraryFiles()): Promise<Bucket> {
    const server = await S3Server.open();
    return new Bucket(server, await S3Front.open(server.port), files);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
    await this.front.close();
    await this.server.close();
    setS3Credentials();
  }
}

function test(name: string, fn: (t: Deno.TestContext) => Promise<void>, isPossible = true): void {
  Deno.test({ name, ignore: !ready || !isPossible, fn });
}

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

  await t.step("what is read is fetched again", async () => {
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
    // A part of a chunk may have been good, and was not fetched when the chunk was dropped for another.
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

  await t.step("without the origin, what is bad is not given", async () => {
    await place.goOffline();
    await harmed();
    const outcomes = await scene.read();
    assert.deepEqual(outcomes, ["EIO"], scene.it.log);
    await place.comeBack();
    await scene.isUp();
    await scene.readsRight();
  });
});

for (const kind of ["nfs", "s3", "sftp"] as const) {
  test(`${kind}: a file that becomes another of the same size is old, then stale, then new`, async () => {
    await using place = await openPlace(kind);
    const [old, other] = [1, 2].map((seed) => noisyWav(tagsOf(1), 3_000_000, seed));
    const file: LibraryFile = { ...libraryFiles()[0]!, bytes: old! };
    await using scene = Scene.on(place, [file]);
    await scene.it.mountAndScan();
    const reader = readerInSteps(`${scene.it.mountpoint}/${file.virtualPath}`, old!, other!);
    try {
      assert.equal(await reader.heard(), "old");
      place.put(file.path, other!);
      // The kernel of a share that is not really one is told.
      await place.comeBack();
      await scene.clearCache();
      await reader.goOn();
      // SFTP still has the file open that was replaced.
      assert.match(await reader.heard(), kind === "sftp" ? /^(ESTALE|old)$/ : /^ESTALE$/);
      await scene.it.rescan();
      await reader.goOn();
      assert.match(await reader.heard(), /^(ESTALE|EIO|old)$/, "a handle stays with its version");
      await reader.goOn();
      assert.equal(await reader.heard(), "new", "one that is opened anew has the new one");
    } finally {
      await reader.end();
    }
    assert.deepEqual(scene.events("ChunkCorrupted"), []);
    assert.equal((await scene.origin()).health, "up");
  });

  test(`${kind}: an origin that falls silent in the middle of a file, and comes back`, async () => {
    await using place = await openPlace(kind);
    const [bytes, other] = [1, 2].map((seed) => noisyWav(tagsOf(1), 9_000_000, seed));
    const file: LibraryFile = { ...libraryFiles()[0]!, bytes: bytes! };
    await using scene = Scene.on(place, [file]);
    await scene.it.mountAndScan();
    const reader = readerInSteps(`${scene.it.mountpoint}/${file.virtualPath}`, bytes!, other!);
    try {
      assert.equal(await reader.heard(), "old");
      await place.goSilent();
      const begin = Date.now();
      await reader.goOn();
      assert.equal(await reader.heard(), "EIO", scene.it.log);
      assert.ok(Date.now() - begin < CALL_MS_MAX, scene.it.log);
      await place.comeBack();
      await scene.isUp();
      await reader.goOn();
      assert.equal(await reader.heard(), "old", "the same handle goes on");
      await reader.goOn();
      assert.equal(await reader.heard(), "old");
    } finally {
      await reader.end();
    }
    assert.deepEqual(scene.events("ChunkCorrupted"), []);
  });

  test(`${kind}: an origin that is away at the first mount is shown when it comes`, async () => {
    await using place = await openPlace(kind);
    await using scene = Scene.on(place);
    await place.goOffline();
    await scene.it.mount();
    await until("it is down", CALL_MS_MAX, async () => (await scene.origin())?.health === "down");
    assert.equal((await scene.it.status()).library.tracks, 0);
    await place.comeBack();
    await until(
      "the tree is there",
      CALL_MS_MAX,
      async () => (await scene.it.status()).library.tracks === scene.files.length,
    );
    await scene.readsRight();
  });

  test(`${kind}: SIGKILL of the engine in the middle of fetches goes unnoticed`, async () => {
    await using place = await openPlace(kind);
    await using scene = Scene.on(place);
    await scene.it.mountAndScan();
    await place.degrade();
    let isReading = true;
    const reading = scene.readsRight().finally(() => isReading = false);
    let kills = 0;
    while (isReading && kills < 3) {
      const { cache, engine } = await scene.it.status();
      if (cache.misses > kills * 6 && engine.state === "running") {
        Deno.kill(engine.pid!, "SIGKILL");
        kills++;
      }
      await pause(100);
    }
    await reading;
    assert.ok(kills > 0, "the files were read before the engine could be killed");
    assert.equal((await scene.it.status()).engine.restarts, kills);
    await scene.readsRight();
    const { corrupt } = await scene.it.json<{ corrupt: unknown[] }>(["cache", "verify"]);
    assert.deepEqual(corrupt, []);
  });
}

/** What a server does to every read of an object, what readers get, and what is said of the origin. */
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

test("answers of a server that are none: an error in time, and right bytes when it is over", async (t) => {
  await using bucket = await Bucket.open(libraryFiles().slice(1, 4));
  const { scene, front } = bucket;
  await scene.it.mountAndScan();
  for (const [what, { fault, outcome, reason }] of Object.entries(FAULTS)) {
    await t.step(what, async () => {
      await scene.clearCache();
      front.fault = (wish) => wish === "object" ? fault : undefined;
      // A server that refuses everybody refuses checks as well.
      if (reason !== undefined) front.fault = () => fault;
      const outcomes = await scene.read();
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
      await rightAgain(scene);
      assert.deepEqual(scene.events("ChunkCorrupted"), []);
    });
  }

  await t.step("one answer of three", async () => {
    await scene.clearCache();
    let requests = 0;
    const faults: S3Fault[] = ["short", { status: 503, code: "SlowDown" }];
    front.fault = (wish) => wish === "object" ? faults[requests++ % 3] : undefined;
    await scene.readsRight();
    assert.ok(requests > 0);
    front.fault = () => undefined;
  });

  await t.step("what is cached is given all the while", async () => {
    await settled(scene);
    front.fault = () => "silence";
    await scene.remount();
    await scene.readsRight();
    assert.equal((await scene.it.status()).cache.misses, 0);
  });
});

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
    if (isReading) assert.ok(Date.now() - before < 1_000, "a walk waits for the server");
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

  await t.step("half of it is gone, and that is held", async () => {
    for (const { path } of files.slice(0, 10)) bucket.server.remove("music", path);
    const [scan] = await scene.it.rescan();
    assert.equal(scan!.outcome, "held");
    assert.equal((await scene.it.status()).library.tracks, files.length);
    assert.equal((await scene.origin()).held_removals, 10);
  });
});

test("credentials that are wrong: the mount comes up, says so, and goes on when they are right", async () => {
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

test("objects from the future are files like any other", async () => {
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

test("a disk of the cache that is full: reads go on, straight from the origin", async (t) => {
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
  const seed = Number(Deno.env.get("MUSICFS_SEED") ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}: MUSICFS_SEED=${seed} repeats this run`);
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
    () => void scene.it.rescan(),
    ...Array.from({ length: 5 }, () => () => harmSome(scene, random)),
  ];
  const end = Date.now() + CHAOS_MS;
  const reads = async () => {
    let times = 0;
    for (; Date.now() < end; times++) await scene.read();
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

/** Waits until what was fetched is stored. */
async function settled({ it }: Scene): Promise<void> {
  let before = -1;
  let since = Date.now();
  await until("what was fetched is stored", CALL_MS_MAX, async () => {
    const { events: { last_seq } } = await it.status();
    if (last_seq !== before) since = Date.now();
    before = last_seq;
    return Date.now() - since > 1_000;
  });
}

/** What was asked just before may have found it down. */
async function rightAgain(scene: Scene): Promise<void> {
  await until(
    "everything is read right",
    3 * CALL_MS_MAX,
    async () => (await scene.read()).join() === "right",
  );
}

/**
 * A reader that reads a part, another part of the same handle twice, and all of the file anew, a line each: whose bytes
 * it got, or the errno.
 */
function readerInSteps(path: string, old: Uint8Array, other: Uint8Array): Conversation {
  const base = Deno.makeTempDirSync();
  Deno.writeFileSync(`${base}/old`, old);
  Deno.writeFileSync(`${base}/new`, other);
  const script = `
import os, sys, errno, shutil
path, base = sys.argv[1:]
versions = {name: open(os.path.join(base, name), 'rb').read() for name in ('old', 'new')}
shutil.rmtree(base)
def say(what): print(what, flush=True); sys.stdin.readline()
def read(fd, offset, length):
    given = b''
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    while len(given) < length:
        try: more = os.pread(fd, length - len(given), offset + len(given))
        except OSError as error:
            if given == b'': return errno.errorcode[error.errno]
            break
        if more == b'': return 'SHORT'
        given += more
    for name, bytes in versions.items():
        if given == bytes[offset : offset + len(given)]: return name
    return 'MIXED'
fd = os.open(path, os.O_RDONLY)
size = len(versions['old'])
say(read(fd, 200_000, 100_000))
say(read(fd, size - 500_000, 400_000))
say(read(fd, size - 500_000, 400_000))
say(read(os.open(path, os.O_RDONLY), 0, size))
`;
  return new Conversation(
    new Deno.Command("timeout", {
      args: ["-k", "5", "60", "python3", "-c", script, path, base],
      stdin: "piped",
      stdout: "piped",
    }).spawn(),
  );
}

function smallFile(track: number): LibraryFile {
  const tags = tagsOf(track);
  const name = `${String(track).padStart(2, "0")} - ${tags.title}.wav`;
  return {
    path: `${track}.wav`,
    virtualPath: `${tags.artist}/${tags.album} (2001) [WAV]/${name}`,
    bytes: noisyWav(tags, 20_000, track),
  };
}

/** None when the directory is not there, or not any more. */
function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

const HARMS = [flip, cutShort, lengthen, Deno.removeSync, toDirectory, toLink];

/** Chunk files come and go meanwhile. */
function harmSome(scene: Scene, random: (below: number) => number): void {
  for (const path of scene.chunkFiles()) {
    if (random(3) > 0) continue;
    try {
      HARMS[random(HARMS.length)]!(path);
    } catch {
      // It is gone, or was harmed before.
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

/** A disk of its own that is soon full. */
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
