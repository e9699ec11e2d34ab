/**
 * Symbolic links in an origin: a person who may write there must not see, through another person's mount, files that
 * lie elsewhere.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, sha256, write } from "../support/tree.ts";

const ready = needs("/dev/fuse", "timeout", "cat");

const TEMPLATE = "$artist/$title.$format";

interface Unreadable {
  files: { path: string; reason: string }[];
  directories: { path: string; reason: string }[];
}

/** Gives a file the size and modification time of another: only the bytes tell the secret from the song. */
function disguise(path: string, as: string): void {
  const { atime, mtime } = Deno.statSync(as);
  Deno.utimeSync(path, atime!, mtime!);
}

Deno.test({
  name:
    "a link that takes the place of a file, or of its directory, shows nobody the file to which it leads",
  ignore: !ready,
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_WATCH: "off" };
    const sound = { seconds: 1 };
    const song = (artist: string, title: string, seed: number) =>
      flacFile({ title, artist }, { ...sound, seed });
    write(`${it.origin}/a/one.flac`, song("A", "One", 1));
    write(`${it.origin}/b/two.flac`, song("B", "Two", 2));
    write(`${it.origin}/c/three.flac`, song("C", "Six", 3));
    const secret = `${it.base}/secret`;
    write(`${secret}/one.flac`, song("A", "One", 7));
    write(`${secret}/two.flac`, song("B", "Two", 8));
    for (const [path, as] of [["one.flac", "a/one.flac"], ["two.flac", "b/two.flac"]] as const) {
      disguise(`${secret}/${path}`, `${it.origin}/${as}`);
    }
    await it.mountAndScan(["--template", TEMPLATE]);
    const at = (path: string) => `${it.mountpoint}/${path}`;

    Deno.removeSync(`${it.origin}/a/one.flac`);
    Deno.symlinkSync(`${secret}/one.flac`, `${it.origin}/a/one.flac`);
    Deno.removeSync(`${it.origin}/b`, { recursive: true });
    Deno.symlinkSync("../secret", `${it.origin}/b`);
    for (const path of ["A/One.flac", "B/Two.flac"]) {
      const { code, stdout, stderr } = await run(["cat", at(path)]);
      assert.equal(stdout, "", path);
      assert.equal(code, 1);
      assert.match(stderr, /Permission denied/);
    }

    for (const full of [false, true]) {
      await it.rescan({ full });
      const { files, directories } = await it.json<Unreadable>(["track", "unreadable"]);
      assert.deepEqual(files.map(({ path }) => path), ["a/one.flac"]);
      assert.match(files[0]!.reason, /leads out of the origin; follow_links = true/);
      assert.deepEqual(directories.map(({ path }) => path), ["b"]);
      assert.match(directories[0]!.reason, /leads out of the origin; follow_links = true/);
      assert.equal((await run(["cat", at("B/Two.flac")])).code, 1);
      assert.ok(!exists(at("A/One.flac")), "a file that can't be read is no track");
      assert.equal(sha256(at("C/Six.flac")), sha256(`${it.origin}/c/three.flac`));
    }
  },
});

Deno.test({
  name: "links within an origin are followed, and with follow_links those out of it too",
  ignore: !ready,
  async fn() {
    await using it = new Installation();
    const origin = it.origin;
    it.configure(
      `template = "${TEMPLATE}"\n[[origins]]\nid = "music"\npath = "${origin}"\nfollow_links = true\n`,
    );
    write(`${origin}/a/one.flac`, flacFile({ title: "One", artist: "A" }, { seconds: 1, seed: 1 }));
    const elsewhere = `${it.base}/elsewhere`;
    write(
      `${elsewhere}/two.flac`,
      flacFile({ title: "Two", artist: "B" }, { seconds: 1, seed: 2 }),
    );
    write(
      `${elsewhere}/c/3.flac`,
      flacFile({ title: "Three", artist: "C" }, { seconds: 1, seed: 3 }),
    );
    Deno.symlinkSync(`${elsewhere}/two.flac`, `${origin}/two.flac`);
    Deno.symlinkSync("../elsewhere/c", `${origin}/c`);
    await it.mountAndScan();
    for (
      const [path, original] of [
        ["A/One.flac", `${origin}/a/one.flac`],
        ["B/Two.flac", `${elsewhere}/two.flac`],
        ["C/Three.flac", `${elsewhere}/c/3.flac`],
      ] as const
    ) assert.equal(sha256(`${it.mountpoint}/${path}`), sha256(original), path);
    assert.deepEqual(await it.json(["track", "unreadable"]), { files: [], directories: [] });
    const { stdout } = await it.musicfs(["config", "show"]);
    assert.match(stdout, /follow_links/);
    await it.unmount();

    it.configure(`template = "${TEMPLATE}"\n[[origins]]\nid = "music"\npath = "${origin}"\n`);
    await it.mountAndScan();
    await it.rescan();
    assert.equal((await run(["cat", `${it.mountpoint}/C/Three.flac`])).code, 1);
    const { files, directories } = await it.json<Unreadable>(["track", "unreadable"]);
    assert.deepEqual([...files, ...directories].map(({ path }) => path), ["two.flac", "c"]);
  },
});
