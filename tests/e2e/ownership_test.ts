/**
 * Who may read what: the origin's permissions hold for the mount, and the kernel enforces them.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const USER = 12_345;
const TEMPLATE = ["--template", "$title.$format"];
const isRoot = Deno.uid() === 0;

/** Three files of root's: private, for a group, for all. */
function putFiles({ base, origin }: Installation): void {
  // The user has to come as far as the mount point.
  Deno.chmodSync(base, 0o755);
  for (
    const [name, mode, gid] of [["Private", 0o600, 0], ["Group", 0o640, USER], [
      "Open",
      0o6755,
      0,
    ]] as const
  ) {
    const path = `${origin}/${name}.flac`;
    write(path, flacFile({ title: name }, { seconds: 8, seed: mode }));
    Deno.chownSync(path, 0, gid);
    Deno.chmodSync(path, mode);
  }
}

/** Exit code and complaint of somebody who reads a file. */
async function readAs(user: number, path: string): Promise<string> {
  const { code, stderr } = await run([
    ...["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"],
    ...["head", "-c", "100000", path],
  ], { seconds: 20 });
  return code === 0 ? "read" : stderr.includes("Permission denied") ? "denied" : stderr;
}

function shown(path: string): [mode: number, uid: number | null, gid: number | null] {
  const { mode, uid, gid } = Deno.statSync(path);
  return [mode! & 0o7777, uid, gid];
}

for (const passthrough of ["on", "off"]) {
  Deno.test({
    name: `others read what the origin lets them read, and no more (pass-through ${passthrough})`,
    ignore: !isRoot || !needs("/dev/fuse", "setpriv"),
    async fn() {
      await using it = new Installation();
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      putFiles(it);
      await it.mountAndScan([...TEMPLATE, "--allow-other"]);
      const at = (name: string) => `${it.mountpoint}/${name}.flac`;
      assert.deepEqual(shown(at("Private")), [0o400, 0, 0]);
      assert.deepEqual(shown(at("Group")), [0o440, 0, USER]);
      assert.deepEqual(shown(at("Open")), [0o555, 0, 0]);
      assert.deepEqual(shown(it.mountpoint), [0o555, 0, 0]);
      const all = () =>
        Promise.all(["Private", "Group", "Open"].map((name) => readAs(USER, at(name))));
      // Root's reads bring its bytes into the kernel's pages: that opens them to nobody.
      assert.equal(await readAs(0, at("Private")), "read");
      assert.deepEqual(await all(), ["denied", "read", "read"]);

      Deno.chmodSync(`${it.origin}/Private.flac`, 0o644);
      Deno.chmodSync(`${it.origin}/Open.flac`, 0o700);
      await until("the new permissions", 10_000, async () => {
        const [mine, , open] = await all();
        return mine === "read" && open === "denied";
      });
      assert.deepEqual(shown(at("Private")), [0o444, 0, 0]);
    },
  });
}

Deno.test({
  name: "the owner of the mount may set who owns what, and who may read it",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv"),
  async fn() {
    await using it = new Installation();
    putFiles(it);
    const at = (name: string) => `${it.mountpoint}/${name}.flac`;
    await it.mountAndScan([
      ...[...TEMPLATE, "--allow-other", "--owner", String(USER), "--group", "root"],
      ...["--file-mode", "0640", "--dir-mode", "0750"],
    ]);
    for (const name of ["Private", "Group", "Open"]) {
      assert.deepEqual(shown(at(name)), [0o440, USER, 0]);
      assert.equal(await readAs(USER, at(name)), "read");
      assert.equal(await readAs(USER + 1, at(name)), "denied");
    }
    assert.deepEqual(shown(it.mountpoint), [0o550, USER, 0]);
    await it.unmount();
    const wrong = await it.musicfs([
      ...["mount", it.mountpoint, "--origin", it.origin, "--owner", "nobody-of-that-name"],
    ]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /there is no such user/);
    const mode = await it.musicfs([
      "mount",
      it.mountpoint,
      "--origin",
      it.origin,
      "--file-mode",
      "rw",
    ]);
    assert.equal(mode.code, 2);
    assert.match(mode.stderr, /--file-mode/);
  },
});
