/**
 * A local origin on a file system of FUSE that lets the kernel keep nothing, and stalls in the middle of a look: the
 * thread that looks never waits for it. That thread is the test's own, so the test would wait as well.
 */
import assert from "node:assert/strict";
import { LocalOrigin, OriginTimedOut, readBytes } from "../../src/origins/mod.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import type { Question } from "../support/hanging_fs_daemon.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const options = { ignore: !needs("/dev/fuse", "umount", "sh") };
const DEADLINE_MS = 1_500;
const PATIENCE_MS = 20_000;
const SONG = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31) % 251);

async function paths(origin: LocalOrigin): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of origin.list()) {
    found.push(...batch.map((it) => it.kind === "file" ? it.path : `${it.path}: ${it.reason}`));
  }
  return found;
}

/** Calls until the file system answers again: what was asked before has to come to its end first. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  let result: T | undefined;
  await until("the file system is asked again", PATIENCE_MS, async () => {
    try {
      result = await call();
      return true;
    } catch (error) {
      if (!(error instanceof OriginTimedOut)) throw error;
      return false;
    }
  });
  return result!;
}

Deno.test(
  "a file system of FUSE stalls at any question, and only the call waits, until its deadline",
  options,
  async () => {
    await using disk = await HangingFs.start();
    const files = ["a/1.flac", "a/2.flac", "b/3.flac"];
    for (const directory of ["a", "b"]) Deno.mkdirSync(`${disk.source}/${directory}`);
    for (const path of files) Deno.writeFileSync(`${disk.source}/${path}`, SONG);
    const read = (origin: LocalOrigin) => readBytes(origin, files[0]!, 0, SONG.length);
    const calls: [Question, (origin: LocalOrigin) => Promise<unknown>][] = [
      ["totals", paths],
      ["entries", paths],
      ["lookup", paths],
      ["xattr", paths],
      ["attributes", (origin) => origin.stat(files[0]!)],
      ["open", read],
      ["read", read],
    ];
    const origin = new LocalOrigin("local", disk.mountpoint, false, DEADLINE_MS);
    try {
      await disk.forget();
      // The first call goes to a file system of which nothing is known; the others to one that is known to be of FUSE.
      for (const [question, call] of [calls[0]!, ...calls]) {
        await disk.stallAt(question);
        await assert.rejects(call(origin), OriginTimedOut, question);
        assert.ok(disk.isStalled, `nobody waited at ${question}`);
        await disk.recover();
        await disk.forget();
        assert.deepEqual(await answered(() => paths(origin)), files);
      }
      assert.deepEqual(await answered(() => read(origin)), SONG);
    } finally {
      await origin.close();
    }
  },
);

Deno.test(
  "links and directories that lead from a disk to a file system of FUSE are looked at there",
  options,
  async () => {
    await using disk = await HangingFs.start();
    const root = Deno.makeTempDirSync();
    Deno.mkdirSync(`${disk.source}/album`);
    Deno.writeFileSync(`${disk.source}/album/1.flac`, SONG);
    Deno.symlinkSync(`${disk.mountpoint}/album/1.flac`, `${root}/file.flac`);
    Deno.symlinkSync(`${disk.mountpoint}/album`, `${root}/directory`);
    Deno.symlinkSync(`${disk.mountpoint}/missing`, `${root}/missing.flac`);
    Deno.symlinkSync("nothing", `${root}/nothing.flac`);
    Deno.writeFileSync(`${root}/own.flac`, SONG);
    await disk.forget();
    const origin = new LocalOrigin("local", root, true, DEADLINE_MS);
    const whole = ["file.flac", "own.flac", "directory/1.flac"];
    try {
      assert.deepEqual(await paths(origin), whole);
      assert.deepEqual(await readBytes(origin, "file.flac", 0, SONG.length), SONG);
      assert.deepEqual(await readBytes(origin, "directory/1.flac", 5, 10), SONG.slice(5, 15));
      const { mode, size } = await origin.stat("file.flac");
      assert.deepEqual([mode, size], [0o444, SONG.length]);
      await disk.stallAt("lookup");
      const silent = ["directory", "file.flac", "missing.flac"]
        .map((path) => `${path}: Where it leads does not answer`);
      assert.deepEqual(await paths(origin), [...silent, "own.flac"]);
      assert.ok(disk.isStalled);
      await disk.recover();
      await until(
        "it is listed again",
        PATIENCE_MS,
        async () => String(await paths(origin)) === String(whole),
      );
    } finally {
      await origin.close();
      Deno.removeSync(root, { recursive: true });
    }
  },
);
