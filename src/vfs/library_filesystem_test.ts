import assert from "node:assert/strict";
import type { FileVersion } from "../../events/facts/files.ts";
import { LibraryReader } from "../../projections/mod.ts";
import { FakeCache } from "../../tests/support/fake_cache.ts";
import { MemoryTree } from "../../tests/support/memory_tree.ts";
import { SilentKernel } from "../../tests/support/silent_kernel.ts";
import { configured, flac, observedOn, template } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import {
  bytesFromString,
  type ErrnoName,
  FileSystemError,
  LISTING_START,
  type NodeId,
  ROOT_ID,
  toNodeId,
} from "../base/mod.ts";
import { closeFile, fileVersion, openFile } from "../posix/mod.ts";
import type { OpenFile, PendingRead } from "./filesystem.ts";
import { LibraryFileSystem } from "./library_filesystem.ts";

/** A directory of real files, a tree that mirrors it, and the file system over that. */
class Bench implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly tree: MemoryTree;
  readonly drifts: string[] = [];
  readonly cache = new FakeCache();
  readonly fs: LibraryFileSystem;

  constructor(tree = new MemoryTree()) {
    this.tree = tree;
    this.fs = new LibraryFileSystem(tree, {
      onDrift: ({ path }) => this.drifts.push(path),
      cache: this.cache,
    });
  }

  put(path: string, text: string, others = 0): NodeId {
    Deno.writeTextFileSync(`${this.root}/${path}`, text);
    return this.tree.addFile(path, { root: this.root, path, others, ...this.version(path) });
  }

  version(path: string): FileVersion {
    const fd = openFile(bytesFromString(`${this.root}/${path}`), 0);
    const version = fileVersion(fd);
    closeFile(fd);
    return version;
  }

  /** As who has looked at the directory before. */
  async open(id: NodeId): Promise<OpenFile> {
    const node = this.tree.node(id);
    if (node !== undefined) await this.fs.entries(node.parent, LISTING_START, 100);
    const file = await this.fs.open(id);
    this.fs.opened(file.handle);
    return file;
  }

  /** At once or later, as it comes. */
  async read(file: OpenFile, offset = 0, length = 100): Promise<string> {
    const into = new Uint8Array(length);
    const reading = this.fs.read(file.handle, offset, into);
    let count = typeof reading === "number" ? reading : undefined;
    while (count === undefined) {
      await (reading as PendingRead).ready();
      count = (reading as PendingRead).fill(into);
    }
    return new TextDecoder().decode(into.subarray(0, count));
  }

  /** The whole of it, once the engine has it at hand. */
  async readLater(file: OpenFile): Promise<string> {
    const into = new Uint8Array(100);
    const reading = this.fs.read(file.handle, 0, into);
    assert.ok(typeof reading !== "number");
    let count: number | undefined;
    while (count === undefined) {
      await reading.ready();
      count = reading.fill(into);
    }
    return new TextDecoder().decode(into.subarray(0, count));
  }

  [Symbol.dispose]() {
    this.cache[Symbol.dispose]();
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** A kernel that knows every node, and has forgotten whatever it is told to. */
async function fails(errno: ErrnoName, call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => await call(),
    (error) => error instanceof FileSystemError && error.errno === errno,
  );
}

Deno.test("a file is read from any place to its end", async () => {
  using bench = new Bench();
  const file = await bench.open(bench.put("a", "0123456789"));
  assert.equal(await bench.read(file), "0123456789");
  assert.equal(await bench.read(file, 4, 3), "456");
  assert.equal(await bench.read(file, 10), "");
  bench.fs.release(file.handle);
  await fails("EBADF", () => bench.read(file));
  assert.equal(bench.fs.openFiles, 0);
});

Deno.test("SEMANTICS 10: directories and unknown numbers cannot be opened", async () => {
  using bench = new Bench();
  Deno.mkdirSync(`${bench.root}/d`);
  bench.put("d/a", "x");
  await fails("EISDIR", () => bench.open(bench.tree.at("d").id));
  await fails("ENOENT", () => bench.open(toNodeId(999_999)));
});

