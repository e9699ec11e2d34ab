import assert from "node:assert/strict";
import { FileSystemError } from "../../base/mod.ts";
import type { OpenFile } from "../../vfs/filesystem.ts";
import { FOPEN, OP } from "../wire/abi.ts";
import { ERRNO } from "../wire/errno.ts";
import {
  answer,
  DispatchBench,
  FakeFileSystem,
  FakeRead,
  FIRST,
  OPENED,
  readBody,
  settled,
} from "../../../tests/support/dispatch_bench.ts";

Deno.test("an open and a read that take long are answered when they are done", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new DispatchBench(fileSystem);
  const opening = Promise.withResolvers<OpenFile>();
  fileSystem.opening = opening.promise;
  const opened = bench.post(OP.OPEN, FIRST, new Uint8Array(8));
  const reading = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  fileSystem.reading = new FakeRead(reading.promise, again.promise);
  const read = bench.post(OP.READ, FIRST, readBody(0, 4096));
  assert.equal(bench.dispatcher.pending, 2);
  assert.equal(bench.sent.length, 0);
  assert.equal(bench.call(OP.GETATTR, FIRST).errno, 0);
  reading.resolve();
  opening.resolve(OPENED);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(bench.dispatcher.pending, 1, "the bytes had gone again");
  again.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  const byUnique = new Map(bench.sent.map((bytes) => [answer(bytes).unique, answer(bytes)]));
  const { payload } = byUnique.get(read)!;
  assert.equal(payload.byteLength, 10);
  assert.equal(payload.getUint8(9), 0xa5);
  assert.equal(byUnique.get(opened)!.payload.getUint32(8, true), FOPEN.KEEP_CACHE);
  assert.equal(bench.dispatcher.pending, 0);
});

Deno.test("an interrupted open is answered EINTR, and closed when it succeeds after all", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new DispatchBench(fileSystem);
  const opening = Promise.withResolvers<OpenFile>();
  fileSystem.opening = opening.promise;
  const unique = bench.post(OP.OPEN, FIRST, new Uint8Array(8));
  bench.post(OP.INTERRUPT, 0, new Uint8Array(new BigUint64Array([BigInt(unique)]).buffer));
  bench.post(OP.INTERRUPT, 0, new Uint8Array(new BigUint64Array([12345n]).buffer));
  assert.equal(bench.sent.length, 1);
  assert.deepEqual({ ...answer(bench.sent[0]!), payload: 0 }, {
    errno: ERRNO.EINTR,
    unique,
    payload: 0,
  });
  opening.resolve(OPENED);
  await opening.promise;
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(bench.sent.length, 1);
  assert.deepEqual(fileSystem.released, [OPENED.handle]);
});

Deno.test("an open whose answer nobody takes is closed", () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new DispatchBench(fileSystem);
  bench.taken = false;
  bench.post(OP.OPEN, FIRST, new Uint8Array(8));
  assert.deepEqual(fileSystem.released, [OPENED.handle]);
});

Deno.test("a late failure has its errno", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new DispatchBench(fileSystem);
  fileSystem.reading = new FakeRead(Promise.reject(new FileSystemError("ETIMEDOUT")));
  bench.post(OP.READ, FIRST, readBody(0, 4096));
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(answer(bench.sent[0]!).errno, ERRNO.ETIMEDOUT);
});

Deno.test("an interrupted read is answered EINTR and cancelled, and so are all when the mount ends", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new DispatchBench(fileSystem);
  const ready = Promise.withResolvers<void>();
  const [first, second] = [new FakeRead(ready.promise), new FakeRead(ready.promise)];
  fileSystem.reading = first;
  const unique = bench.post(OP.READ, FIRST, readBody(0, 4096));
  fileSystem.reading = second;
  bench.post(OP.READ, FIRST, readBody(0, 4096));
  bench.post(OP.INTERRUPT, 0, new Uint8Array(new BigUint64Array([BigInt(unique)]).buffer));
  assert.equal(answer(bench.sent[0]!).errno, ERRNO.EINTR);
  const givenUp = () => [first, second].map(({ cancelled }) => cancelled !== undefined);
  assert.deepEqual(givenUp(), [true, false]);
  bench.dispatcher.close();
  assert.deepEqual(givenUp(), [true, true]);
  assert.equal(bench.dispatcher.pending, 0);
  ready.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(bench.sent.length, 1, "nobody is left to be answered");
});

Deno.test("an open that will be passed through waits for a slow disk, and is released when that fails", async () => {
  const fs = new FakeFileSystem(1);
  const bench = new DispatchBench(fs);
  bench.backing.enabled = true;
  fs.opening = { ...OPENED, passable: true };
  const disk = Promise.withResolvers<number>();
  fs.describing = disk.promise;
  const first = bench.post(OP.OPEN, FIRST);
  assert.equal(bench.sent.length, 0);
  fs.describing = -1;
  disk.resolve(-1);
  await settled();
  const { errno, unique } = answer(bench.sent.at(-1)!);
  assert.deepEqual([errno, unique], [0, first]);
  assert.deepEqual(fs.released, []);

  fs.describing = Promise.reject(new FileSystemError("EIO"));
  fs.opening = { ...OPENED, handle: 10, passable: true };
  bench.post(OP.OPEN, FIRST + 1);
  await settled();
  assert.equal(answer(bench.sent.at(-1)!).errno, ERRNO.EIO);
  assert.deepEqual(fs.released, [10]);

  // The caller was interrupted before the disk answered.
  const late = Promise.withResolvers<number>();
  fs.describing = late.promise;
  fs.opening = { ...OPENED, handle: 11, passable: true };
  const asked = bench.post(OP.OPEN, FIRST + 2);
  const interrupt = new Uint8Array(8);
  new DataView(interrupt.buffer).setBigUint64(0, BigInt(asked), true);
  bench.post(OP.INTERRUPT, 0, interrupt);
  assert.deepEqual(answer(bench.sent.at(-1)!).errno, ERRNO.EINTR);
  const answered = bench.sent.length;
  late.resolve(-1);
  await settled();
  assert.equal(bench.sent.length, answered, "nothing more is said");
  assert.deepEqual(fs.released, [10, 11]);
});

Deno.test("the file system is told of an open once its answer was taken, and of no other", () => {
  const fs = new FakeFileSystem(1);
  const bench = new DispatchBench(fs);
  const heard: string[] = [];
  fs.opened = (handle: number) => void heard.push(`${handle} after ${bench.sent.length}`);
  bench.call(OP.OPEN, FIRST);
  assert.deepEqual([heard, fs.released], [["9 after 1"], []]);
  bench.taken = false;
  bench.call(OP.OPEN, FIRST);
  assert.deepEqual([heard, fs.released], [["9 after 1"], [9]]);
});
