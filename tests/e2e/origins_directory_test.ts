/** `/.origins/ID`: each origin with all its files, as they lie there. */
import assert from "node:assert/strict";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { libraryFiles, noise, openPlace, PLACE_KINDS } from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { exists, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "python3", "timeout", "find", "rsync") && hasSftpServer();

/** Files that are no music, by their paths on the origin. */
function extras(): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map([
    ["in/flac/scans/booklet.pdf", noise(400_000, 11)],
    ["in/flac/folder.jpg", noise(40_000, 12)],
    ["in/rip.log", new TextEncoder().encode("no errors\n")],
    ["empty.cue", new Uint8Array()],
  ]);
}

/** Every file below a directory with its size, and every directory. */
async function found(directory: string): Promise<string[]> {
  const { code, stdout, stderr } = await run([
    ...["find", directory, "-mindepth", "1"],
    ...["(", "-type", "d", "-printf", "%P/\\n", ")", "-o", "-printf", "%P %s\\n"],
  ]);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "").sort();
}

/** The lines that {@link found} must return for these files. */
function linesOf(files: ReadonlyMap<string, Uint8Array>): string[] {
  const lines = new Set<string>();
  for (const [path, { length }] of files) {
    lines.add(`${path} ${length}`);
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      lines.add(path.slice(0, at + 1));
    }
  }
  return [...lines].sort();
}

async function assertBytes(directory: string, files: ReadonlyMap<string, Uint8Array>) {
  for (const [path, bytes] of files) {
    assert.deepEqual(await Deno.readFile(`${directory}/${path}`), bytes, path);
  }
}

for (const kind of PLACE_KINDS) {
  Deno.test({
    name:
      `SEMANTICS 29: ${kind}: /.origins has every file of the origin, with its bytes and its number`,
    ignore: !ready,
    async fn() {
      await using place = await openPlace(kind);
      const library = libraryFiles().slice(2);
      const files = new Map([
        ...library.map(({ path, bytes }) => [path, bytes] as const),
        ...extras(),
      ]);
      for (const [path, bytes] of files) place.put(path, bytes);
      await using it = new Installation({ config: place.table });
      place.admit(it);
      await it.mountAndScan();
      const root = `${it.mountpoint}/.origins/${kind}`;
      assert.deepEqual(await found(root), linesOf(files));
      await assertBytes(root, files);
      for (const { path, virtualPath } of library) {
        const [here, there] = [`${root}/${path}`, `${it.mountpoint}/${virtualPath}`]
          .map((at) => Deno.lstatSync(at));
        assert.deepEqual([here!.ino, here!.size], [there!.ino, there!.size], path);
        assert.equal(here!.nlink, 1);
      }

      const before = Deno.lstatSync(`${root}/in/rip.log`).ino;
      files.set("in/rip.log", new TextEncoder().encode("one error, corrected\n"));
      files.set("in/new/cover.png", noise(5_000, 13));
      for (const path of ["in/rip.log", "in/new/cover.png"]) place.put(path, files.get(path)!);
      for (const path of ["empty.cue", "in/flac/scans/booklet.pdf"]) {
        place.remove(path);
        files.delete(path);
      }
      // Has the file system in between forget what it knew.
      await place.comeBack();
      await it.rescan();
      assert.deepEqual(await found(root), linesOf(files), "what the kernel kept is as it was told");
      await assertBytes(root, files);
      assert.equal(Deno.lstatSync(`${root}/in/rip.log`).ino, before);
      assert.equal((await it.rescan())[0]!.read, 0);
      await it.unmount();
      await it.mount();
      assert.deepEqual(await found(root), linesOf(files));
      assert.equal(Deno.lstatSync(`${root}/in/rip.log`).ino, before, "a number is for ever");
    },
  });
}

Deno.test({
  name:
    "SEMANTICS 29: walkers of the root do not enter what begins with a dot, unless show_hidden lists it",
  ignore: !ready,
  async fn() {
    for (const isShown of [false, true]) {
      await using it = new Installation();
      const { path, bytes } = libraryFiles()[5]!;
      write(`${it.origin}/${path}`, bytes);
      write(`${it.origin}/in/rip.log`, new TextEncoder().encode("no errors\n"));
      it.configure(
        `[tree]\nshow_hidden = ${isShown}\n[[origins]]\nid = "mine"\npath = "${it.origin}"\n`,
      );
      await it.mountAndScan();
      const names = [...Deno.readDirSync(it.mountpoint)].map(({ name }) => name);
      assert.equal(names.includes(".origins"), isShown);
      const walked = [
        (await found(it.mountpoint)).join("\n"),
        (await run(["rsync", "-rn", "--list-only", `${it.mountpoint}/`])).stdout,
      ];
      for (const text of walked) assert.equal(text.includes("rip.log"), isShown, text);
      assert.ok(await Deno.stat(`${it.mountpoint}/.origins/mine/in/rip.log`));
      await assert.rejects(Deno.stat(`${it.mountpoint}/.origins/none`), Deno.errors.NotFound);
    }
  },
});