Deno.test("SEMANTICS 11: a file that changed, vanished or is no file any more gives no byte", async () => {
  const cases: [string, ErrnoName, ErrnoName, (path: string) => void][] = [
    ["shrunk", "ESTALE", "ESTALE", (path) => Deno.truncateSync(path, 3)],
    ["grown", "ESTALE", "ESTALE", (path) => Deno.writeTextFileSync(path, "y", { append: true })],
    ["touched", "ESTALE", "ESTALE", (path) => Deno.utimeSync(path, 1, 1)],
    ["vanished", "ENOENT", "ESTALE", (path) => Deno.removeSync(path)],
    ["a directory", "ESTALE", "ESTALE", (path) => {
      Deno.removeSync(path);
      Deno.mkdirSync(path);
    }],
    ["a fifo", "ESTALE", "ESTALE", (path) => {
      Deno.removeSync(path);
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    }],
  ];
  for (const [what, atOpen, atRead, change] of cases) {
    using bench = new Bench();
    const id = bench.put("a", "0123456789");
    const unread = await bench.open(id);
    change(`${bench.root}/a`);
    await fails(atRead, () => bench.read(unread));
    assert.deepEqual(bench.drifts, ["a"], what);
    await fails(atRead, () => bench.read(unread));

    const known = bench.put("b", "0123456789");
    const first = await bench.open(known);
    await bench.read(first);
    change(`${bench.root}/b`);
    await fails(atOpen, () => bench.open(known));
    assert.deepEqual(bench.drifts.slice(-1), ["b"], what);
    assert.equal(bench.fs.openFiles, 2);
    bench.fs.release(first.handle);
    bench.fs.release(unread.handle);
  }
});

Deno.test("SEMANTICS 4: with its origin's root gone, a file is an error and not missing", async () => {
  using bench = new Bench();
  const id = bench.put("a", "0123456789");
  const file = await bench.open(id);
  Deno.renameSync(bench.root, `${bench.root}.away`);
  try {
    await fails("EIO", () => bench.read(file));
    assert.deepEqual(bench.drifts, []);
  } finally {
    Deno.renameSync(`${bench.root}.away`, bench.root);
  }
});

Deno.test("SEMANTICS 12: a file overwritten while it is open fails from then on", async () => {
  using bench = new Bench();
  const file = await bench.open(bench.put("a", "0123456789"));
  const { mtime } = Deno.statSync(`${bench.root}/a`);
  assert.equal(await bench.read(file, 0, 5), "01234");
  Deno.writeTextFileSync(`${bench.root}/a`, "ABCDEFGHIJKLMN");
  await fails("ESTALE", () => bench.read(file, 5, 5));
  assert.deepEqual(bench.drifts, ["a"]);
  // Even when somebody makes it look as before.
  Deno.writeTextFileSync(`${bench.root}/a`, "ABCDEFGHIJ");
  Deno.utimeSync(`${bench.root}/a`, mtime!, mtime!);
  await fails("ESTALE", () => bench.read(file, 5, 5));
  bench.fs.release(file.handle);
});

Deno.test("SEMANTICS 11, 12: other bytes of the same size and time are another version", async () => {
  using bench = new Bench();
  const id = bench.put("a", "0123456789");
  const file = await bench.open(id);
  assert.equal(await bench.read(file, 0, 2), "01");
  const { mtime } = Deno.statSync(`${bench.root}/a`);
  Deno.writeTextFileSync(`${bench.root}/a`, "ABCDEFGHIJ");
  Deno.utimeSync(`${bench.root}/a`, mtime!, mtime!);
  await fails("ESTALE", () => bench.read(file, 2));
  await fails("ESTALE", async () => bench.read(await bench.open(id)));
  assert.deepEqual(bench.drifts, ["a", "a"]);
  bench.tree.setVersion("a", bench.version("a"));
  assert.equal(await bench.read(await bench.open(id)), "ABCDEFGHIJ");
});

