/**
 * A share on which processes hang beyond the reach of signals: other origins are not affected, and the daemon ends
 * and starts as usual.
 */
import assert from "node:assert/strict";
import { HangingFs } from "../support/hanging_fs.ts";
import { run } from "../support/daemon.ts";
import { type LibraryFile, noisyWav, tagsOf } from "../support/remote_library.ts";
import { Scene, smallFile, test } from "../support/remote_scene.ts";
import { until } from "../support/until.ts";

/** The limit for prompt actions, on a busy machine. */
const PROMPT_MS = 30_000;

test("a share that hangs out of reach holds up neither engine, lock nor exit, nor other origins", async () => {
  await using share = await HangingFs.start();
  const healthy = Deno.makeTempDirSync();
  // Larger than what a scan reads and remembers of a file.
  const [stuck, ...others] = [1, 2, 3, 4].map((track): LibraryFile => ({
    ...smallFile(track),
    bytes: noisyWav(tagsOf(track), 1_000_000, track),
  }));
  const table = (id: string, path: string) =>
    `[[origins]]\ntype = "nfs"\nid = "${id}"\npath = "${path}"\n`;
  await using scene = new Scene(table("stuck", share.mountpoint) + table("well", healthy), others);
  Deno.writeFileSync(`${share.source}/${stuck!.path}`, stuck!.bytes);
  for (const { path, bytes } of others) Deno.writeFileSync(`${healthy}/${path}`, bytes);
  const { it } = scene;
  const { library } = await it.mountAndScan();
  assert.equal(library.tracks, 4);
  const read = async (virtualPath: string) =>
    (await run(["cat", `${it.mountpoint}/${virtualPath}`], { seconds: 40 })).code;
  const othersAreRead = async () => {
    await scene.clearCache();
    for (const { virtualPath } of others) assert.equal(await read(virtualPath), 0, it.log);
  };
  await scene.clearCache();
  await share.hangReads(1);
  assert.notEqual(await read(stuck!.virtualPath), 0);
  await othersAreRead();

  const before = (await it.status()).engine.pid!;
  Deno.kill(before, "SIGKILL");
  await until("another engine works", PROMPT_MS, async () => {
    const { pid, state } = (await it.status()).engine;
    return state === "running" && pid !== before;
  });
  await othersAreRead();

  const begun = Date.now();
  assert.equal(await it.unmount(), 0, it.log);
  await it.mount();
  await othersAreRead();
  assert.ok(Date.now() - begun < PROMPT_MS, it.log);
  await it.unmount();
  Deno.removeSync(healthy, { recursive: true });
});
