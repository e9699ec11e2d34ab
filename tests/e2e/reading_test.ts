/** The bytes and names in the mount are those on the origin, or a read fails. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { filesBelow, sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

Deno.test({
  name: "every file read through the mount has the sha256 of its original",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 4, albums: 3, tracks: 9 });
    const status = await it.mountAndScan();
    assert.equal(status.library.tracks, made.files);
    assert.equal(status.library.bytes, made.bytes);

    const originals = new Map<string, number>();
    for (const track of made.tracks) {
      const hash = sha256(`${it.origin}/${track.path}`);
      originals.set(hash, (originals.get(hash) ?? 0) + 1);
    }
    const shown = filesBelow(it.mountpoint);
    assert.equal(shown.length, made.files);
    for (const path of shown) {
      const hash = sha256(`${it.mountpoint}/${path}`);
      const count = originals.get(hash) ?? 0;
      assert.ok(count > 0, `${path} is not the content of any original`);
      originals.set(hash, count - 1);
    }
    assert.equal(await it.unmount(), 0);
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], [], "nothing is mounted any more");
  },
});

Deno.test({
  name: "the plain path gives the same bytes as pass-through",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 5 });
    write(`${it.origin}/big.flac`, flacFile({ title: "Big", artist: "B" }, { seconds: 60 }));
    const hashes: string[][] = [];
    for (const passthrough of ["off", "on"]) {
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      await it.mountAndScan();
      hashes.push(
        filesBelow(it.mountpoint).map((path) => `${path} ${sha256(`${it.mountpoint}/${path}`)}`),
      );
      await it.unmount();
    }
    assert.ok(hashes[0]!.length > 20);
    assert.deepEqual(hashes[0], hashes[1]);
  },
});

Deno.test({
  name:
    "names with newlines, invalid UTF-8, 255 bytes, leading dots and only spaces are shown and read",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const make = `
import os, sys
base, template = sys.argv[1].encode(), open(sys.argv[2], 'rb').read()
names = [b'new\\nline.flac', b'bad\\xff\\xfeutf.flac', b'x'*250 + b'.flac', b'.hidden.flac', b'   .flac', b'a\\xc3\\xa9.flac', b'tab\\there.flac']
for n in names:
    with open(os.path.join(base, n), 'wb') as f: f.write(template + n)
`;
    const sample = `${it.base}/sample.flac`;
    Deno.writeFileSync(sample, flacFile({}, { seconds: 0.1 }));
    const made = await run(["python3", "-c", make, it.origin, sample]);
    assert.equal(made.code, 0, made.stderr);
    const status = await it.mountAndScan();
    assert.equal(status.library.tracks + status.library.unreadable, 7);
    assert.equal(status.library.tracks, 7);
    const script = `
import hashlib, os, sys
def hashes(root):
    out = []
    for d, _, fs in os.walk(root.encode()):
        for f in fs: out.append(hashlib.sha256(open(os.path.join(d, f), 'rb').read()).hexdigest())
    return sorted(out)
a, b = hashes(sys.argv[1]), hashes(sys.argv[2])
sys.exit(0 if a == b and len(a) == 7 else 'differ: %r %r' % (a, b))
`;
    const compared = await run(["python3", "-c", script, it.origin, it.mountpoint]);
    assert.equal(compared.code, 0, compared.stderr);
    for (const path of filesBelow(it.mountpoint)) {
      assert.ok(path.split("/").every((name) => !name.startsWith(".")), `${path} is hidden`);
      // deno-lint-ignore no-control-regex
      assert.ok(!/[\x00-\x1f]/.test(path), `${JSON.stringify(path)} has a control character`);
    }
  },
});

Deno.test({
  name: "a file that shrank, grew or vanished since the scan is an error, never wrong bytes",
  ignore: !mountable,
  async fn() {
    for (const passthrough of ["on", "off"]) {
      await using it = new Installation();
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      for (const name of ["shrunk", "grown", "gone", "swapped"]) {
        write(
          `${it.origin}/${name}.flac`,
          flacFile({ title: name, artist: "A", album: "B" }, { seconds: 3, seed: 9 }),
        );
      }
      // Without watches the mount notices the changes only when it meets them.
      it.env.MUSICFS_WATCH = "off";
      await it.mountAndScan(["--template", "$title.$format"]);
      const size = Deno.statSync(`${it.mountpoint}/shrunk.flac`).size;
      Deno.truncateSync(`${it.origin}/shrunk.flac`, size - 50);
      write(`${it.origin}/grown.flac`, new Uint8Array(size + 50));
      Deno.removeSync(`${it.origin}/gone.flac`);
      write(`${it.origin}/swapped.flac`, new Uint8Array(size));
      Deno.utimeSync(`${it.origin}/swapped.flac`, 1, 1);
      for (const name of ["shrunk", "grown", "gone", "swapped"]) {
        const { code, stdout } = await run(["cat", `${it.mountpoint}/${name}.flac`]);
        assert.ok(
          code !== 0,
          `${name} (pass-through ${passthrough}) must fail, read ${stdout.length}`,
        );
        assert.equal(stdout.length, 0);
      }
      // After a read had met a changed file, the engine scanned: the new versions are served, and the lost file is
      // gone.
      await until("the drifted files are known anew", 10_000, async () => {
        const shown = filesBelow(it.mountpoint);
        if (shown.includes("gone.flac")) return false;
        return (await run(["cat", `${it.mountpoint}/shrunk.flac`])).code === 0;
      });
    }
  },
});
