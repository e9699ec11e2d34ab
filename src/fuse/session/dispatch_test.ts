import assert from "node:assert/strict";
import { OP } from "../wire/abi.ts";
import { ERRNO } from "../wire/errno.ts";
import {
  DispatchBench,
  FakeFileSystem,
  FIRST,
  nameBody,
} from "../../../tests/support/dispatch_bench.ts";

Deno.test("every request that would write is refused with EROFS", () => {
  const bench = new DispatchBench(new FakeFileSystem(1));
  const writes = [
    OP.SETATTR,
    OP.SYMLINK,
    OP.MKNOD,
    OP.MKDIR,
    OP.UNLINK,
    OP.RMDIR,
    OP.RENAME,
    OP.RENAME2,
    OP.LINK,
    OP.CREATE,
    OP.TMPFILE,
    OP.WRITE,
    OP.FALLOCATE,
    OP.COPY_FILE_RANGE,
    OP.COPY_FILE_RANGE_64,
    OP.SETXATTR,
    OP.REMOVEXATTR,
  ];
  for (const opcode of writes) assert.equal(bench.call(opcode, FIRST).errno, ERRNO.EROFS);
  for (const mode of [1, 2]) {
    const body = new Uint8Array(8);
    body[0] = mode;
    assert.equal(bench.call(OP.OPEN, FIRST, body).errno, ERRNO.EROFS);
  }
});

Deno.test("requests that the kernel handles better by itself are refused with ENOSYS, once", () => {
  const bench = new DispatchBench(new FakeFileSystem(1));
  const FSYNC = 20, FLUSH = 25, OPENDIR = 27, FSYNCDIR = 30, ACCESS = 34, POLL = 40;
  const LSEEK = 46, STATX = 52, UNKNOWN = 999;
  for (const opcode of [FSYNC, FLUSH, OPENDIR, FSYNCDIR, ACCESS, POLL, LSEEK, STATX, UNKNOWN]) {
    assert.equal(bench.call(opcode, FIRST).errno, ERRNO.ENOSYS);
  }
  assert.equal(bench.call(OP.READLINK, FIRST).errno, ERRNO.EINVAL);
  assert.equal(bench.call(OP.IOCTL, FIRST).errno, ERRNO.ENOTTY);
});

Deno.test("attributes are probed, read, listed, missing, or larger than the buffer", () => {
  const bench = new DispatchBench(new FakeFileSystem(1));
  const get = (size: number, attribute: string) => {
    const text = nameBody(attribute);
    const body = new Uint8Array(8 + text.length);
    body[0] = size;
    body.set(text, 8);
    return bench.call(OP.GETXATTR, FIRST, body);
  };
  assert.equal(get(0, "user.musicfs.origin").payload.getUint32(0, true), 5);
  assert.equal(get(5, "user.musicfs.origin").payload.byteLength, 5);
  assert.equal(get(4, "user.musicfs.origin").errno, ERRNO.ERANGE);
  assert.equal(get(100, "security.selinux").errno, ERRNO.ENODATA);
  assert.equal(bench.call(OP.LISTXATTR, FIRST, Uint8Array.of(100, 0)).payload.byteLength, 20);
});
