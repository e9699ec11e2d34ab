import assert from "node:assert/strict";
import { fakeAudio } from "../../tests/support/fake_reader.ts";
import { ScanSetup } from "../../tests/support/scan_setup.ts";

Deno.test("a changed ETag reveals a change that size and time hide, and is recorded", async () => {
  const setup = new ScanSetup();
  setup.album("a", 3);
  const tag = (etag: string) => {
    for (const [path, file] of setup.origin.files) setup.origin.files.set(path, { ...file, etag });
  };
  tag("one");
  await setup.scan();
  assert.equal(setup.last("FilesObserved").files[0]!.etag, "one");
  assert.equal((await setup.scan()).read, 0);
  tag("two");
  assert.equal((await setup.scan()).read, 3);
});

Deno.test("a tagger that restores size and time is noticed by the time of change", async () => {
  const setup = new ScanSetup();
  setup.album("a", 3);
  const change = (path: string, ctime_ns: number, title: string) => {
    const file = setup.origin.files.get(path)!;
    const bytes = fakeAudio(path, title);
    setup.origin.files.set(path, { ...file, bytes, ctime_s: 1, ctime_ns, inode: 5 });
  };
  for (const path of setup.origin.files.keys()) change(path, 1, "One");
  await setup.scan();
  change("a/1.flac", 2, "Two");
  assert.equal((await setup.scan()).read, 1);
  assert.equal(setup.library.live().get("a/1.flac")!.tags!.title, "Two");
  assert.equal((await setup.scan()).read, 0);
});

Deno.test("fields that an older log lacks are recorded without reading the file", async () => {
  const setup = new ScanSetup();
  setup.album("a", 3);
  await setup.scan();
  for (const [path, file] of setup.origin.files) {
    setup.origin.files.set(path, {
      ...file,
      ctime_s: 1,
      ctime_ns: 2,
      inode: 3,
      mode: 0o600,
      uid: 7,
    });
  }
  assert.equal((await setup.scan()).read, 0);
  const { files } = setup.last("FilesObserved");
  assert.deepEqual(
    files.map(({ file, ctime_s, inode, mode, uid, tags }) => ({
      ...{ file, ctime_s, inode, mode, uid, title: tags?.title },
    })),
    [0, 1, 2].map((i) => ({
      ...{ file: 1024 + i, ctime_s: 1, inode: 3, mode: 0o600, uid: 7, title: `a/${i}.flac` },
    })),
  );
  await setup.scan();
  assert.equal(setup.types().filter((type) => type === "FilesObserved").length, 2, "noted once");
});

Deno.test("files with whole-second times younger than two seconds are read again until these are older", async () => {
  const setup = new ScanSetup();
  setup.album("a", 1);
  let now = setup.origin.files.get("a/0.flac")!.mtime_s * 1_000 + 500;
  setup.clock = { now: () => now };
  await setup.scan();
  assert.equal(setup.last("FilesObserved").files[0]!.unsettled, true);
  // The file gets other bytes of the same size within the same second.
  const file = setup.origin.files.get("a/0.flac")!;
  setup.origin.files.set("a/0.flac", { ...file, bytes: fakeAudio("a/0.flac", "A/0.FLAC") });
  now += 60_000;
  assert.equal((await setup.scan()).read, 1);
  assert.equal(setup.library.live().get("a/0.flac")!.tags!.title, "A/0.FLAC");
  assert.equal((await setup.scan()).read, 0);
});

Deno.test("a file that comes back as it was is not read again", async () => {
  const setup = new ScanSetup();
  setup.album("a", 20);
  await setup.scan();
  const number = setup.number("a/3.flac");
  const kept = setup.origin.files.get("a/3.flac")!;
  setup.origin.remove("a/3.flac");
  await setup.scan();
  setup.origin.files.set("a/3.flac", kept);
  const outcome = await setup.scan();
  assert.deepEqual([outcome.read, setup.number("a/3.flac")], [0, number]);
  assert.equal(setup.library.live().get("a/3.flac")!.tags!.title, "a/3.flac");
});
