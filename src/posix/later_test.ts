import assert from "node:assert/strict";
import { pretendOpenat2 } from "./beneath.ts";
import { ERRNO } from "./errno.ts";
import {
  closeFile,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openFile,
  PosixError,
} from "./file.ts";
import { addWatchLater, INOTIFY, openInotify } from "./inotify.ts";
import {
  closeLater,
  fileSystemType,
  openBeneathLater,
  openRootLater,
  readFileAtLater,
} from "./later.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(root: string, path: string, followLinks = false): Promise<string> {
  let directory = -1;
  try {
    directory = await openRootLater(bytes(root));
    const flags = O_RDONLY | O_NONBLOCK;
    const fd = await openBeneathLater(directory, bytes(path), flags, { followLinks });
    const into = new Uint8Array(100);
    const count = await readFileAtLater(fd, 1, into);
    closeFile(fd);
    return new TextDecoder().decode(into.subarray(0, count));
  } catch (error) {
    assert.ok(error instanceof PosixError, String(error));
    return Object.entries(ERRNO).find(([, number]) => number === error.errno)![0];
  } finally {
    if (directory >= 0) closeFile(directory);
  }
}

for (const support of ["all", "uncached", "none"] as const) {
  Deno.test(`a call on another thread gives what the same call gives at once (openat2: ${support})`, async () => {
    pretendOpenat2(support);
    const base = Deno.realPathSync(Deno.makeTempDirSync());
    try {
      const root = `${base}/root`;
      Deno.mkdirSync(`${root}/a`, { recursive: true });
      Deno.writeTextFileSync(`${root}/a/song`, "-inside");
      Deno.writeTextFileSync(`${base}/secret`, "-outside");
      Deno.symlinkSync("a/song", `${root}/relative`);
      Deno.symlinkSync(`${root}/a/song`, `${root}/absolute`);
      Deno.symlinkSync("../secret", `${root}/out`);
      Deno.symlinkSync(`${base}/secret`, `${root}/absolutely out`);
      Deno.symlinkSync("loop", `${root}/loop`);
      for (const path of ["a/song", "relative", "absolute"]) {
        assert.equal(await read(root, path), "inside", path);
      }
      for (const path of ["out", "absolutely out"]) {
        assert.equal(await read(root, path), "EXDEV", path);
        assert.equal(await read(root, path, true), "outside", path);
      }
      assert.equal(await read(root, "gone"), "ENOENT");
      assert.equal(await read(root, "a/song/more"), "ENOTDIR");
      assert.equal(await read(root, "loop"), "ELOOP");
      assert.equal(await read(`${base}/nowhere`, "song"), "ENOENT");
      const directory = await openRootLater(bytes(root));
      closeFile(await openBeneathLater(directory, bytes(""), O_PATH | O_DIRECTORY));
      assert.ok(await fileSystemType(directory) > 0);
      closeFile(directory);
    } finally {
      pretendOpenat2(undefined);
      Deno.removeSync(base, { recursive: true });
    }
  });
}

Deno.test("closeLater() closes every file, also those that wait for another of the same file system", async () => {
  const path = Deno.makeTempFileSync();
  const isOpen = (fd: number) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  };
  const files = Array.from({ length: 20 }, () => openFile(bytes(path), O_RDONLY));
  for (const fd of files) closeLater(fd);
  while (files.some(isOpen)) await new Promise((done) => setTimeout(done, 1));
  Deno.removeSync(path);
});

Deno.test("addWatchLater() gives the number of the watch, or why there is none", async () => {
  const base = Deno.makeTempDirSync();
  const inotify = openInotify();
  try {
    const number = await addWatchLater(inotify, bytes(base), INOTIFY.create);
    assert.equal(await addWatchLater(inotify, bytes(base), INOTIFY.create), number);
    await assert.rejects(
      addWatchLater(inotify, bytes(`${base}/gone`), INOTIFY.create),
      (error) => error instanceof PosixError && error.errno === ERRNO.ENOENT,
    );
  } finally {
    closeFile(inotify);
    Deno.removeSync(base);
  }
});
