/** The commands that ask a running daemon, start one, or clear up after one that died. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

interface Started {
  mountpoint: string;
  pid: number;
  log: string;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function isMounted(mountpoint: string): boolean {
  return Deno.readTextFileSync("/proc/self/mountinfo").includes(` ${mountpoint} `);
}

/** Mounts with `--daemon`, does the work, and leaves nothing running. */
async function withDaemon(
  it: Installation,
  work: (started: Started) => Promise<void>,
): Promise<void> {
  const args = ["mount", it.mountpoint, "--origin", it.origin, "--daemon"];
  const started = await it.json<Started>(args);
  try {
    await work(started);
  } finally {
    if (isAlive(started.pid)) Deno.kill(started.pid, "SIGTERM");
    await until("the daemon ends", 15_000, () => !isAlive(started.pid));
  }
}

Deno.test({
  name:
    "mount --daemon returns when the mount answers, in a session of its own, and unmount ends it",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 2, albums: 1, tracks: 3 });
    await withDaemon(it, async ({ pid, mountpoint, log }) => {
      assert.equal(mountpoint, it.mountpoint);
      assert.equal(log, `${it.stateDir}/mount.log`);
      const status = await it.scanned();
      assert.equal(status.library.tracks, made.files);
      assert.equal(status.mounts[0]?.pid, pid);
      // The fields 5 and 6 of proc_pid_stat(5): process group and session.
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      assert.equal(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3], String(pid));

      const second = await it.musicfs(["mount", it.mountpoint, "--origin", it.origin]);
      assert.equal(second.code, 1);
      assert.match(second.stderr, /process \d+ serves .* already/);

      assert.deepEqual(await it.json(["unmount", it.mountpoint]), {
        mountpoint: it.mountpoint,
        by: "daemon",
      });
      await until("the daemon ends", 15_000, () => !isAlive(pid));
      assert(!isMounted(it.mountpoint));
      assert.equal((await it.musicfs(["status"])).code, 3);
    });
  },
});

Deno.test({
  name:
    "mount --daemon shows the daemon's message when it could not mount, and exits with its code",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    // Only the daemon itself finds out that the socket's path is a directory.
    Deno.mkdirSync(it.socket);
    const args = ["mount", it.mountpoint, "--origin", it.origin, "--daemon"];
    const { code, stdout, stderr } = await it.musicfs(args);
    assert.notEqual(code, 0);
    assert.equal(stdout, "");
    assert.match(stderr, /^musicfs: Cannot .*control\.sock/);
    assert(!isMounted(it.mountpoint));
  },
});

Deno.test({
  name: "status --json has every field that scripts rely on",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    await it.mountAndScan();
    const keys = (value: object) => Object.keys(value).sort();
    // deno-lint-ignore no-explicit-any
    const status = await it.json<any>(["status"]);
    const expected: Record<string, string[]> = {
      "": [
        ...[
          "build",
          "cache",
          "detached",
          "engine",
          "events",
          "library",
          "memory",
          "mounts",
          "origins",
          "scan",
        ],
        "state_dir",
        "version",
      ],
      library: ["albums", "artists", "bytes", "tracks", "unreadable"],
      scan: ["eta_ms", "listed", "origin", "per_second", "read", "reread_left", "running"],
      cache: [
        ...["bytes", "chunks", "dedup_ratio", "hit_rate", "hits", "limit_bytes", "metadata_bytes"],
        ...["metadata_limit_bytes", "misses", "pinned_tracks", "work"],
      ],
      events: ["cache_last_seq", "last_seq"],
      memory: ["engine_rss_bytes", "mount_rss_bytes"],
      engine: ["pid", "problem", "restarts", "state", "version"],
    };
    for (const [key, fields] of Object.entries(expected)) {
      assert.deepEqual(keys(key === "" ? status : status[key]), fields, key);
    }
    assert.deepEqual(keys(status.mounts[0]), ["mounted_in_ms", "mountpoint", "pid", "since"]);
    const ofOrigins = ["id", "type", "health", "tracks", "last_scan_at", "held_removals", "egress"];
    for (const field of ofOrigins) {
      assert(field in status.origins[0], field);
    }
    const { stdout } = await it.musicfs(["status"]);
    assert.match(stdout, new RegExp(`^mount +${it.mountpoint} `, "m"));
  },
});

Deno.test({
  name: "origin rescan waits for its scans and shows what they found",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 4 });
    it.env = { MUSICFS_WATCH: "off" };
    await it.mountAndScan();
    const [id] = (await it.status()).origins.map((origin) => origin.id);
    makeLibrary(it.origin, { artists: 2, albums: 1, tracks: 4 });
    const { scans } = await it.json<{ scans: { outcome: string; listed: number; read: number }[] }>(
      ["origin", "rescan", id!, "--wait"],
    );
    assert.equal(scans.length, 1);
    assert.equal(scans[0]?.outcome, "completed");
    assert(scans[0]!.listed > made.files);
    const unknown = await it.musicfs(["origin", "rescan", "nowhere", "--wait"]);
    assert.equal(unknown.code, 4, unknown.stderr);
    const without = await it.musicfs(["origin", "confirm-removals", "nowhere"]);
    assert.equal(without.code, 4, without.stderr);
  },
});

Deno.test({
  name: "events verify and events replay are done by the daemon, which serves meanwhile",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 3 });
    await it.mountAndScan();
    const before = await run(["find", it.mountpoint, "-printf", "%i %P\\n"], { seconds: 20 });
    assert.equal((await it.json<{ identical: boolean }>(["events", "verify"])).identical, true);
    assert.equal((await it.json<{ files: number }>(["events", "replay"])).files, made.files);
    const after = await run(["find", it.mountpoint, "-printf", "%i %P\\n"], { seconds: 20 });
    assert.equal(after.stdout, before.stdout);
    assert.equal((await it.json<{ identical: boolean }>(["events", "verify"])).identical, true);
  },
});

Deno.test({
  name: "track show takes a path in the mount",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const { tracks } = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    await it.mountAndScan();
    const found = await run(["find", it.mountpoint, "-type", "f"], { seconds: 20 });
    const [path] = found.stdout.trim().split("\n");
    const track = await it.json<{ real_path: string; origin: string }>(["track", "show", path!]);
    assert.equal(track.real_path, `${it.origin}/${tracks[0]!.path}`);
    assert.equal((await it.musicfs(["track", "show", `${it.mountpoint}/nothing`])).code, 4);
  },
});

Deno.test({
  name: "a dead daemon's mount is named by doctor and cleared by unmount",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    await it.mount();
    await it.crash();
    assert(isMounted(it.mountpoint));
    const doctor = await it.musicfs(["doctor"]);
    assert.match(doctor.stdout, new RegExp(`${it.mountpoint} has lost its daemon`));
    assert.deepEqual(await it.json(["unmount", it.mountpoint]), {
      mountpoint: it.mountpoint,
      by: "detach",
    });
    assert(!isMounted(it.mountpoint));
    assert.equal((await it.musicfs(["unmount", it.mountpoint])).code, 4);
  },
});

Deno.test({
  name: "mount in the foreground unmounts on SIGINT",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    await it.mount();
    const daemon = it.daemon!;
    it.daemon = undefined;
    daemon.kill("SIGINT");
    await daemon.status;
    assert(!isMounted(it.mountpoint));
  },
});
