/** A network share that is given as a plain path is recognised and used as a share. */
import assert from "node:assert/strict";
import { run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { libraryFiles } from "../support/remote_library.ts";
import { Scene, test } from "../support/remote_scene.ts";
import { writeLocal } from "../support/local_files.ts";
import { SftpServer } from "../support/sftp_server.ts";

test(
  "a share of sshfs that is given as a plain path is used as nfs, and that is said",
  async () => {
    await using server = await SftpServer.start();
    const files = libraryFiles();
    for (const { path, bytes } of files) writeLocal(server.music, path, bytes);
    const share = Deno.makeTempDirSync();
    const options = [
      `port=${server.port}`,
      `IdentityFile=${server.keyFile}`,
      `UserKnownHostsFile=${server.knownHosts}`,
    ].flatMap((option) => ["-o", option]);
    const place = `${server.user}@127.0.0.1:${server.music}`;
    const { code, stderr } = await run(["sshfs", "-F", "/dev/null", ...options, place, share]);
    assert.equal(code, 0, stderr);
    try {
      await using scene = new Scene(`[[origins]]\nid = "plain"\npath = "${share}"\n`, files);
      const { it } = scene;
      const { library } = await it.mountAndScan();
      assert.equal(library.tracks, files.length);
      await scene.readsRight();
      assert.equal((await scene.origin()).type, "nfs");
      assert.match(it.log, /lies on a network share \(fuse\.sshfs\), and is used as type nfs/);
      const { stdout } = await it.musicfs(["origin", "list"]);
      assert.match(stdout, /plain +nfs[^]*plain: lies on a network share \(fuse\.sshfs\)/);
      const [again] = await it.rescan();
      assert.deepEqual([again!.outcome, again!.read], ["completed", 0]);
      await it.unmount();
    } finally {
      await run(["umount", "-l", share]);
      Deno.removeSync(share);
    }
  },
  needs("sshfs", "umount"),
);
