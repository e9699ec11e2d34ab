/**
 * Disks that are unmounted while their mount points stay: unknown is not deleted, and the origin is not reported as
 * well.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const isRoot = Deno.uid() === 0;
const STATUS_MS = 30_000;

function song(title: string): Uint8Array<ArrayBuffer> {
  return flacFile({ title }, { seconds: 1, seed: title.length });
}

async function sh(script: string): Promise<void> {
  const { code, stderr } = await run(["sh", "-ec", script]);
  assert.equal(code, 0, stderr);
}

/** The complaint of `cat`; empty when it can read the file. */
async function complaint(path: string): Promise<string> {
  const { code, stderr } = await run(["cat", path], { seconds: 20 });
  return code === 0 ? "" : stderr.trim().replace(/^.*: /, "");
}

Deno.test({
  name: "an origin whose disk was unmounted is down, and its files are errors and not missing",
  ignore: !isRoot || !needs("/dev/fuse", "mount"),
  async fn() {
    await using it = new Installation();
    const disk = `${it.base}/disk`;
    await sh(`mkdir ${disk}; mount -t tmpfs none ${disk}`);
    for (let i = 0; i < 3; i++) write(`${disk}/${i}.flac`, song(`Song ${i}`));
    await sh(`mount --bind ${disk} ${it.origin}`);
    try {
      await it.mountAndScan(["--template", "$title.$format"]);
      const at = `${it.mountpoint}/Song 1.flac`;
      assert.equal(await complaint(at), "");
      await sh(`umount ${it.origin}`);
      assert.equal(await complaint(`${it.mountpoint}/Song 2.flac`), "Input/output error");
      const health = async () => (await it.status()).origins[0]!.health;
      await until("status says so", STATUS_MS, async () => await health() === "down");
      assert.equal((await it.status()).library.tracks, 3);
      assert.equal((await it.rescan())[0]!.outcome, "failed");
      assert.equal(await complaint(at), "Input/output error");
      // The same holds for a daemon that has never seen the disk mounted.
      await it.unmount();
      await it.mount(["--template", "$title.$format"]);
      assert.equal(await complaint(at), "Input/output error");
      await until("status says so", STATUS_MS, async () => await health() === "down");
      await sh(`mount --bind ${disk} ${it.origin}`);
      await until("it is back", STATUS_MS, async () => await health() === "up");
      assert.equal(await complaint(at), "");
      assert.equal((await it.status()).library.tracks, 3);
    } finally {
      await it.unmount();
      await run(["umount", "-l", it.origin]);
      await run(["umount", "-l", disk]);
    }
  },
});

Deno.test({
  name:
    "the tracks of a disk inside an origin stay after it was unmounted, until a person says that they are gone",
  ignore: !isRoot || !needs("/dev/fuse", "mount"),
  async fn() {
    await using it = new Installation();
    const disk = `${it.origin}/disk`;
    for (let i = 0; i < 30; i++) write(`${it.origin}/${i}.flac`, song(`Main ${i}`));
    await sh(`mkdir ${disk}; mount -t tmpfs none ${disk}`);
    try {
      for (let i = 0; i < 3; i++) write(`${disk}/album/${i}.flac`, song(`Disk ${i}`));
      await it.mountAndScan(["--template", "$title.$format"]);
      const at = (i: number) => `${it.mountpoint}/Disk ${i}.flac`;
      assert.equal((await it.status()).library.tracks, 33);
      await sh(`umount ${disk}`);
      assert.equal(await complaint(at(1)), "Input/output error");
      const [scan] = await it.rescan();
      assert.deepEqual([scan!.outcome, scan!.removed], ["held", 0]);
      const { library, origins } = await it.status();
      assert.deepEqual([library.tracks, origins[0]!.held_removals], [33, 3]);
      assert.ok(exists(at(2)));
      assert.equal(await complaint(at(2)), "Input/output error");
      // Some systems also remove the directory of a mount point.
      Deno.removeSync(disk);
      assert.equal((await it.rescan())[0]!.removed, 0);
      await it.musicfs(["origin", "confirm-removals", origins[0]!.id]);
      await until("they are gone", 30_000, async () => (await it.status()).library.tracks === 30);
    } finally {
      await it.unmount();
      await run(["umount", "-l", disk]);
    }
  },
});
