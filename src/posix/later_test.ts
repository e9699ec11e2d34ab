import assert from "node:assert/strict";
import { pretendOpenat2 } from "./beneath.ts";
import { ERRNO } from "./errno.ts";
import { closeFile, O_DIRECTORY, O_NONBLOCK, O_PATH, O_RDONLY, PosixError } from "./file.ts";
import { fileSystemType, openBeneathLater, openRootLater, readFileAtLater } from "./later.ts";

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
