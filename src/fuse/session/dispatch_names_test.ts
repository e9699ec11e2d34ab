import assert from "node:assert/strict";
import { ROOT_ID } from "../../../projections/tree/tree_types.ts";
import { OP } from "../wire/abi.ts";
import { ERRNO } from "../wire/errno.ts";
import {
  ALBUM,
  answer,
  DispatchBench,
  FakeFileSystem,
  FIRST,
  nameBody,
  readBody,
  settled,
  track,
} from "../../../tests/support/dispatch_bench.ts";

/** Reads a directory to its end as the kernel does: the cookie of the last record is the next offset. */
function list(bench: DispatchBench, plus: boolean, size: number): string[] {
  const names: string[] = [];
  for (let cookie = 0;;) {
    const { errno, payload } = bench.call(
      plus ? OP.READDIRPLUS : OP.READDIR,
      ALBUM,
      readBody(cookie, size),
    );
    assert.equal(errno, 0);
    assert.ok(payload.byteLength <= size);
    if (payload.byteLength === 0) return names;
    for (let at = 0; at < payload.byteLength;) {
      const dirent = at + (plus ? 128 : 0);
      const length = payload.getUint32(dirent + 16, true);
      const bytes = new Uint8Array(payload.buffer, payload.byteOffset + dirent + 24, length);
      names.push(new TextDecoder().decode(bytes));
      cookie = Number(payload.getBigUint64(dirent + 8, true));
      at = (dirent + 24 + length + 7) & ~7;
    }
  }
}

Deno.test("a listing is whole and in order with any size of buffer", () => {
  const expected = [".", "..", ...Array.from({ length: 700 }, (_, i) => `track ${i}`)];
  for (const plus of [false, true]) {
    for (const size of [200, 333, 4096, 32_768, 2 ** 20]) {
      assert.deepEqual(list(new DispatchBench(new FakeFileSystem(700)), plus, size), expected);
    }
  }
});

Deno.test("entries of READDIRPLUS count as look-ups, those of READDIR do not", () => {
  const bench = new DispatchBench(new FakeFileSystem(300));
  list(bench, false, 4096);
  assert.equal(bench.references.size, 0);
  list(bench, true, 4096);
  assert.equal(
    bench.references.count(track(0)),
    0,
    "one is named alone, to see whether it is asked for",
  );
  assert.equal(bench.references.size, 299);
  bench.call(OP.LOOKUP, ALBUM, nameBody("track 0"));
  list(bench, true, 4096);
  assert.equal(bench.references.size, 300);
  assert.deepEqual([0, 1].map((index) => bench.references.count(track(index))), [2, 2]);
  assert.equal(bench.references.count(ALBUM), 0);
});

Deno.test("names that the kernel soon asks for again by itself are not remembered, however many they are", () => {
  for (const [ttl, count] of [[Infinity, 301], [5, 0]] as const) {
    const bench = new DispatchBench(new FakeFileSystem(300, ttl));
    bench.names.isOn = true;
    for (let i = 0; i < 300; i++) bench.call(OP.LOOKUP, ALBUM, nameBody(`track ${i}`));
    bench.call(OP.LOOKUP, ALBUM, nameBody("nope"));
    list(bench, true, 4096);
    assert.equal(bench.names.all().length, count);
  }
});

Deno.test("a look-up is counted, and FORGET takes it back, alone and in a batch", () => {
  const bench = new DispatchBench(new FakeFileSystem(3));
  for (let i = 0; i < 3; i++) bench.call(OP.LOOKUP, ALBUM, nameBody("track 1"));
  bench.call(OP.LOOKUP, ALBUM, nameBody("track 2"));
  assert.equal(bench.references.count(track(1)), 3);
  bench.post(OP.FORGET, FIRST + 1, new Uint8Array(new BigUint64Array([2n]).buffer));
  assert.equal(bench.references.count(track(1)), 1);
  const batch = new BigUint64Array([2n, BigInt(FIRST + 1), 1n, BigInt(FIRST + 2), 1n]);
  bench.post(OP.BATCH_FORGET, 0, new Uint8Array(batch.buffer));
  assert.equal(bench.references.size, 0);
  assert.equal(bench.sent.length, 4, "forgets are not answered");
});

