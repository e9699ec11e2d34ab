import assert from "node:assert/strict";
import { type ErrnoName, ROOT_ID, toNodeId } from "../base/mod.ts";
import { fails, LibraryBench } from "../../tests/support/library_bench.ts";

Deno.test("a file is read from any place to its end", async () => {
  using bench = new LibraryBench();
  const file = await bench.open(bench.put("a", "0123456789"));
  assert.equal(await bench.read(file), "0123456789");
  assert.equal(await bench.read(file, 4, 3), "456");
  assert.equal(await bench.read(file, 10), "");
  bench.fs.release(file.handle);
  await fails("EBADF", () => bench.read(file));
  assert.equal(bench.fs.openFiles, 0);
});

Deno.test("SEMANTICS 10: directories and unknown numbers cannot be opened", async () => {
  using bench = new LibraryBench();
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
    using bench = new LibraryBench();
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
  using bench = new LibraryBench();
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

Deno.test("SEMANTICS 19: extended attributes say where a file comes from", () => {
  using bench = new LibraryBench();
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
  using bench = new LibraryBench();
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
