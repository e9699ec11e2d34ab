/**
 * A local disk that does not answer, like one that spins up or breaks: reads of its files fail in time, and all other
 * origins and requests work.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import { needs } from "../support/needs.ts";
import { openPlace } from "../support/remote_library.ts";
import { sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "cat", "cmp");
/** Long after everything else has been answered, and short enough for a test. */
const DEADLINE_MS = 10_000;

/** A song whose length differs by artist, so that none is a copy of another's. */
function song(artist: string, title: string, seed: number): Uint8Array {
  return flacFile({ title, artist }, { seconds: artist.length + 5, seed });
}

/** Whether a process runs whose command line, with NULs between the arguments, begins so. */
function isRunning(command: string): boolean {
  return [...Deno.readDirSync("/proc")].some(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`).startsWith(command);
    } catch {
      // The entry is no process, or the process has ended.
      return false;
    }
  });
}

Deno.test({
  name:
    "a local disk that stalls fails at its deadline, and neither other origins nor status wait for it",
  ignore: !ready,
  async fn() {
    await using disk = await HangingFs.start();
    await using it = new Installation();
    it.env = { MUSICFS_READ_DEADLINE_MS: String(DEADLINE_MS) };
    it.configure(
      `template = "$artist/$title.$format"\n` +
        `[[origins]]\nid = "stalls"\ntype = "local"\npath = "${disk.mountpoint}"\n` +
        `[[origins]]\nid = "works"\ntype = "local"\npath = "${it.origin}"\n`,
    );
    for (let i = 0; i < 8; i++) write(`${disk.source}/${i}.flac`, song("Away", `${i}`, i));
    for (let i = 0; i < 8; i++) write(`${it.origin}/${i}.flac`, song("Nearby", `${i}`, 100 + i));
    await it.mountAndScan();
    const away = (i: number) => `${it.mountpoint}/Away/${i}.flac`;
    const here = (i: number) => `${it.mountpoint}/Nearby/${i}.flac`;
    // A file is read from the disk first, so that the disk has an open file.
    assert.equal((await run(["cmp", away(0), `${disk.source}/0.flac`])).code, 0);

    await disk.hang();
    let isOver = false;
    const waiting = Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => run(["cat", away(i)], { seconds: 30 })),
    ).finally(() => isOver = true);
    await until("a read waits", DEADLINE_MS, () => isRunning(`cat\0${it.mountpoint}/Away`));
    let answers = 0;
    for (let i = 0; i < 8 && !isOver; i++) {
      assert.equal(sha256(here(i)), sha256(`${it.origin}/${i}.flac`));
      assert.equal((await it.status()).mounts.length, 1);
      if (!isOver) answers++;
    }
    assert.ok(answers > 0, "the other origin and the socket answered while reads waited");
    for (const { code, stderr } of await waiting) {
      assert.equal(code, 1);
      assert.match(stderr, /Input\/output error/);
    }
    assert.equal((await run(["cat", away(7)])).code, 1, "it is stuck still");

    await disk.recover();
    await until(
      "the disk is read again",
      30_000,
      async () => (await run(["cmp", away(5), `${disk.source}/5.flac`])).code === 0,
    );
  },
});

Deno.test({
  name:
    "a scan of a local disk that stalls fails, and the engine fetches from other origins meanwhile",
  ignore: !ready,
  async fn() {
    await using disk = await HangingFs.start();
    await using remote = await openPlace("s3");
    await using it = new Installation();
    it.env = { MUSICFS_READ_DEADLINE_MS: String(DEADLINE_MS), MUSICFS_WATCH: "off" };
    remote.admit(it);
    it.configure(
      `template = "$artist/$title.$format"\n` +
        `[[origins]]\nid = "stalls"\ntype = "local"\npath = "${disk.mountpoint}"\n${remote.table}`,
    );
    for (let i = 0; i < 8; i++) {
      write(`${disk.source}/${i}/${i}.flac`, song("Away", `${i}`, i));
      remote.put(`${i}.flac`, song("Bucket", `${i}`, 100 + i) as Uint8Array<ArrayBuffer>);
    }
    await it.mountAndScan();

    await disk.stallAt("lookup");
    let isOver = false;
    const scanned = it.rescan().finally(() => isOver = true);
    scanned.catch(() => {});
    await until(
      "the disk is scanned",
      DEADLINE_MS,
      async () => (await it.status()).scan.origin === "stalls",
    );
    assert.equal(isOver, false);
    for (let i = 0; i < 8 && !isOver; i++) {
      const read = await run(["cat", `${it.mountpoint}/Bucket/${i}.flac`], { seconds: 30 });
      assert.equal(read.code, 0, `${read.stderr}${it.log}`);
    }
    assert.equal(isOver, false, "the reads did not wait for the disk");
    const scans = await scanned;
    const outcomes = scans.map(({ origin, outcome }) => [origin, outcome]).sort();
    assert.deepEqual(outcomes, [["s3", "completed"], ["stalls", "failed"]], JSON.stringify(scans));

    // No thread of the engine waits in the kernel, so the engine can be ended, and its log opened again.
    const engine = (await it.status()).engine.pid!;
    Deno.kill(engine, "SIGKILL");
    await it.rescan({ ids: ["s3"] });
    assert.notEqual((await it.status()).engine.pid, engine);
    assert.ok(disk.isStalled);

    await disk.recover();
    await until("the disk is scanned again", 30_000, async () => {
      const [scan] = await it.rescan({ ids: ["stalls"] });
      return scan!.outcome === "completed" && scan!.removed === 0;
    });
  },
});

Deno.test({
  name: "links to a disk that stalls hold up neither their own origin nor another one",
  ignore: !ready,
  async fn() {
    await using disk = await HangingFs.start();
    await using it = new Installation();
    it.env = { MUSICFS_READ_DEADLINE_MS: "3000", MUSICFS_WATCH: "off" };
    const local = (id: string, path: string) =>
      `[[origins]]\nid = "${id}"\ntype = "local"\npath = "${path}"\n`;
    it.configure(
      `template = "$artist/$title.$format"\n${local("links", it.origin)}follow_links = true\n` +
        local("stalls", disk.mountpoint) + local("works", `${it.base}/works`),
    );
    for (let i = 0; i < 4; i++) {
      write(`${disk.source}/${i}.flac`, song("Away", `${i}`, i));
      write(`${it.base}/works/${i}.flac`, song("Nearby", `${i}`, 100 + i));
      Deno.mkdirSync(`${it.origin}/${i}`, { recursive: true });
      Deno.symlinkSync(`${disk.mountpoint}/${i}.flac`, `${it.origin}/${i}/link.flac`);
    }
    write(`${it.origin}/own.flac`, song("Own", "own", 200));
    // Links are not followed here, but their targets are examined to tell what they are.
    Deno.symlinkSync(`${disk.mountpoint}/0.flac`, `${it.base}/works/out.flac`);
    await it.mountAndScan();

    await disk.hang();
    const [links] = await it.rescan({ ids: ["links"] });
    assert.deepEqual([links!.outcome, links!.removed], ["completed", 0], JSON.stringify(links));
    const [works] = await it.rescan({ ids: ["works"] });
    assert.deepEqual([works!.outcome, works!.removed], ["completed", 0], JSON.stringify(works));
    await disk.recover();
    const [again] = await it.rescan({ ids: ["links"] });
    assert.deepEqual([again!.outcome, again!.listed], ["completed", 5], JSON.stringify(again));
  },
});
