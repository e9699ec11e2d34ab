/** Changes that are noticed while the log can't be written. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = Deno.uid() === 0 && needs("/dev/fuse", "mount");

async function sh(script: string): Promise<void> {
  const { code, stderr } = await run(["sh", "-c", script]);
  assert.equal(code, 0, stderr);
}

/** A file whose tags make the log grow by some 64 KB, more than is left on a full disk. */
function song(title: string): Uint8Array<ArrayBuffer> {
  return flacFile({ title, artist: "A".repeat(64_000) }, { seconds: 1, seed: title.length });
}

Deno.test({
  name:
    "changes that a watch and a read notice while the log's disk is full are noted by themselves once there is room",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    Deno.mkdirSync(it.stateDir);
    await sh(`mount -t tmpfs -o size=16m tmpfs ${it.stateDir}`);
    try {
      write(`${it.origin}/a/one.flac`, song("One"));
      write(`${it.origin}/b/two.flac`, song("Two"));
      await it.mountAndScan(["--template", "$title.$format"]);
      const at = (title: string) => `${it.mountpoint}/${title}.flac`;
      assert.ok(exists(at("One")));
      const ballast = `${it.stateDir}/ballast`;
      await sh(`dd if=/dev/zero of=${ballast} bs=4k 2>/dev/null; true`);
      write(`${it.origin}/a/one.flac`, song("Uno"));
      // Reads the file before the watch reports it: so the read notices the change.
      await run(["cat", at("One")]);
      for (let i = 0; i < 20; i++) write(`${it.origin}/new/${i}.flac`, song(`New ${i}`));
      await until(
        "it says that it could not be noted",
        60_000,
        () => it.log.includes("is kept and tried again"),
      );
      assert.ok((await it.status()).library.tracks < 22, "there was room for some of it at most");
      Deno.removeSync(ballast);
      await until(
        "everything is noted",
        120_000,
        () =>
          exists(at("Uno")) && Array.from({ length: 20 }).every((_, i) => exists(at(`New ${i}`))),
      );
      await until("it says so", 10_000, () => it.log.includes("what changed meanwhile was noted"));
      assert.equal((await it.status()).library.tracks, 22);
    } finally {
      await it.unmount();
      await run(["umount", "-l", it.stateDir]);
    }
  },
});
