/**
 * Changes over kernels with an older protocol: before Linux 6.16 they can't be told that every name may have changed,
 * before 6.9 they read no file by themselves, before 5.17 they know half of the flags. The numbers in the names are
 * those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { FuseMount } from "../support/fuse_mount.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow, sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "bash", "timeout", "python3");

/** The protocols of Linux 5.4, 5.17 and 6.9, and of the running kernel. */
const MINORS = [31, 36, 40, undefined];

function test(name: string, body: (mount: FuseMount) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using mount = new FuseMount();
      await body(mount);
    },
  });
}

for (const minorMax of MINORS) {
  const options = minorMax === undefined ? {} : { minorMax };
  const speaking = `protocol 7.${minorMax ?? "newest"}`;

  test(`5: after thousands of changes no name is stale, none is missing (${speaking})`, async (mount) => {
    mount.put("one.flac", "x");
    await mount.start({ ...options, passthrough: true });
    const wide = (op: "add_many" | "remove_many", from: number, to: number) => ({
      ...{ op, directory: "w", from, to, real: "one.flac" },
    } as const);
    await mount.command(wide("add_many", 0, 3000));
    const client = mount.talk(`
os.chdir(M + b'/w')
playing = os.open('7.flac', os.O_RDONLY)
def there(i):
    try: return open('%d.flac' % i).read() == 'x'
    except FileNotFoundError: return False
def seen(): return [i for i in range(5000) if there(i)]
say(seen() == list(range(3000))); wait()
say(seen() == list(range(1500, 4500)))
say(sorted(int(n[:-5]) for n in os.listdir('.')) == list(range(1500, 4500)))
say(os.getcwdb() == M + b'/w')
say(os.pread(playing, 1, 0).decode())
`);
    assert.equal(await client.heard(), "True");
    // Other files get the same names, and the feed does not report it.
    await mount.command({ ...wide("remove_many", 0, 3000), untold: true });
    await mount.command({ op: "prune" });
    await mount.command({ ...wide("add_many", 1500, 4500), untold: true });
    await mount.command({ op: "prune" });
    await mount.command({ op: "told" });
    await client.goOn();
    assert.equal(await client.heard(), "True", "names");
    assert.equal(await client.heard(), "True", "the listing");
    assert.equal(await client.heard(), "True", "where somebody stands is still there");
    assert.equal(await client.heard(), "x", "what is open is read on");
    await client.end();
  });

  test(`5: a name that was missing appears, and what changed is seen (${speaking})`, async (mount) => {
    mount.put("a.flac", "old");
    await mount.start({ ...options, passthrough: true });
    const look = async () => (await mount.sh("cat $M/a.flac $M/b.flac 2>&1; ls $M")).stdout;
    assert.match(await look(), /^oldcat: .*No such file.*\na.flac\n$/);
    mount.put("b.flac", "b");
    await mount.command({ op: "add", path: "b.flac" });
    mount.put("a.flac", "newer");
    Deno.utimeSync(`${mount.source}/a.flac`, 1, 1);
    await mount.command({ op: "refresh", path: "a.flac" });
    assert.equal(await look(), "newerba.flac\nb.flac\n");
    await mount.command({ op: "remove", path: "a.flac" });
    assert.match(await look(), /^cat: .*No such file.*\nbb.flac\n$/);
  });
}

for (const minor of MINORS.filter((it) => it !== undefined)) {
  Deno.test({
    name: `a library that is built anew, and named anew, is shown as it is (protocol 7.${minor})`,
    ignore: !ready,
    async fn() {
      await using it = new Installation();
      it.env = { MUSICFS_FUSE_MINOR: String(minor) };
      for (let i = 0; i < 30; i++) {
        const tags = { title: `T${i}`, artist: `A${i % 3}`, album: "B" };
        write(`${it.origin}/${i}.flac`, flacFile(tags, { seconds: 1 + i, seed: i }));
      }
      await it.mountAndScan(["--template", "$artist/$title.$format"]);
      const at = (path: string) => `${it.mountpoint}/${path}`;
      const before = filesBelow(it.mountpoint);
      assert.equal(before.length, 30);
      assert.ok(!exists(at("A0/T99.flac")));
      const replayed = await it.musicfs(["events", "replay"]);
      assert.equal(replayed.code, 0, replayed.stderr);
      assert.deepEqual(filesBelow(it.mountpoint), before);
      for (let i = 0; i < 30; i++) {
        const tags = { title: `T${i + 70}`, artist: `A${(i + 1) % 3}`, album: "B" };
        write(`${it.origin}/${i}.flac`, flacFile(tags, { seconds: 1 + i, seed: i }));
      }
      await until("every new name, and no old one", 20_000, () => {
        const now = filesBelow(it.mountpoint);
        return now.length === 30 && before.every((path) => !exists(at(path)));
      });
      assert.equal(sha256(at("A0/T99.flac")), sha256(`${it.origin}/29.flac`));
    },
  });
}
