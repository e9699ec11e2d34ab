import assert from "node:assert/strict";
import { type Entry, type Node, ROOT_ID } from "../../../projections/tree/tree_types.ts";
import {
  createLogger,
  FileSystemError,
  type NodeId,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../base/mod.ts";
import type { Answer, FileSystem, OpenFile, PendingRead } from "../../vfs/filesystem.ts";
import { FOPEN, OP } from "../wire/abi.ts";
import { BackingFiles } from "./backing.ts";
import { Dispatcher } from "./dispatch.ts";
import { ERRNO } from "../wire/errno.ts";
import { KnownNames } from "./known_names.ts";
import { NodeReferences } from "./node_references.ts";
import { Request } from "../wire/request.ts";

const ALBUM = toNodeId(5000);
const FIRST = 6000;

/** The number of the album's nth track. */
function track(n: number): NodeId {
  return toNodeId(FIRST + n);
}

/** A file system with one directory of `count` files below the root. The test says how opens and reads are answered. */
class FakeFileSystem implements FileSystem {
  opening: OpenFile | Promise<OpenFile> = { ...OPENED };
  reading: number | PendingRead = 0;
  readonly released: number[] = [];
  readonly #count: number;

  constructor(count = 0) {
    this.#count = count;
  }

  /** When set, look-ups and listings are answered once it resolves. */
  later: Promise<void> | undefined;
  readonly forgottenNodes: number[] = [];

  lookup(parent: number, name: string): Answer<Entry | undefined> {
    const found = this.#found(parent, name);
    return this.later === undefined ? found : this.later.then(() => found);
  }
  #found(parent: number, name: string): Entry | undefined {
    if (parent === ROOT_ID && name === "album") return entry(name, this.attributes(ALBUM)!);
    const index = /^track (\d+)$/.exec(name)?.[1];
    const node = parent === ALBUM && index !== undefined
      ? this.attributes(track(Number(index)))
      : undefined;
    return node && entry(name, node);
  }
  attributes(id: NodeId): Node | undefined {
    if (id === ROOT_ID) return node(ROOT_ID, ROOT_ID, "directory");
    if (id === ALBUM) return node(ALBUM, ROOT_ID, "directory");
    if (id < FIRST || id >= FIRST + this.#count) return undefined;
    return node(id, ALBUM, "track");
  }
  forgotten(id: number) {
    this.forgottenNodes.push(id);
  }
  hasOldOpen() {
    return false;
  }
  entries(directory: number, after: number, limit: number): Answer<Entry[]> {
    const found: Entry[] = [];
    if (directory !== ALBUM) return found;
    for (let id = Math.max(FIRST, after - COOKIES + 1); found.length < limit; id++) {
      const node = this.attributes(toNodeId(id));
      if (!node) break;
      found.push(entry(`track ${id - FIRST}`, node));
    }
    return this.later === undefined ? found : this.later.then(() => found);
  }
  open() {
    return this.opening;
  }
  opened(_handle: number) {}
  describing: number | Promise<number> = -1;
  descriptor() {
    return this.describing;
  }
  passedThrough() {}
  read(_handle: number, _offset: number, into: Uint8Array) {
    into.fill(0x5a);
    return this.reading;
  }
  release(handle: number) {
    this.released.push(handle);
  }
  xattrNames() {
    return ["user.musicfs.origin"];
  }
  xattr(_id: number, name: string) {
    return name === "user.musicfs.origin" ? new TextEncoder().encode("local") : undefined;
  }
  totals() {
    return { bytes: 10_000, files: 3 };
  }
}

/** A read that becomes ready as often and as late as the test says, and is filled the last time. */
class FakeRead implements PendingRead {
  readonly #times: Promise<void>[];
  cancelled: unknown;

  constructor(...times: Promise<void>[]) {
    this.#times = times;
  }

  ready() {
    return this.#times.shift()!;
  }
  fill(into: Uint8Array) {
    into.fill(0xa5, 0, 10);
    return this.#times.length > 0 ? undefined : 10;
  }
  cancel(error: unknown) {
    this.cancelled = error;
  }
}

const OPENED: OpenFile = { handle: 9, keepCache: true, direct: false, passable: false };

function node(id: NodeId, parent: NodeId, kind: Node["kind"]): Node {
  return { id, kind, parent, size: 1, mtime_s: 1, mtime_ns: 0, version: toNodeVersion(1) };
}

/** The difference between an entry's cookie and the number of its node: a cookie is not a node's number. */
const COOKIES = 1_000_000;

function entry(name: string, node: Node): Entry {
  return { cookie: toCookie(node.id + COOKIES), name, node, ttl: Infinity };
}

/** A dispatcher with requests made by hand, whose answers are kept. */
class Bench {
  readonly sent: Uint8Array[] = [];
  readonly references = new NodeReferences();
  readonly backing = new BackingFiles(-1);
  readonly dispatcher: Dispatcher;
  readonly #request = new Request();
  #unique = 2;
  /** Whether the kernel takes answers. */
  taken = true;

  constructor(fileSystem: FileSystem) {
    this.dispatcher = new Dispatcher({
      fileSystem,
      references: this.references,
      backing: this.backing,
      defaults: {
        uid: 1,
        gid: 1,
        shown: {},
        entrySeconds: 1,
        negativeSeconds: 1,
        attributeSeconds: 1,
      },
      passthrough: false,
      names: new KnownNames(() => {}),
      logger: createLogger("test", "error"),
      negotiated: () => {},
      send: (bytes, length) => {
        this.sent.push(bytes.slice(0, length));
        return this.taken;
      },
    });
  }

  /** Sends a request with a body. Returns its identity. */
  post(opcode: number, nodeId: number, body: Uint8Array = new Uint8Array(64)): number {
    const { bytes } = this.#request;
    const view = new DataView(bytes.buffer);
    const unique = this.#unique += 2;
    view.setUint32(0, 40 + body.length, true);
    view.setUint32(4, opcode, true);
    view.setBigUint64(8, BigInt(unique), true);
    view.setBigUint64(16, BigInt(nodeId), true);
    bytes.set(body, 40);
    this.dispatcher.handle(this.#request);
    return unique;
  }

  /** Sends a request that must be answered at once. Returns the answer. */
  call(opcode: number, nodeId: number, body?: Uint8Array): { errno: number; payload: DataView } {
    const before = this.sent.length;
    this.post(opcode, nodeId, body);
    assert.equal(this.sent.length, before + 1, `opcode ${opcode} is answered once`);
    return answer(this.sent.at(-1)!);
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function answer(bytes: Uint8Array): { errno: number; unique: number; payload: DataView } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.equal(view.getUint32(0, true), bytes.length);
  return {
    errno: Math.abs(view.getInt32(4, true)),
    unique: Number(view.getBigUint64(8, true)),
    payload: new DataView(bytes.buffer, bytes.byteOffset + 16, bytes.length - 16),
  };
}

function name(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function readBody(offset: number, size: number): Uint8Array {
  const body = new Uint8Array(40);
  const view = new DataView(body.buffer);
  view.setBigUint64(8, BigInt(offset), true);
  view.setUint32(16, size, true);
  return body;
}

/** Reads a directory to its end as the kernel does: the cookie of the last record is the next offset. */
function list(bench: Bench, plus: boolean, size: number): string[] {
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
      assert.deepEqual(list(new Bench(new FakeFileSystem(700)), plus, size), expected);
    }
  }
});

Deno.test("entries of READDIRPLUS count as look-ups, those of READDIR do not", () => {
  const bench = new Bench(new FakeFileSystem(300));
  list(bench, false, 4096);
  assert.equal(bench.references.size, 0);
  list(bench, true, 4096);
  assert.equal(
    bench.references.count(track(0)),
    0,
    "one is named alone, to see whether it is asked for",
  );
  assert.equal(bench.references.size, 299);
  bench.call(OP.LOOKUP, ALBUM, name("track 0"));
  list(bench, true, 4096);
  assert.equal(bench.references.size, 300);
  assert.deepEqual([0, 1].map((index) => bench.references.count(track(index))), [2, 2]);
  assert.equal(bench.references.count(ALBUM), 0);
});

Deno.test("a look-up is counted, and FORGET takes it back, alone and in a batch", () => {
  const bench = new Bench(new FakeFileSystem(3));
  for (let i = 0; i < 3; i++) bench.call(OP.LOOKUP, ALBUM, name("track 1"));
  bench.call(OP.LOOKUP, ALBUM, name("track 2"));
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
  const bench = new Bench(fs);
  const gate = Promise.withResolvers<void>();
  fs.later = gate.promise;
  const asked = [
    bench.post(OP.LOOKUP, ALBUM, name("track 1")),
    bench.post(OP.LOOKUP, ALBUM, name("nope")),
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
  const bench = new Bench(fs);
  const gate = Promise.withResolvers<void>();
  fs.later = gate.promise;
  const unique = bench.post(OP.LOOKUP, ALBUM, name("track 0"));
  bench.post(OP.LOOKUP, ALBUM, name("track 1"));
  bench.post(OP.INTERRUPT, 0, new Uint8Array(Uint32Array.of(unique, 0).buffer));
  assert.equal(answer(bench.sent[0]!).errno, ERRNO.EINTR);
  bench.taken = false;
  gate.resolve();
  await settled();
  assert.equal(bench.references.size, 0);
});

Deno.test("the file system is told which nodes the kernel has forgotten", () => {
  const fs = new FakeFileSystem(2);
  const bench = new Bench(fs);
  for (const track of ["track 0", "track 0", "track 1"]) bench.call(OP.LOOKUP, ALBUM, name(track));
  const forget = (node: number) =>
    bench.post(OP.FORGET, node, new Uint8Array(new BigUint64Array([1n]).buffer));
  forget(FIRST);
  assert.deepEqual(fs.forgottenNodes, [], "it was looked up twice");
  forget(FIRST + 1);
  forget(FIRST);
  assert.deepEqual(fs.forgottenNodes, [FIRST + 1, FIRST]);
});

Deno.test("a look-up of a name that is missing, too long, or not UTF-8", () => {
  const bench = new Bench(new FakeFileSystem(1));
  const missing = bench.call(OP.LOOKUP, ALBUM, name("nope"));
  assert.equal(missing.errno, 0);
  assert.equal(missing.payload.getBigUint64(0, true), 0n);
  const invalid = bench.call(OP.LOOKUP, ALBUM, Uint8Array.of(0xff, 0xfe, 0));
  assert.equal(invalid.payload.getBigUint64(0, true), 0n);
  assert.equal(bench.call(OP.LOOKUP, ALBUM, name("x".repeat(255))).errno, 0);
  assert.equal(
    bench.call(OP.LOOKUP, ALBUM, name("x".repeat(256))).errno,
    ERRNO.ENAMETOOLONG,
  );
  assert.equal(bench.references.size, 0);
});

Deno.test("`.` and `..` are found by number alone, for exported mounts", () => {
  const bench = new Bench(new FakeFileSystem(1));
  const found = (id: number, dots: string) =>
    Number(bench.call(OP.LOOKUP, id, name(dots)).payload.getBigUint64(0, true));
  assert.equal(found(FIRST, "."), FIRST);
  assert.equal(found(FIRST, ".."), ALBUM);
  assert.equal(found(ALBUM, ".."), ROOT_ID);
  assert.equal(found(ROOT_ID, "."), ROOT_ID);
  assert.equal(bench.call(OP.LOOKUP, 99, name(".")).errno, ERRNO.ENOENT);
});

Deno.test("every request that would write is refused with EROFS", () => {
  const bench = new Bench(new FakeFileSystem(1));
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
  const bench = new Bench(new FakeFileSystem(1));
  const FSYNC = 20, FLUSH = 25, OPENDIR = 27, FSYNCDIR = 30, ACCESS = 34, POLL = 40;
  const LSEEK = 46, STATX = 52, UNKNOWN = 999;
  for (const opcode of [FSYNC, FLUSH, OPENDIR, FSYNCDIR, ACCESS, POLL, LSEEK, STATX, UNKNOWN]) {
    assert.equal(bench.call(opcode, FIRST).errno, ERRNO.ENOSYS);
  }
  assert.equal(bench.call(OP.READLINK, FIRST).errno, ERRNO.EINVAL);
  assert.equal(bench.call(OP.IOCTL, FIRST).errno, ERRNO.ENOTTY);
});

Deno.test("attributes are probed, read, listed, missing, or larger than the buffer", () => {
  const bench = new Bench(new FakeFileSystem(1));
  const get = (size: number, attribute: string) => {
    const text = name(attribute);
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

Deno.test("an open and a read that take long are answered when they are done", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new Bench(fileSystem);
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
  const bench = new Bench(fileSystem);
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
  const bench = new Bench(fileSystem);
  bench.taken = false;
  bench.post(OP.OPEN, FIRST, new Uint8Array(8));
  assert.deepEqual(fileSystem.released, [OPENED.handle]);
});

Deno.test("a late failure has its errno", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new Bench(fileSystem);
  fileSystem.reading = new FakeRead(Promise.reject(new FileSystemError("ETIMEDOUT")));
  bench.post(OP.READ, FIRST, readBody(0, 4096));
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(answer(bench.sent[0]!).errno, ERRNO.ETIMEDOUT);
});

Deno.test("an interrupted read is answered EINTR and cancelled, and so are all when the mount ends", async () => {
  const fileSystem = new FakeFileSystem(1);
  const bench = new Bench(fileSystem);
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
  const bench = new Bench(fs);
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
  const bench = new Bench(fs);
  const heard: string[] = [];
  fs.opened = (handle: number) => void heard.push(`${handle} after ${bench.sent.length}`);
  bench.call(OP.OPEN, FIRST);
  assert.deepEqual([heard, fs.released], [["9 after 1"], []]);
  bench.taken = false;
  bench.call(OP.OPEN, FIRST);
  assert.deepEqual([heard, fs.released], [["9 after 1"], [9]]);
});
