/** The command line over a real mount, and the requests that it refuses. */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

Deno.test({
  name: "impossible mount points are refused with a hint",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    const refused = async (mountpoint: string, pattern: RegExp) => {
      const { code, stderr } = await it.musicfs(["mount", mountpoint, "--origin", it.origin]);
      assert.ok(code === 1 || code === 2, `${mountpoint}: exit code ${code}: ${stderr}`);
      assert.match(stderr, pattern);
    };
    await refused(`${it.base}/nowhere`, /not exist|no such/i);
    Deno.writeTextFileSync(`${it.base}/file`, "");
    await refused(`${it.base}/file`, /directory/i);
    Deno.mkdirSync(`${it.base}/full/x`, { recursive: true });
    await refused(`${it.base}/full`, /not empty/i);
    await refused(it.origin, /origin/i);
    await refused(it.base, /origin|state|cache|not empty/i);
    await it.mountAndScan();
    await refused(it.mountpoint, /already/i);
    assert.equal(filesBelow(it.mountpoint).length, 1, "the first mount goes on");
  },
});

Deno.test({
  name: "the command line works beside the daemon and without one",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    write(
      `${it.origin}/a.flac`,
      flacFile({ title: "T", artist: "A", album: "B", track: 3, year: 1999 }, { seconds: 1 }),
    );
    write(`${it.origin}/bad.mp3`, new TextEncoder().encode("not music"));
    // A file of an unknown kind, and files that usually lie beside music.
    for (const name of ["x.vqf", "y.vqf", "cover.jpg", "a.cue"]) {
      write(`${it.origin}/${name}`, new TextEncoder().encode(name));
    }
    assert.equal((await it.musicfs(["status"])).code, 3);
    await it.mountAndScan();
    const virtual = "A/B (1999) [FLAC]/03 - T.flac";
    const cover = "A/B (1999) [FLAC]/cover.jpg";
    assert.deepEqual(filesBelow(it.mountpoint), [virtual, cover]);
    for (const alone of [false, true]) {
      if (alone) await it.unmount();
      const { origins } = await it.json<{ origins: { tracks: number }[] }>(["origin", "list"]);
      assert.equal(origins[0]!.tracks, 1);
      const unreadable = JSON.stringify(await it.json(["track", "unreadable"]));
      assert.match(unreadable, /bad\.mp3/);
      const { unknown } = await it.json<{ unknown: { extension: string; files: number }[] }>(
        ["track", "unreadable", "--all"],
      );
      assert.deepEqual(unknown.map((kind) => [kind.extension, kind.files]), [["vqf", 2]]);
      assert.match((await it.musicfs(["track", "unreadable", "--all"])).stdout, /\.vqf +2/);
      assert.match((await it.musicfs(["track", "unreadable"])).stdout, /2 files of kinds .*--all/);
      const mounted = alone ? [] : [`${it.mountpoint}/${virtual}`];
      for (const path of [virtual, `${it.origin}/a.flac`, ...mounted]) {
        const shown = JSON.stringify(await it.json(["track", "show", path]));
        assert.match(shown, /a\.flac/, path);
        assert.match(shown, /"T"/, path);
      }
      assert.equal((await it.musicfs(["track", "show", "nowhere"])).code, 4);
      const listed = await it.json<{ events: { type: string }[] }>(["events", "list"]);
      assert.ok(listed.events.some((event) => event.type === "FilesObserved"));
      const one = await it.json<{ seq: number }>(["events", "show", "1"]);
      assert.equal(one.seq, 1);
      assert.ok(JSON.stringify(await it.json(["events", "stats"])).includes("FilesObserved"));
      const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
      assert.ok(verified.identical);
      const replayed = await it.json<{ files: number }>(["events", "replay"]);
      assert.ok(replayed.files >= 1);
      if (!alone) {
        await until("the tree after a replay", 5000, () => exists(`${it.mountpoint}/${virtual}`));
      }
    }
    for (const args of [["status"], ["origin", "rescan"], ["unmount", it.mountpoint]]) {
      const { code } = await it.musicfs(args);
      assert.ok(code === 3 || code === 4, `${args.join(" ")}: ${code}`);
    }
  },
});

Deno.test({
  name:
    "a read-only state directory and a full disk are reported clearly, and the known library stays readable",
  ignore: !mountable || Deno.uid() !== 0,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 4, albums: 4, tracks: 10 });
    const disk = it.stateDir;
    Deno.mkdirSync(disk);
    assert.equal((await run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk])).code, 0);
    try {
      await it.mountAndScan();
      const before = filesBelow(it.mountpoint);
      assert.equal(before.length, 160);

      // The log's disk is full: events of a scan can't be appended now.
      await run(["sh", "-c", `dd if=/dev/zero of=${disk}/ballast bs=64k 2>/dev/null; true`]);
      makeLibrary(`${it.origin}/more`, { artists: 30, albums: 4, tracks: 10, seed: 2 });
      await it.musicfs(["origin", "rescan", "--wait"], { seconds: 30 });
      assert.deepEqual(filesBelow(it.mountpoint).filter((path) => before.includes(path)), before);
      await until("the log says that the disk is full", 10_000, () => /full|space/i.test(it.log));
      Deno.removeSync(`${disk}/ballast`);
      await until("the scan after there is room again", 60_000, async () => {
        await it.musicfs(["origin", "rescan", "--wait"], { seconds: 30 });
        return (await it.status()).library.tracks === 160 + 1200;
      });
      await it.unmount();

      assert.equal((await run(["mount", "-o", "remount,ro", disk])).code, 0);
      await it.mount();
      await until("the tree", 10_000, () => filesBelow(it.mountpoint).length === 1360);
      await until(
        "the log says that the state directory is read-only",
        10_000,
        () => /read-only/i.test(it.log),
      );
      await it.unmount();
    } finally {
      await it.unmount();
      await run(["umount", "-l", disk]);
    }
  },
});