Deno.test("SEMANTICS 12: other permissions, links and names are no other bytes, for those who read", async () => {
  using bench = new Bench();
  const id = bench.put("a", "0123456789");
  const path = `${bench.root}/a`;
  const file = await bench.open(id);
  assert.equal(await bench.read(file, 0, 2), "01");
  const changes = [
    () => Deno.chmodSync(path, 0o600),
    () => Deno.linkSync(path, `${bench.root}/b`),
    () => Deno.renameSync(path, `${bench.root}/c`),
    () => Deno.renameSync(`${bench.root}/c`, path),
  ];
  for (const change of changes) {
    change();
    assert.equal(await bench.read(file, 2), "23456789");
  }
  // The tree learns of it, and nobody who reads has another version.
  bench.tree.setVersion("a", bench.version("a"));
  const other = await bench.open(id);
  assert.deepEqual([await bench.read(other), await bench.read(file)], ["0123456789", "0123456789"]);
  assert.deepEqual([other.direct, bench.drifts], [false, []]);
  // Written and made to look as before: size, time, permissions.
  const { mtime } = Deno.statSync(path);
  Deno.writeTextFileSync(path, "ABCDEFGHIJ");
  Deno.utimeSync(path, mtime!, mtime!);
  Deno.chmodSync(path, 0o644);
  await fails("ESTALE", () => bench.read(file, 2));
  await fails("ESTALE", () => bench.read(other, 2));
  bench.tree.setVersion("a", bench.version("a"));
  const last = await bench.open(id);
  assert.equal(await bench.read(last), "ABCDEFGHIJ");
  // Somebody has it open to write, and may do so at any moment.
  const writer = Deno.openSync(path, { write: true });
  Deno.chmodSync(path, 0o600);
  await fails("ESTALE", () => bench.read(last));
  writer.close();
});

Deno.test("SEMANTICS 13: once the tree knows a new version, old opens fail and new ones bypass the cache", async () => {
  using bench = new Bench();
  const id = bench.put("a", "old content");
  const old = await bench.open(id);
  assert.equal(await bench.read(old, 0, 3), "old");
  // Replaced by a rename, as careful writers do: the open file keeps its bytes and its version.
  Deno.writeTextFileSync(`${bench.root}/new`, "new content!");
  Deno.renameSync(`${bench.root}/new`, `${bench.root}/a`);
  assert.equal(await bench.read(old, 0, 3), "old");
  bench.tree.setVersion("a", bench.version("a"));
  const next = await bench.open(id);
  assert.equal(next.direct, true);
  assert.equal(next.keepCache, false);
  assert.equal(await bench.read(next), "new content!");
  await fails("ESTALE", () => bench.read(old));
  bench.fs.release(old.handle);
  const last = await bench.open(id);
  assert.equal(last.direct, false);
  assert.equal(await bench.read(last), "new content!");
  for (const { handle } of [next, last]) bench.fs.release(handle);
});

Deno.test("SEMANTICS 14: a file that left the tree stays readable for those who have it open", async () => {
  using bench = new Bench();
  const id = bench.put("a", "0123456789");
  const file = await bench.open(id);
  assert.equal(await bench.read(file, 0, 2), "01");
  bench.tree.remove("a");
  Deno.removeSync(`${bench.root}/a`);
  assert.equal(await bench.read(file, 2), "23456789");
  bench.fs.release(file.handle);
});

Deno.test("SEMANTICS 19: extended attributes say where a file comes from", () => {
  using bench = new Bench();
  const name = "caf\uefe9";
  const id = bench.put("plain", "x");
  Deno.utimeSync(`${bench.root}/plain`, 0, 0);
  bench.tree.setVersion("plain", bench.version("plain"));
  const text = (attribute: string) => {
    const value = bench.fs.xattr(id, `user.musicfs.${attribute}`);
    return value && new TextDecoder().decode(value);
  };
  assert.equal(text("origin"), "memory");
  assert.equal(text("real_path"), `${bench.root}/plain`);
  assert.equal(text("version"), "1 0.000000000");
  assert.equal(text("other"), undefined);
  assert.deepEqual(bench.fs.xattrNames(id), [
    "user.musicfs.origin",
    "user.musicfs.real_path",
    "user.musicfs.version",
  ]);
  assert.deepEqual(bench.fs.xattrNames(ROOT_ID), []);
  const escaped = bench.tree.addFile(name, {
    root: bench.root,
    path: name,
    size: 0,
    mtime_s: 0,
    mtime_ns: 0,
  });
  assert.equal(bench.fs.xattr(escaped, "user.musicfs.real_path")?.at(-1), 0xe9);
});

