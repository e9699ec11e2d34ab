/** What a provider may say of its entries, over a real mount: not yet, and for how long. */
import assert from "node:assert/strict";
import { FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse", "timeout", "python3");

async function mountWithFile(): Promise<FuseMount> {
  const mount = new FuseMount();
  mount.put("a.flac", "a track");
  await mount.start();
  await mount.command({ op: "make", version: 1, segments: [{ text: "made" }] });
  return mount;
}

Deno.test({
  name:
    "a directory that answers later keeps nobody else waiting, and its answers come when they are there",
  ignore: !mountable,
  async fn() {
    await using mount = await mountWithFile();
    await mount.command({ op: "branch", held: true });
    const before = (await mount.stats()).requests;
    const looking = mount.py('sys.stdout.write(open(M + b"/.made/file").read())');
    const listing = mount.py('print(os.listdir(M + b"/.made"))');
    const missing = mount.py('print(os.path.exists(M + b"/.made/none"))');
    await until(
      "both names were asked for",
      30_000,
      async () => (await mount.stats()).lookups >= 2 && (await mount.stats()).pending >= 3,
    );
    assert.ok((await mount.stats()).requests > before);
    assert.deepEqual(await mount.sh('cat "$M/a.flac"; ls "$M"'), {
      ...{ code: 0, stdout: "a tracka.flac\n", stderr: "" },
    });
    await mount.command({ op: "branch", held: false });
    assert.equal((await looking).stdout, "made");
    assert.equal((await listing).stdout, "[b'file']\n");
    assert.equal((await missing).stdout, "False\n");
    assert.equal((await mount.stats()).pending, 0);
  },
});

Deno.test({
  name: "an entry is asked for again when its time is over, and not before",
  ignore: !mountable,
  async fn() {
    await using mount = await mountWithFile();
    const look = async () => {
      const { code, stderr } = await mount.py('os.stat(M + b"/.made/file")');
      assert.equal(code, 0, stderr);
      return (await mount.stats()).lookups;
    };
    await mount.command({ op: "branch", ttl: 0 });
    const first = await look();
    for (let i = 1; i <= 3; i++) assert.ok(await look() >= first + i, "each time");
    await mount.command({ op: "branch", ttl: 1 });
    const second = await look();
    await until("its second is over", 30_000, async () => await look() > second);
    await mount.command({ op: "branch", ttl: 1_000 });
    const third = (await mount.stats()).lookups;
    await until("the second after that, too", 30_000, async () => await look() > third);
    for (let i = 0; i < 3; i++) assert.equal(await look(), third + 1, "it may be kept");
  },
});
