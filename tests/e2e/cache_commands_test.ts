/**
 * The cache as a person sees and changes it: every command over a mount of an origin that is not local, and the same
 * with no daemon running.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { connectControl } from "../../src/control/mod.ts";
import type { CacheVerification, Status } from "../../src/control/protocol.ts";
import type { CacheFigures } from "../../src/cli/cache_figures.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout");

const TRACK = "Ann/First/01 - One.flac";
const OTHER = "Ann/Second/01 - Two.flac";
const LONG = "Ben/Long/01 - Three.flac";
/** Padding, so that a file has content besides what scanners of tags read. */
const MB = 1_000_000;

/** Three albums on one origin that is not local; two are of one artist. */
class Place extends Installation {
  readonly #limits: string;

  constructor(options: { origin?: string; cache?: string; longBytes?: number } = {}) {
    super();
    this.#limits = options.cache === undefined ? "" : `[cache]\nsize = "${options.cache}"\n`;
    const tags = { track: 1, year: 2001 };
    const files: [string, Uint8Array<ArrayBuffer>][] = [
      [
        "a/one.flac",
        flacFile({ ...tags, title: "One", artist: "Ann", album: "First" }, { seed: 1 }),
      ],
      [
        "b/two.flac",
        flacFile({ ...tags, title: "Two", artist: "Ann", album: "Second" }, { seed: 2 }),
      ],
      [
        "c/three.flac",
        this.#long(
          { ...tags, title: "Three", artist: "Ben", album: "Long" },
          options.longBytes ?? 8 * MB,
        ),
      ],
    ];
    for (const [path, bytes] of files) write(`${this.origin}/${path}`, bytes);
    this.origins(options.origin ?? "");
  }

  /** The configuration, with more lines for the origin. */
  origins(more: string, type: "nfs" | "local" = "nfs"): void {
    this.configure(
      `template = "$artist/$album/$track - $title.$format"\n${this.#limits}` +
        `[[origins]]\nid = "nas"\ntype = "${type}"\npath = "${this.origin}"\n${more}\n`,
    );
  }

  stats(): Promise<CacheFigures> {
    return this.json<CacheFigures>(["cache", "stats"]);
  }

  read(path: string): Uint8Array {
    return Deno.readFileSync(`${this.mountpoint}/${path}`);
  }

  /** Chunk files, by path. */
  chunkFiles(): string[] {
    return filesBelow(`${this.cacheDir}/chunks`).filter((path) => path.includes("/"))
      .map((path) => `${this.cacheDir}/chunks/${path}`);
  }

  #long(tags: Parameters<typeof flacFile>[0], bytes: number): Uint8Array<ArrayBuffer> {
    const noise = new Uint8Array(bytes);
    for (let at = 0; at < noise.length; at += 65_536) {
      crypto.getRandomValues(noise.subarray(at, Math.min(at + 65_536, noise.length)));
    }
    const head = flacFile(tags, { seed: 3 });
    const whole = new Uint8Array(head.length + noise.length);
    whole.set(head);
    whole.set(noise, head.length);
    return whole;
  }
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function size(it: Installation, path: string): number {
  return Deno.statSync(`${it.origin}/${path}`).size;
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !ready, fn });
}

test("pin, warm and unpin fetch and keep what they are told, and say so", async () => {
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

  // A path into the mount, one below its mount point, and words are the same to a person.
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
  assert.ok(figures.dedup_ratio >= 1);
  const shown = await it.musicfs(["cache", "stats"]);
  assert.match(shown.stdout, /^content +\S+ B of 10 GB$/m);
  assert.match(shown.stdout, /^nas +nfs +2 +.* of 1 GB +/m);
  assert.match(shown.stdout, /^Ann\/First +1 +(.+) of \1$/m);

  // Words that begin like no path are words, wherever they are said.
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
    const [program, ...args] = it.command(["cache", command]);
    const elsewhere = args.map((arg) => arg === it.socket ? `${it.base}/other.sock` : arg);
    const { code, stderr } = await new Deno.Command(program!, {
      args: elsewhere,
      env: it.environment(),
    }).output();
    assert.equal(code, 1, command);
    assert.match(
      new TextDecoder().decode(stderr),
      /Cannot use \S+: process \d+ \(musicfs mount \S+\) uses it\nhint: /,
    );
  }
  assert.ok((await it.stats()).bytes > 0);
});