Deno.test({
  name: "SEMANTICS 29: permissions, links and exclusions hold in /.origins as in the tree",
  ignore: !ready || Deno.uid() !== 0,
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    write(`${it.base}/outside.txt`, new TextEncoder().encode("outside"));
    const private_ = `${it.origin}/private.log`;
    write(private_, new TextEncoder().encode("private"));
    Deno.chmodSync(private_, 0o600);
    write(`${it.origin}/@eaDir/thumb.jpg`, noise(100, 1));
    write(`${it.origin}/half.part`, noise(100, 2));
    Deno.symlinkSync(`${it.base}/outside.txt`, `${it.origin}/out.txt`);
    it.configure(
      `[scan]\nexclude = ["*.part"]\n[[origins]]\nid = "mine"\npath = "${it.origin}"\n`,
    );
    await it.mountAndScan(["--allow-other"]);
    const root = `${it.mountpoint}/.origins/mine`;
    const names = (await found(root)).map((line) => line.split(" ")[0]);
    assert.deepEqual(names.filter((name) => name !== "out.txt"), ["private.log"]);
    const read = (user: number, name: string) =>
      run(["setpriv", `--reuid=${user}`, "--clear-groups", "cat", `${root}/${name}`]);
    assert.equal((await read(0, "private.log")).stdout, "private");
    assert.match((await read(12_345, "private.log")).stderr, /Permission denied/);
    assert.notEqual((await read(0, "out.txt")).code, 0, "a link that leads out is not followed");
    Deno.removeSync(private_);
    await it.rescan();
    assert.throws(() => Deno.lstatSync(`${root}/private.log`), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "SEMANTICS 29: what is no music is seen by the watch: new, other, renamed and gone",
  ignore: !ready,
  async fn() {
    await using it = new Installation();
    const { path, bytes } = libraryFiles()[5]!;
    write(`${it.origin}/${path}`, bytes);
    it.configure(`[[origins]]\nid = "mine"\npath = "${it.origin}"\n`);
    await it.mountAndScan();
    const root = `${it.mountpoint}/.origins/mine`;
    const isThere = (name: string, size: number) => {
      try {
        return Deno.lstatSync(`${root}/${name}`).size === size;
      } catch {
        return false;
      }
    };
    let writes = 0;
    await until("the watch is there", 60_000, () => {
      // A file that is written before its directory is watched may be missed, so it is written again.
      if (writes++ % 100 === 0) write(`${it.origin}/in/log.txt`, noise(9, 1));
      return isThere("in/log.txt", 9);
    });
    write(`${it.origin}/in/scans/booklet.pdf`, noise(90_000, 2));
    await until("a booklet", 60_000, () => isThere("in/scans/booklet.pdf", 90_000));
    write(`${it.origin}/in/scans/booklet.pdf`, noise(100_000, 3));
    await until("another one", 60_000, () => isThere("in/scans/booklet.pdf", 100_000));
    assert.deepEqual(await Deno.readFile(`${root}/in/scans/booklet.pdf`), noise(100_000, 3));
    Deno.renameSync(`${it.origin}/in/scans/booklet.pdf`, `${it.origin}/in/inlay`);
    await until("under its new name", 60_000, () => isThere("in/inlay", 100_000));
    await until("not under the old one", 60_000, () => !isThere("in/scans/booklet.pdf", 100_000));
    Deno.removeSync(`${it.origin}/in/inlay`);
    await until("gone", 60_000, () => !isThere("in/inlay", 100_000));
    write(`${it.origin}/in/scans/deep/1.png`, noise(10, 4));
    await until("a directory without music", 60_000, () => isThere("in/scans/deep/1.png", 10));
    Deno.removeSync(`${it.origin}/in/scans`, { recursive: true });
    await until("gone as a whole", 60_000, () => !exists(`${root}/in/scans`));
  },
});
