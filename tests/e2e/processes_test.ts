/** Mount and engine are two processes, and either may end at any time. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

Deno.test({
  name: "a scan whose engine is killed continues where it was, and readers never notice",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 40, albums: 5, tracks: 10, seconds: 0.1 });
    await it.mount();
    const readers = new AbortController();
    let reads = 0;
    const reading = (async () => {
      while (!readers.signal.aborted) {
        const { code, stderr } = await run([
          "sh",
          "-c",
          `find ${it.mountpoint} -type f | head -50 | while read -r f; do cat "$f" >/dev/null || exit 1; done`,
        ]);
        assert.equal(code, 0, stderr);
        reads++;
      }
    })();
    let kills = 0;
    while (kills < 4) {
      const status = await it.status();
      if (status.library.tracks === made.files && !status.scan.running) break;
      if (status.engine.pid !== null && status.library.tracks > kills * 300) {
        try {
          Deno.kill(status.engine.pid, "SIGKILL");
          kills++;
          await until(
            "the supervisor notices",
            5000,
            async () => (await it.status()).engine.restarts === kills,
          );
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(kills > 0, "the scan was over before the engine could be killed");
    await until(
      "all tracks",
      60_000,
      async () => (await it.status()).library.tracks === made.files,
    );
    await it.scanned();
    readers.abort();
    await reading;
    assert.ok(reads > 0);
    assert.equal((await it.status()).engine.restarts, kills);
    const { identical, difference } = await it.json<{ identical: boolean; difference: string }>([
      "events",
      "verify",
    ]);
    assert.ok(identical, difference);
    const { events: stored } = await it.json<
      { events: { type: string; data: { files?: { path: string }[] } }[] }
    >([
      "events",
      "list",
      "--limit",
      "100000",
    ]);
    const paths = stored.flatMap((event) =>
      event.type === "FilesObserved" ? event.data.files!.map((file) => file.path) : []
    );
    assert.equal(paths.length, made.files, "every file was observed exactly once");
    assert.equal(new Set(paths).size, made.files);
  },
});

Deno.test({
  name: "the engine ends when it has nothing to do, and is started again by a request",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_ENGINE_IDLE_MS: "300" };
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    await it.mountAndScan();
    await until(
      "the engine leaves",
      10_000,
      async () => (await it.status()).engine.state === "off",
    );
    assert.equal(filesBelow(it.mountpoint).length, 3);
    const [summary] = await it.rescan();
    assert.equal(summary!.listed, 3);
    assert.equal((await it.status()).engine.restarts, 0);
  },
});

Deno.test({
  name: "after the daemon was killed its stale mount is cleaned by the next one",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    await it.crash();
    const { code, stderr } = await run(["ls", it.mountpoint], { seconds: 10 });
    assert.ok(code !== 0, stderr);
    await it.mountAndScan();
    assert.equal(filesBelow(it.mountpoint).length, 2);
    await it.crash();
    const cleaned = await it.musicfs(["unmount", it.mountpoint]);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
  },
});

Deno.test({
  name: "--daemon returns once the mount answers, and unmount ends it",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    const { code, stderr } = await it.musicfs([
      "mount",
      it.mountpoint,
      "--origin",
      it.origin,
      "--daemon",
    ]);
    assert.equal(code, 0, stderr);
    const status = await it.scanned();
    assert.equal(filesBelow(it.mountpoint).length, 2);
    const pid = status.mounts[0]!.pid;
    const unmounted = await it.musicfs(["unmount", it.mountpoint]);
    assert.equal(unmounted.code, 0, unmounted.stderr);
    await until("the daemon ends", 10_000, () => !exists(`/proc/${pid}`));
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
  },
});