Deno.test("SEMANTICS 23: a local file whose origin is away is read from another copy, also half-way", async () => {
  using bench = new Bench();
  const text = "0123456789";
  const id = bench.put("a", text, 1);
  bench.cache.files.set(id, new TextEncoder().encode(text));
  const half = await bench.open(id);
  const unread = await bench.open(id);
  assert.equal(await bench.read(half, 0, 5), "01234");
  Deno.renameSync(bench.root, `${bench.root}.away`);
  try {
    assert.equal(await bench.read(half, 5, 5), "56789", "what is open stays readable");
    assert.equal(await bench.readLater(unread), text);
    const opened = await bench.open(id);
    assert.equal(await bench.readLater(opened), text);
    assert.deepEqual(bench.cache.fetches.map(({ file }) => file), [id, id]);
  } finally {
    Deno.renameSync(`${bench.root}.away`, bench.root);
  }
  assert.equal(await bench.read(await bench.open(id)), text);
  Deno.truncateSync(`${bench.root}/a`, 3);
  await fails("ESTALE", async () => bench.read(await bench.open(id)));
  assert.equal(bench.cache.fetches.length, 2, "another version is never looked for elsewhere");
});

Deno.test("SEMANTICS 13: reads that wait for bytes of an old version fail as soon as there is another", async () => {
  using bench = new Bench();
  const real = {
    root: "s3://b",
    path: "a",
    kind: "s3" as const,
    size: 10,
    mtime_s: 1,
    mtime_ns: 0,
  };
  const id = bench.tree.addFile("a", real);
  bench.fs.connect(new SilentKernel());
  bench.cache.answer = () => new Promise(() => {});
  const file = await bench.open(id);
  const later = assert.rejects(bench.readLater(file), { errno: "ESTALE" });
  bench.tree.setVersion("a", { ...real, mtime_s: 2 });
  await bench.fs.treeChanged();
  await later;
  await fails("ESTALE", () => bench.read(file));
});

/** A tree that says how often it was asked where a file lies, and does before what it is told to. */
class AskedTree extends MemoryTree {
  asked = 0;
  before = () => {};

  override location(id: NodeId) {
    this.asked++;
    this.before();
    return super.location(id);
  }
}

Deno.test("an open of what was just named is answered before it is looked where that lies", async () => {
  using bench = new Bench(new AskedTree());
  const { fs } = bench;
  const tree = bench.tree as AskedTree;
  const id = bench.put("a", "0123456789");
  fs.lookup(ROOT_ID, "a");
  const first = fs.open(id) as OpenFile;
  assert.equal(tree.asked, 0);
  fs.opened(first.handle);
  assert.equal(tree.asked, 1);
  assert.equal(await bench.read(first), "0123456789");
  // Another open may go the way of the first alone, and the kernel has pages now.
  const second = fs.open(id) as OpenFile;
  assert.equal(tree.asked, 2);
  fs.opened(second.handle);
  assert.equal(tree.asked, 2);
  for (const { handle } of [first, second]) fs.release(handle);
  // Who goes before the answer arrives leaves nothing behind.
  const other = bench.put("b", "b");
  fs.entries(ROOT_ID, LISTING_START, 10);
  fs.release((fs.open(other) as OpenFile).handle);
  assert.equal(fs.openFiles, 0);
});

