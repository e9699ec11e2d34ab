/**
 * Similar sound is no proof of equal files, over real mounts: songs with silent ends read as themselves, on one
 * origin and on two, and a file that was repaired on its origin reads as repaired.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { noisyWav, openPlace, tagsOf } from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "sha256sum", "timeout") && hasSftpServer();
const CORPUS = Deno.env.get("MUSICFS_CORPUS") ??
  decodeURIComponent(new URL("../../../shared/corpus/audio", import.meta.url).pathname);
const SAME_SOUND = `${dirname(CORPUS.replace(/\/$/, ""))}/faults/same-sound`;
const NAMES = ["one.mp3", "two.mp3", "u1.mp3", "u2.mp3"];
const KB = 1024;

/** The SHA-256 of each file of the mount by its path, as a reader computes it. */
async function digests({ mountpoint, log }: Installation): Promise<Map<string, string>> {
  const { stdout, stderr } = await run(
    ["find", mountpoint, "-type", "f", "-exec", "sha256sum", "{}", "+"],
    { seconds: 60 },
  );
  assert.equal(stderr, "", log);
  return new Map(
    stdout.trim().split("\n").map((line) => [
      line.slice(line.indexOf(mountpoint) + mountpoint.length + 1),
      /[0-9a-f]{64}/.exec(line)![0],
    ]),
  );
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sameSound(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(`${SAME_SOUND}/${name}`);
}

for (const kind of ["sftp", "nfs", "s3"] as const) {
  Deno.test({
    name: `${kind}: a damaged file that is repaired, with the same size, reads as the repaired one`,
    ignore: !ready,
    async fn() {
      await using place = kind === "nfs" ? undefined : await openPlace(kind);
      await using it = new Installation();
      const share = `[[origins]]\ntype = "nfs"\nid = "nfs"\npath = "${it.origin}"\n`;
      it.configure(place?.table ?? share);
      it.env = { MUSICFS_WATCH: "off" };
      place?.admit(it);
      // Puts another file in its place, with another time.
      let second = 1_700_000_000;
      const put = (bytes: Uint8Array<ArrayBuffer>) => {
        if (place !== undefined) return place.put("1.wav", bytes);
        Deno.writeFileSync(`${it.origin}/new`, bytes);
        Deno.utimeSync(`${it.origin}/new`, ++second, 0);
        Deno.renameSync(`${it.origin}/new`, `${it.origin}/1.wav`);
      };
      const good = noisyWav(tagsOf(1), 3_000 * KB);
      const bad = good.slice().fill(0, 1_700 * KB, 1_704 * KB);
      put(bad);
      await it.mountAndScan();
      assert.deepEqual([...(await digests(it)).values()], [digestOf(bad)]);
      await until("it is stored", 10_000, async () => {
        const { origins } = await it.json<{ origins: { stored_bytes: number }[] }>(
          ["cache", "stats"],
        );
        return origins[0]!.stored_bytes === bad.length;
      });
      put(good);
      const [scan] = await it.rescan();
      assert.equal(scan!.outcome, "completed", it.log);
      assert.deepEqual([...(await digests(it)).values()], [digestOf(good)]);
      const verified = await it.musicfs(["cache", "verify"]);
      assert.equal(verified.code, 0, verified.stderr);
      assert.deepEqual([...(await digests(it)).values()], [digestOf(good)]);
    },
  });
}

Deno.test({
  name: "songs with silent ends read as themselves on one remote origin, whichever was read before",
  ignore: !ready || !needs(SAME_SOUND),
  async fn() {
    await using place = await openPlace("sftp");
    await using it = new Installation({ config: place.table });
    it.env = { MUSICFS_WATCH: "off" };
    place.admit(it);
    const expected = NAMES.map((name) => {
      place.put(name, sameSound(name));
      return digestOf(sameSound(name));
    }).sort();
    await it.mountAndScan();
    assert.deepEqual([...(await digests(it)).values()].sort(), expected);
    const [first, ...rest] = [...(await digests(it)).keys()].reverse();
    const cleared = await it.musicfs(["cache", "clear"]);
    assert.equal(cleared.code, 0, cleared.stderr);
    for (const path of [first!, ...rest]) {
      const { stdout } = await run(["sha256sum", `${it.mountpoint}/${path}`]);
      assert.ok(expected.includes(/[0-9a-f]{64}/.exec(stdout)![0]));
    }
    assert.deepEqual([...(await digests(it)).values()].sort(), expected);
  },
});

Deno.test({
  name: "on two local origins songs with silent ends are all in the tree, and equal files once",
  ignore: !ready || !needs(SAME_SOUND),
  async fn() {
    await using it = new Installation();
    const roots = ["first", "second"].map((id) => {
      Deno.mkdirSync(`${it.base}/${id}`);
      return `${it.base}/${id}`;
    });
    it.configure(
      roots.map((path, i) => `[[origins]]\ntype = "local"\nid = "o${i}"\npath = "${path}"\n`)
        .join("\n"),
    );
    it.env = { MUSICFS_WATCH: "off" };
    // The same name and size on both origins: the worst case.
    Deno.writeFileSync(`${roots[0]}/song.mp3`, sameSound("one.mp3"));
    Deno.writeFileSync(`${roots[1]}/song.mp3`, sameSound("two.mp3"));
    Deno.writeFileSync(`${roots[0]}/u1.mp3`, sameSound("u1.mp3"));
    Deno.writeFileSync(`${roots[1]}/u2.mp3`, sameSound("u2.mp3"));
    const mirrored = noisyWav(tagsOf(3), 900 * KB);
    for (const root of roots) Deno.writeFileSync(`${root}/mirrored.wav`, mirrored);
    const expected = [...NAMES.map((name) => digestOf(sameSound(name))), digestOf(mirrored)].sort();
    await it.mountAndScan();
    const found = await until("what is equal was compared", 20_000, async () => {
      const found = [...(await digests(it)).values()].sort();
      return found.length <= expected.length && found;
    });
    assert.deepEqual(found, expected);
  },
});
