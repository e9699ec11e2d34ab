import assert from "node:assert/strict";
import { LibraryReader } from "../../projections/mod.ts";
import { FakeCache } from "../../tests/support/fake_cache.ts";
import { SilentKernel } from "../../tests/support/silent_kernel.ts";
import { configured, flac, observedOn, template } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { toNodeId } from "../base/mod.ts";
import { LibraryFileSystem } from "./library_filesystem.ts";
import { fails, LibraryBench } from "../../tests/support/library_bench.ts";

Deno.test("SEMANTICS 12: a file overwritten while it is open fails from then on", async () => {
  using bench = new LibraryBench();
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
  using bench = new LibraryBench();
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
  using bench = new LibraryBench();
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
  using bench = new LibraryBench();
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
  using bench = new LibraryBench();
  const id = bench.put("a", "0123456789");
  const file = await bench.open(id);
  assert.equal(await bench.read(file, 0, 2), "01");
  bench.tree.remove("a");
  Deno.removeSync(`${bench.root}/a`);
  assert.equal(await bench.read(file, 2), "23456789");
  bench.fs.release(file.handle);
});

Deno.test("SEMANTICS 13: reads that wait for bytes of an old version fail as soon as there is another", async () => {
  using bench = new LibraryBench();
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