test("Ctrl-C ends the wait for what is fetched, and leaves what was", async () => {
  await using it = new Place({ origin: 'bandwidth = "4 MB"', longBytes: 30 * MB });
  await it.mountAndScan();
  const [program, ...args] = it.command(["cache", "warm", LONG]);
  const child = new Deno.Command(program!, {
    args,
    env: it.environment(),
    stdout: "null",
    stderr: "null",
  }).spawn();
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

test("what is pinned is fetched whether or not somebody waits, and again when it is lost", async () => {
  await using it = new Place({ origin: 'bandwidth = "8 MB"', longBytes: 20 * MB });
  await it.mountAndScan();
  const [program, ...args] = it.command(["cache", "pin", LONG]);
  const child = new Deno.Command(program!, {
    args,
    env: it.environment(),
    stdout: "null",
    stderr: "null",
  }).spawn();
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

test("nothing is said to be at hand that is not on the disk, and what is pinned comes back", async () => {
  await using it = new Place();
  await it.mountAndScan();
  await it.json(["cache", "pin", "Ann"]);
  const whole = size(it, "a/one.flac") + size(it, "b/two.flac");
  const atHand = async () => (await it.stats()).pins[0]!.at_hand_bytes;
  const stored = async () =>
    (await it.json<{ stored: { bytes: number } }>(["track", "show", TRACK])).stored.bytes;
  assert.deepEqual([await atHand(), await stored()], [whole, size(it, "a/one.flac")]);
  // Some chunks, while it is mounted: what is left is told, and a read mends it.
  const [some] = it.chunkFiles();
  Deno.removeSync(some!);
  assert.ok(await atHand() < whole);
  assert.match((await it.musicfs(["cache", "verify"])).stdout, /^Dropped 1 damaged chunk/m);
  await until("it is whole", 30_000, async () => await atHand() === whole);
  // All of them.
  Deno.removeSync(`${it.cacheDir}/chunks`, { recursive: true });
  const nothing = await it.stats();
  assert.deepEqual([nothing.bytes, nothing.chunks, nothing.pins[0]!.at_hand_bytes], [0, 0, 0]);
  assert.equal(await stored(), 0);
  assert.equal((await it.json<CacheVerification>(["cache", "verify"])).chunks, 0);
  await until("it is whole again", 30_000, async () => await atHand() === whole);
  assert.equal(it.log.split("what was cached is gone").length - 1, 1, it.log);
  assert.equal(it.log.split("damaged chunk").length - 1, 1, it.log);
});

test("what is pinned of a local origin is kept as well", async () => {
  await using it = new Place();
  it.origins("", "local");
  await it.mountAndScan();
  const pinned = await it.json(["cache", "pin", "Ann"]);
  const bytes = size(it, "a/one.flac") + size(it, "b/two.flac");
  assert.deepEqual(pinned, { query: "Ann", tracks: 2, fetched_bytes: bytes });
  const { pins: [pin] } = await it.stats();
  assert.deepEqual([pin!.bytes, pin!.at_hand_bytes], [bytes, bytes]);
  // Large enough to be passed through while the folder is there.
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

test("what can't be fetched, or would not fit, is said", async () => {
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
  // What the scan read of small files is still at hand in the engine that read it.
  await it.unmount();
  await it.mount(["--no-scan"]);
  Deno.renameSync(it.origin, `${it.origin}.away`);
  const away = await it.musicfs(["cache", "pin", "Ann"]);
  Deno.renameSync(`${it.origin}.away`, it.origin);
  assert.equal(away.code, 1);
  assert.match(away.stderr, /Cannot fetch 2 of 2 tracks: .*\nhint: musicfs origin list/);
  const [pin] = (await it.stats()).pins;
  assert.deepEqual([pin!.query, pin!.tracks, pin!.at_hand_bytes], ["Ann", 2, 0]);
  await until("it is fetched once the origin is there", 60_000, async () => {
    const { pins: [pin] } = await it.stats();
    return pin!.at_hand_bytes === pin!.bytes;
  });
  const status: Status = await it.status();
  assert.equal(status.cache.pinned_tracks, 2);
});