Deno.test("look-ups and listings that wait are answered once the file system has answered", async () => {
  const fs = new FakeFileSystem(2);
  const bench = new DispatchBench(fs);
  const gate = Promise.withResolvers<void>();
  fs.later = gate.promise;
  const asked = [
    bench.post(OP.LOOKUP, ALBUM, nameBody("track 1")),
    bench.post(OP.LOOKUP, ALBUM, nameBody("nope")),
    bench.post(OP.READDIRPLUS, ALBUM, readBody(2, 4096)),
  ];
  const dots = bench.call(OP.READDIRPLUS, ALBUM, readBody(0, 4096)).payload;
  assert.equal(dots.byteLength, 2 * (128 + 32), "what is known is told meanwhile");
  assert.equal(bench.sent.length, 1);
  assert.equal(bench.references.size, 0);
  gate.resolve();
  await settled();
  const answers = bench.sent.slice(1).map(answer);
  assert.deepEqual(answers.map(({ unique, errno }) => [unique, errno]), asked.map((it) => [it, 0]));
  const [found, missing, listed] = answers.map(({ payload }) => payload);
  assert.equal(found!.getBigUint64(0, true), BigInt(FIRST + 1));
  assert.equal(missing!.getBigUint64(0, true), 0n);
  assert.equal(listed!.byteLength, 2 * (128 + 32));
  assert.equal(bench.references.count(track(1)), 2);
  assert.equal(bench.references.count(track(0)), 1);
});

Deno.test("a look-up whose answer nobody takes is not counted", async () => {
  const fs = new FakeFileSystem(2);
  const bench = new DispatchBench(fs);
  const gate = Promise.withResolvers<void>();
  fs.later = gate.promise;
  const unique = bench.post(OP.LOOKUP, ALBUM, nameBody("track 0"));
  bench.post(OP.LOOKUP, ALBUM, nameBody("track 1"));
  bench.post(OP.INTERRUPT, 0, new Uint8Array(Uint32Array.of(unique, 0).buffer));
  assert.equal(answer(bench.sent[0]!).errno, ERRNO.EINTR);
  bench.taken = false;
  gate.resolve();
  await settled();
  assert.equal(bench.references.size, 0);
});

Deno.test("the file system is told which nodes the kernel has forgotten", () => {
  const fs = new FakeFileSystem(2);
  const bench = new DispatchBench(fs);
  for (const track of ["track 0", "track 0", "track 1"]) {
    bench.call(OP.LOOKUP, ALBUM, nameBody(track));
  }
  const forget = (node: number) =>
    bench.post(OP.FORGET, node, new Uint8Array(new BigUint64Array([1n]).buffer));
  forget(FIRST);
  assert.deepEqual(fs.forgottenNodes, [], "it was looked up twice");
  forget(FIRST + 1);
  forget(FIRST);
  assert.deepEqual(fs.forgottenNodes, [FIRST + 1, FIRST]);
});

Deno.test("a look-up of a name that is missing, too long, or not UTF-8", () => {
  const bench = new DispatchBench(new FakeFileSystem(1));
  const missing = bench.call(OP.LOOKUP, ALBUM, nameBody("nope"));
  assert.equal(missing.errno, 0);
  assert.equal(missing.payload.getBigUint64(0, true), 0n);
  const invalid = bench.call(OP.LOOKUP, ALBUM, Uint8Array.of(0xff, 0xfe, 0));
  assert.equal(invalid.payload.getBigUint64(0, true), 0n);
  assert.equal(bench.call(OP.LOOKUP, ALBUM, nameBody("x".repeat(255))).errno, 0);
  assert.equal(
    bench.call(OP.LOOKUP, ALBUM, nameBody("x".repeat(256))).errno,
    ERRNO.ENAMETOOLONG,
  );
  assert.equal(bench.references.size, 0);
});

Deno.test("`.` and `..` are found by number alone, for exported mounts", () => {
  const bench = new DispatchBench(new FakeFileSystem(1));
  const found = (id: number, dots: string) =>
    Number(bench.call(OP.LOOKUP, id, nameBody(dots)).payload.getBigUint64(0, true));
  assert.equal(found(FIRST, "."), FIRST);
  assert.equal(found(FIRST, ".."), ALBUM);
  assert.equal(found(ALBUM, ".."), ROOT_ID);
  assert.equal(found(ROOT_ID, "."), ROOT_ID);
  assert.equal(bench.call(OP.LOOKUP, 99, nameBody(".")).errno, ERRNO.ENOENT);
});
