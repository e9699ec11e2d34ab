/** Scans of real files by the real readers, when files move, change their tags or are damaged. */
import assert from "node:assert/strict";
import { flacFile, m4aFile, mp3File, opusFile, wavFile } from "../../scripts/audio/mod.ts";
import { createMemoryEventLog } from "../../events/mod.ts";
import type { ScanOutcome } from "../../src/scan/mod.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";
import { Place } from "../support/scanned_directory.ts";

const BUILDERS = { flac: flacFile, mp3: mp3File, m4a: m4aFile, opus: opusFile };

Deno.test("files of every kind keep their numbers when they move and are tagged anew", async () => {
  using place = new Place();
  const builders = Object.entries(BUILDERS);
  for (const [i, [extension, build]] of builders.entries()) {
    place.write(`a/1.${extension}`, build({ title: "One" }, { seed: i }));
    place.write(`a/2.${extension}`, build({ title: "Two" }, { seed: 100 + i }));
  }
  place.write("a/3.wav", wavFile({}, { seed: 3 }));
  const first = await place.scan();
  assert.deepEqual([first.read, first.unreadable], [9, 0]);
  const numbers = new Map(
    builders.flatMap(([extension]) =>
      ["1", "2"].map((name) => [`${name}.${extension}`, place.number(`a/${name}.${extension}`)])
    ),
  );
  const wav = place.number("a/3.wav");
  Deno.mkdirSync(`${place.root}/b`);
  for (const [i, [extension, build]] of builders.entries()) {
    place.rename(`a/1.${extension}`, `b/moved.${extension}`);
    Deno.removeSync(`${place.root}/a/2.${extension}`);
    const tags = { title: "Two, and more", artist: "Somebody", album: "Something" };
    place.write(`0/2.${extension}`, build(tags, { seed: 100 + i }));
  }
  place.rename("a/3.wav", "b/3.wav");
  const second = await place.scan();
  assert.deepEqual([second.outcome, second.read, second.removed], ["completed", 9, 0]);
  for (const [extension] of builders) {
    assert.equal(place.number(`b/moved.${extension}`), numbers.get(`1.${extension}`), extension);
    assert.equal(place.number(`0/2.${extension}`), numbers.get(`2.${extension}`), extension);
  }
  assert.equal(place.number("b/3.wav"), wav);
  const { tags, audio_start, audio_end, size } = place.library.live().get("0/2.mp3")!;
  assert.equal(tags!.title, "Two, and more");
  assert.ok(0 < audio_start! && audio_start! < audio_end! && audio_end! <= size);
});

Deno.test("damaged files have a reason, and are read again once they are whole", async () => {
  using place = new Place();
  place.write("ok.flac", flacFile({ title: "Fine" }));
  place.write("empty.flac", new Uint8Array());
  place.write("text.mp3", new TextEncoder().encode("Not found"));
  place.write("liar.mp3", flacFile({ title: "FLAC in truth" }));
  const first = await place.scan();
  assert.deepEqual([first.listed, first.read, first.unreadable], [4, 4, 2]);
  const live = place.library.live();
  assert.equal(live.get("liar.mp3")!.format, "flac");
  assert.match(live.get("empty.flac")!.unreadable!, /Empty/);
  const number = place.number("empty.flac");
  assert.deepEqual((await place.scan()).read, 0);
  place.write("empty.flac", flacFile({ title: "Whole" }));
  const second = await place.scan();
  assert.deepEqual([second.read, second.unreadable], [1, 1]);
  assert.equal(place.library.live().get("empty.flac")!.tags!.title, "Whole");
  assert.equal(place.number("empty.flac"), number);
});

Deno.test("a missing root fails the scan", async () => {
  using place = new Place();
  place.write("1.flac", flacFile({}));
  await place.scan();
  Deno.renameSync(place.root, `${place.root}.away`);
  const outcome = await place.scan();
  Deno.renameSync(`${place.root}.away`, place.root);
  assert.equal(outcome.outcome, "failed");
  assert.match(outcome.reason!, /No such file or directory/);
  assert.equal(place.library.liveCount(), 1);
});

const TMPFS = "/dev/shm";

Deno.test({
  name: "a file that claims an absurd time or size is stored like every other",
  // A tmpfs accepts any time and any size, unlike most file systems.
  ignore: !needs(TMPFS),
  async fn() {
    using place = new Place(TMPFS);
    for (const name of ["future", "past", "good"]) {
      place.write(`${name}.flac`, flacFile({ title: name }));
    }
    const { success } = await new Deno.Command("sh", {
      args: [
        "-c",
        "touch -d @9223372036854775807 future.flac; touch -d @-9223372036854775807 past.flac; " +
        "truncate -s 8070450532247928832 huge.flac",
      ],
      cwd: place.root,
    }).output();
    assert.ok(success);
    const log = createMemoryEventLog();
    const { read, unreadable } = await place.scan();
    assert.deepEqual([read, unreadable], [4, 1]);
    await log.append(place.library.events);
    assert.match(place.library.live().get("huge.flac")!.unreadable!, /beyond any/);
    assert.equal((await place.scan()).read, 0);
    await log.close();
  },
});

/** A directory of a file system, implemented here, that ignores case in names. */
class CaseBlindDisk {
  readonly #base = Deno.makeTempDirSync();
  readonly root = `${this.#base}/disk`;

