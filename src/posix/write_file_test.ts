import assert from "node:assert/strict";
import {
  closeFile,
  createFile,
  diskSpace,
  ERRNO,
  O_RDWR,
  openFile,
  PosixError,
  renameFile,
  unlinkFile,
  writeFile,
} from "./mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a file is made, written, renamed over another, and unlinked", () => {
  const directory = Deno.makeTempDirSync();
  try {
    const [from, to] = [`${directory}/from`, `${directory}/to`];
    const fd = createFile(bytes(from));
    writeFile(fd, bytes("one "));
    writeFile(fd, bytes(""));
    writeFile(fd, bytes("two"));
    closeFile(fd);
    assert.equal(Deno.statSync(from).mode! & 0o777, 0o600);
    assert.throws(() => createFile(bytes(from)), hasErrno(ERRNO.EEXIST));
    Deno.writeTextFileSync(to, "other");
    renameFile(bytes(from), bytes(to));
    assert.equal(Deno.readTextFileSync(to), "one two");
    unlinkFile(bytes(to));
    assert.deepEqual([...Deno.readDirSync(directory)], []);
    assert.throws(() => unlinkFile(bytes(to)), hasErrno(ERRNO.ENOENT));
    assert.throws(() => unlinkFile(bytes(directory)), hasErrno(ERRNO.EISDIR));
    assert.throws(() => renameFile(bytes(from), bytes(to)), hasErrno(ERRNO.ENOENT));
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("createFile() makes no file where a link leads", () => {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.symlinkSync(`${directory}/target`, `${directory}/link`);
    assert.throws(() => createFile(bytes(`${directory}/link`)), hasErrno(ERRNO.EEXIST));
    assert.throws(() => Deno.lstatSync(`${directory}/target`), Deno.errors.NotFound);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("writing to a full disk throws ENOSPC", () => {
  const fd = openFile(bytes("/dev/full"), O_RDWR);
  try {
    assert.throws(() => writeFile(fd, bytes("x")), hasErrno(ERRNO.ENOSPC));
  } finally {
    closeFile(fd);
  }
});

Deno.test("diskSpace() tells what is free and what there is", () => {
  const { total, free } = diskSpace(bytes("/"));
  assert(free >= 0 && free <= total && total > 0);
  assert.throws(() => diskSpace(bytes("/no such place")), hasErrno(ERRNO.ENOENT));
});

function hasErrno(number: number): (error: unknown) => boolean {
  return (error) => error instanceof PosixError && error.errno === number;
}