Deno.test("what was named before the tree changed is asked for at open", async () => {
  using bench = new Bench(new AskedTree());
  const { fs, tree } = bench;
  const kernel = new SilentKernel();
  fs.connect(kernel);
  const id = bench.put("a", "old");
  const gone = bench.put("b", "b");
  await fs.treeChanged();
  fs.entries(ROOT_ID, LISTING_START, 10);
  Deno.writeTextFileSync(`${bench.root}/a`, "another");
  tree.setVersion("a", bench.version("a"));
  tree.remove("b");
  kernel.changed.length = 0;
  const opening = fs.open(id);
  assert.ok(opening instanceof Promise);
  const file = await opening;
  assert.ok(kernel.changed.includes(id));
  assert.equal(await bench.read(file), "another");
  await fails("ENOENT", () => fs.open(gone));
});

Deno.test("a large file that the kernel may read by itself is looked for at open", () => {
  using bench = new Bench(new AskedTree());
  const { fs } = bench;
  const id = bench.put("a", "x".repeat(256 * 1024));
  fs.lookup(ROOT_ID, "a");
  assert.equal((fs.open(id, true) as OpenFile).passable, true);
  const other = bench.put("b", "x".repeat(256 * 1024));
  fs.lookup(ROOT_ID, "b");
  const asked = (bench.tree as AskedTree).asked;
  fs.open(other, false);
  assert.equal((bench.tree as AskedTree).asked, asked);
});

Deno.test("an open that was answered before the library changed gives no bytes of another version", async () => {
  for (const change of ["another version", "removed"]) {
    using bench = new Bench(new AskedTree());
    const { fs } = bench;
    const tree = bench.tree as AskedTree;
    const kernel = new SilentKernel();
    fs.connect(kernel);
    const id = bench.put("a", "old");
    await fs.treeChanged();
    fs.lookup(ROOT_ID, "a");
    const file = fs.open(id) as OpenFile;
    tree.before = () => {
      tree.before = () => {};
      Deno.writeTextFileSync(`${bench.root}/a`, "another");
      if (change === "removed") tree.remove("a");
      else tree.setVersion("a", bench.version("a"));
    };
    fs.opened(file.handle);
    await fails("ESTALE", () => bench.read(file));
    fs.release(file.handle);
    if (change === "removed") continue;
    const next = await fs.open(id);
    fs.opened(next.handle);
    assert.ok(kernel.changed.includes(id));
    assert.equal(await bench.read(next), "another");
  }
});

Deno.test("reads of an open that was answered before the library failed are errors", async () => {
  using bench = new Bench(new AskedTree());
  const { fs } = bench;
  const id = bench.put("a", "0123456789");
  fs.lookup(ROOT_ID, "a");
  const file = fs.open(id) as OpenFile;
  (bench.tree as AskedTree).before = () => {
    throw new FileSystemError("EIO", "the disk is gone");
  };
  fs.opened(file.handle);
  await fails("EIO", () => bench.read(file));
  fs.release(file.handle);
  await fails("EBADF", () => bench.read(file));
});

Deno.test("a copy that takes the place of another waits until the kernel forgot the bytes of that one", async () => {
  const setting = [
    template("$title.$format"),
    configured("nas", "/nas", 1),
    configured("bucket", "/b", 2),
  ];
  await given(setting, async ({ directory, when }) => {
    const song = (file: number) => flac(file, "a.flac", { title: "T" });
    await when(observedOn("bucket", 1, song(1024)));
    await when(observedOn("nas", 2, song(1025)));
    const tree = LibraryReader.open(directory)!;
    const fs = new LibraryFileSystem(tree, { onDrift() {}, cache: new FakeCache() });
    const kernel = new SilentKernel();
    fs.connect(kernel);
    await fs.treeChanged();
    assert.equal(tree.location(toNodeId(1024))!.file, 1025);
    kernel.changed.length = 0;
    await when({ type: "OriginRemoved", v: 1, data: { origin: "nas" } });
    assert.equal(tree.location(toNodeId(1024))!.file, 1024);
    await fs.open(toNodeId(1024));
    // Directories are told of as well: the origin is gone from its own tree.
    assert.equal(kernel.changed[0], 1024);
    tree.close();
  });
});
