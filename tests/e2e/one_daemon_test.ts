/**
 * Law 14: one daemon for each library. A mount locks the library's directories for its life, and commands find it by
 * them.
 */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation, MAIN, run, type RunResult } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

/** Runs `musicfs ARGS...` without the options of the installation. */
function musicfs(
  it: Installation,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunResult> {
  return run([Deno.execPath(), "run", "--quiet", "-A", MAIN, ...args], {
    env: { ...it.environment(), ...env },
  });
}

Deno.test({
  name: "a second daemon is refused with the name of the first one, whatever its socket is",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    const { mounts: [mount] } = await it.mountAndScan();
    const other = `${it.base}/other`;
    for (const name of ["", "/mnt", "/music", "/state", "/cache"]) Deno.mkdirSync(other + name);
    const second = [
      "mount",
      `${other}/mnt`,
      "--origin",
      `${other}/music`,
      "--socket",
      `${other}/s`,
    ];

    const sameState = await musicfs(it, [
      ...second,
      ...["--state-dir", it.stateDir, "--cache-dir", `${other}/cache`],
    ]);
    assert.equal(sameState.code, 1, sameState.stderr);
    assert.match(sameState.stderr, new RegExp(`process ${mount!.pid} .*${it.mountpoint}`));

    const sameCache = await musicfs(it, [
      ...second,
      ...["--state-dir", `${other}/state`, "--cache-dir", it.cacheDir],
    ]);
    assert.equal(sameCache.code, 1, sameCache.stderr);
    assert.match(sameCache.stderr, new RegExp(`${it.cacheDir}: process ${mount!.pid} `));

    for (const command of ["events replay", "cache clear", "cache verify"]) {
      const { code, stderr } = await musicfs(it, [
        ...command.split(" "),
        ...["--state-dir", it.stateDir, "--cache-dir", it.cacheDir, "--socket", `${other}/nobody`],
      ]);
      assert.equal(code, 1, command);
      assert.match(stderr, new RegExp(`process ${mount!.pid} `), command);
    }
    assert.equal((await it.status()).library.tracks, made.files);
  },
});

Deno.test({
  name: "a daemon is found by its state directory, and that of another library is not taken for it",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    for (const name of ["session", "cron", "state-2"]) Deno.mkdirSync(`${it.base}/${name}`);
    const directories = ["--state-dir", it.stateDir, "--cache-dir", it.cacheDir];
    const started = await musicfs(
      it,
      ["mount", it.mountpoint, "--origin", it.origin, "--daemon", ...directories],
      { XDG_RUNTIME_DIR: `${it.base}/session` },
    );
    assert.equal(started.code, 0, started.stderr);
    try {
      for (const session of ["session", "cron"]) {
        const env = { XDG_RUNTIME_DIR: `${it.base}/${session}` };
        const { code, stdout, stderr } = await musicfs(
          it,
          ["status", "--json", ...directories],
          env,
        );
        assert.equal(code, 0, stderr);
        assert.equal(JSON.parse(stdout).mounts[0].mountpoint, it.mountpoint);
        const others = await musicfs(it, ["status", "--state-dir", `${it.base}/state-2`], env);
        assert.equal(others.code, 3, others.stdout);
      }
      const rescan = await musicfs(it, ["origin", "rescan", "--wait", ...directories]);
      assert.equal(rescan.code, 0, rescan.stderr);
    } finally {
      const ended = await musicfs(it, ["unmount", it.mountpoint, ...directories]);
      assert.equal(ended.code, 0, ended.stderr);
    }
  },
});

Deno.test({
  name:
    "a daemon that is killed frees its library at once, though its engine lives a moment longer",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 4 });
    await it.mountAndScan();
    const { engine } = await it.status();
    assert.notEqual(engine.pid, null);
    // A stopped engine neither sees that its mount is gone nor releases the log before it is woken.
    Deno.kill(engine.pid!, "SIGSTOP");
    try {
      it.daemon!.kill("SIGKILL");
      await it.daemon!.status;
      it.daemon = undefined;
      await it.mount();
      assert.equal(filesBelow(it.mountpoint).length, made.files);
    } finally {
      Deno.kill(engine.pid!, "SIGCONT");
    }
    await it.scanned();
    await until("the new engine works", 15_000, async () => {
      const { engine: now } = await it.status();
      return now.pid !== null && now.pid !== engine.pid;
    });
    assert.equal((await it.rescan())[0]!.listed, made.files);
  },
});
