/**
 * With every origin gone, the mount comes up, cached tracks play, others fail soon, and the log does not fill up with
 * errors.
 */
import assert from "node:assert/strict";
import { FETCH_DEADLINE_MS } from "../../src/base/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import {
  noisyWav,
  openPlace,
  type PlaceKind,
  type RemotePlace,
  tagsOf,
} from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "python3", "timeout") && hasSftpServer();
const DEADLINE_MS = 1_500;
const TRACKS = 12;
const TRACK_BYTES = 900_000;

/** Reads 100,000 bytes at the start of each file, one after the other, and reports the outcome and the time of each. */
const READ = `
import errno, json, os, sys, time
found = []
for path in sys.argv[1:]:
    begin = time.monotonic()
    try:
        fd = os.open(path, os.O_RDONLY)
        try: what = len(os.pread(fd, 100000, 300000))
        finally: os.close(fd)
    except OSError as error: what = errno.errorcode[error.errno]
    found.append([what, round((time.monotonic() - begin) * 1000)])
print(json.dumps(found))
`;

async function read(paths: readonly string[]): Promise<[what: number | string, ms: number][]> {
  const { stdout, stderr } = await run(["python3", "-c", READ, ...paths], { seconds: 60 });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

async function tree({ mountpoint }: Installation): Promise<string[]> {
  const { stdout, stderr } = await run([
    "find",
    mountpoint,
    "-type",
    "f",
    "-printf",
    "%i %s %P\\n",
  ]);
  assert.equal(stderr, "");
  return stdout.trim().split("\n").sort((a, b) => a.split(" ")[2]! < b.split(" ")[2]! ? -1 : 1);
}

/** Mounts three times; returns the shortest time in ms. */
async function mountedInMs(it: Installation): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 3; i++) {
    if (i > 0) assert.equal(await it.unmount(), 0, it.log);
    await it.mount();
    best = Math.min(best, (await it.status()).mounts[0]!.mounted_in_ms);
  }
  return best;
}

for (const kinds of [["s3"], ["s3", "sftp", "nfs"]] as PlaceKind[][]) {
  Deno.test({
    name: `${kinds.join(", ")} gone: the mount comes up, plays what it has, and says so once`,
    ignore: !ready,
    fn: async () => {
      const places: RemotePlace[] = [];
      try {
        for (const kind of kinds) places.push(await openPlace(kind));
        await goneAndBack(places);
      } finally {
        for (const place of places) await place[Symbol.asyncDispose]();
      }
    },
  });
}

async function goneAndBack(places: readonly RemotePlace[]): Promise<void> {
  await using it = new Installation({ config: places.map(({ table }) => table).join("\n") });
  it.env = {
    MUSICFS_DEADLINE_MS: String(DEADLINE_MS),
    MUSICFS_HEALTH_CHECK_MS: "1000",
    MUSICFS_WATCH: "off",
  };
  for (const [i, place] of places.entries()) {
    place.admit(it);
    for (let track = 1; track <= TRACKS; track++) {
      const tags = { ...tagsOf(track), album: `On ${place.kind}` };
      place.put(`${i}/${track}.wav`, noisyWav(tags, TRACK_BYTES, 100 * i + track));
    }
  }
  await it.mountAndScan();
  const whole = await tree(it);
  assert.equal(whole.length, TRACKS * places.length);
  const paths = whole.map((line) => `${it.mountpoint}/${line.split(" ").slice(2).join(" ")}`);
  const cached = paths.filter((_, i) => i % 3 === 0);
  const others = paths.filter((_, i) => i % 3 !== 0);
  for (const [what] of await read(cached)) assert.equal(what, 100_000, it.log);
  assert.equal(await it.unmount(), 0, it.log);
  const up = await mountedInMs(it);
  assert.equal(await it.unmount(), 0, it.log);

  for (const place of places) await place.goOffline();
  const down = await mountedInMs(it);
  console.log(`mounted in ${up} ms with all origins up, in ${down} ms with all down`);
  assert.ok(down < up + DEADLINE_MS, `${down} ms, and ${up} ms: it waits for no origin`);
  it.log = "";
  assert.deepEqual(await tree(it), whole);
  for (const [what, ms] of await read(cached)) {
    assert.equal(what, 100_000, it.log);
    assert.ok(ms < DEADLINE_MS, `${ms} ms`);
  }
  const begin = Date.now();
  const reads = [...await read(others), ...await read(others)];
  const seconds = (Date.now() - begin) / 1000;
  for (const [what, ms] of reads) {
    assert.equal(what, "EIO", it.log);
    assert.ok(ms < FETCH_DEADLINE_MS, `${ms} ms`);
  }
  // The first reads wait for an origin. Later only one read now and then waits, to find out whether the origin is back;
  // the time between these reads doubles.
  const waitsMax = places.length * (2 + Math.ceil(Math.log2(1 + seconds)));
  const waited = reads.filter(([, ms]) => ms >= DEADLINE_MS);
  assert.ok(waited.length <= waitsMax, `${JSON.stringify(reads)} in ${seconds} s`);
  const lines = it.log.split("\n").filter((line) => line !== "");
  for (const { kind } of places) {
    const said = lines.filter((line) => line.includes(`${kind} does not answer`));
    assert.ok(said.length <= 1, it.log);
  }
  assert.ok(lines.length <= 4 * places.length, `one line an outage, not one a read:\n${it.log}`);
  const { origins } = await it.status();
  for (const { health, reason, id } of origins) {
    assert.equal(health, "down", id);
    assert.ok(reason !== null && reason.length > 0);
  }

  for (const place of places) await place.comeBack();
  await until("they are used again", 30_000, async () => {
    const all = await read(others);
    return all.every(([what]) => what === 100_000);
  });
  for (const { health, reason } of (await it.status()).origins) {
    assert.deepEqual([health, reason], ["up", null]);
  }
  assert.equal(await it.unmount(), 0, it.log);
}