  constructor() {
    Deno.mkdirSync(this.root);
    this.#run(
      `truncate -s 8M image && mkfs.exfat image >&2 && losetup -f --show image > device &&
        mount.exfat-fuse $(cat device) disk`,
    );
  }

  [Symbol.dispose](): void {
    this.#run("umount disk; losetup -d $(cat device)");
    Deno.removeSync(this.#base, { recursive: true });
  }

  #run(script: string): void {
    const { success, stderr } = new Deno.Command("timeout", {
      args: ["20", "sh", "-c", script],
      cwd: this.#base,
    }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}

Deno.test({
  name: "names that change their case where case does not count keep their numbers",
  ignore: !needs("/dev/fuse", "/dev/loop-control", "mkfs.exfat", "mount.exfat-fuse", "losetup"),
  async fn() {
    using disk = new CaseBlindDisk();
    using place = new Place(disk.root);
    for (const name of ["1", "2", "3"]) {
      place.write(`Artist/Album/${name}.flac`, flacFile({ title: name }, { seed: Number(name) }));
    }
    place.write("Artist/Album/broken.mp3", new Uint8Array(3));
    place.write("Other/4.flac", flacFile({ title: "4" }, { seed: 4 }));
    // The disk's clock is coarse, so files with a young time would be read again.
    for (const path of filesBelow(place.root)) Deno.utimeSync(`${place.root}/${path}`, 1e9, 1e9);
    await place.scan();
    const byFoldedPath = () =>
      [...place.library.live()].map(([path, { file }]) => [path.toLowerCase(), file]).sort();
    const before = byFoldedPath();

    place.rename("Artist", "ARTIST");
    place.rename("Other/4.flac", "Other/4.FLAC");
    assert.deepEqual(await removedAndPaths(place.scan()), [0, [
      "ARTIST/Album/1.flac",
      "ARTIST/Album/2.flac",
      "ARTIST/Album/3.flac",
      "ARTIST/Album/broken.mp3",
      "Other/4.FLAC",
    ]]);
    assert.deepEqual(byFoldedPath(), before);

    place.rename("ARTIST", "artist");
    // A watch named the directory before it was renamed; this disk answers to the old name as well.
    await place.scan("directories", ["", "ARTIST/Album", "artist"]);
    assert.deepEqual(byFoldedPath(), before);
    assert.ok([...place.library.live().keys()].every((path) => !path.startsWith("ARTIST")));
    assert.equal((await place.scan()).read, 0);

    async function removedAndPaths(scanning: Promise<ScanOutcome>): Promise<[number, string[]]> {
      const { removed } = await scanning;
      return [removed, [...place.library.live().keys()].sort()];
    }
  },
});

Deno.test({
  name: "a file on a disk with whole-second times is read again while its time is young",
  ignore: !needs("/dev/fuse", "/dev/loop-control", "mkfs.exfat", "mount.exfat-fuse", "losetup"),
  async fn() {
    using disk = new CaseBlindDisk();
    using place = new Place(disk.root);
    const path = `${place.root}/1.flac`;
    // A minute ahead, like the clock of a camera or a NAS, so that it is young however long the test takes.
    const young = 2 * Math.floor(Date.now() / 2_000) + 60;
    const write = (title: string, time: number) => {
      place.write("1.flac", flacFile({ title }));
      Deno.utimeSync(path, time, time);
    };
    const known = () => {
      const { tags, unsettled = false } = place.library.live().get("1.flac")!;
      return [tags!.title, unsettled];
    };
    write("Old", young);
    const before = Deno.statSync(path);
    await place.scan();
    assert.deepEqual(known(), ["Old", true]);
    write("New", young);
    const after = Deno.statSync(path);
    assert.deepEqual([after.size, after.mtime], [before.size, before.mtime]);
    await place.scan();
    assert.deepEqual(known(), ["New", true]);
    write("Sat", 1e9);
    await place.scan();
    assert.deepEqual(known(), ["Sat", false]);
    assert.equal((await place.scan()).read, 0);
  },
});

Deno.test("a file that is rewritten in place, with its time put back, is read again", async () => {
  using place = new Place();
  place.write("1.flac", flacFile({ title: "Old" }));
  await place.scan();
  const { size, mtime } = Deno.statSync(`${place.root}/1.flac`);
  place.write("1.flac", flacFile({ title: "New" }));
  Deno.utimeSync(`${place.root}/1.flac`, mtime!, mtime!);
  assert.equal(Deno.statSync(`${place.root}/1.flac`).size, size);
  assert.equal((await place.scan()).read, 1);
  assert.equal(place.library.live().get("1.flac")!.tags!.title, "New");
});

Deno.test("a file's permissions are recorded with it, and so is a change of them alone", async () => {
  using place = new Place();
  place.write("1.flac", flacFile({ title: "One" }));
  Deno.chmodSync(`${place.root}/1.flac`, 0o640);
  await place.scan();
  const { uid, gid, ino } = Deno.statSync(`${place.root}/1.flac`);
  const { mode, inode, ...known } = place.library.live().get("1.flac")!;
  assert.deepEqual([mode, known.uid, known.gid, inode], [0o640, uid, gid, ino]);
  Deno.chmodSync(`${place.root}/1.flac`, 0o600);
  await place.scan();
  assert.equal(place.library.live().get("1.flac")!.mode, 0o600);
});
