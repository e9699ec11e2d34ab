/** Scans of real files by the real readers: what was moved, tagged anew or damaged. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { flacFile, m4aFile, mp3File, opusFile, wavFile } from "../../scripts/audio/mod.ts";
import { createMemoryEventLog } from "../../events/mod.ts";
import { Exclusions, systemClock } from "../../src/base/mod.ts";
import { LocalOrigin, NfsOrigin, type Origin } from "../../src/origins/mod.ts";
import { scanOrigin, type ScanOutcome } from "../../src/scan/mod.ts";
import { ParserPool, readerOf } from "../../src/metadata/mod.ts";
import { MemoryLibrary } from "../support/memory_library.ts";
import { needs } from "../support/needs.ts";
import { filesBelow } from "../support/tree.ts";

type Kind = "local" | "nfs";

class Place {
  readonly root: string;
  readonly #kind: Kind;
  readonly library = new MemoryLibrary();
  readonly #pool = new ParserPool({ size: 1 });
  #scan = 1;

  constructor(dir?: string, kind: Kind = "local") {
    this.#kind = kind;
    this.root = Deno.makeTempDirSync({ ...(dir !== undefined && { dir }) });
  }

  write(path: string, bytes: Uint8Array): void {
    const slash = path.lastIndexOf("/");
    if (slash > 0) Deno.mkdirSync(`${this.root}/${path.slice(0, slash)}`, { recursive: true });
    Deno.writeFileSync(`${this.root}/${path}`, bytes);
  }

  rename(from: string, to: string): void {
    Deno.renameSync(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  link(from: string, to: string): void {
    Deno.mkdirSync(dirname(`${this.root}/${to}`), { recursive: true });
    Deno.linkSync(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  async scan(
    mode: "changes" | "full" | "directories" = "changes",
    directories: string[] = [],
    exclusions = new Exclusions(),
  ): Promise<ScanOutcome> {
    if (this.#kind === "local") {
      return await this.#scanOf(new LocalOrigin("local", this.root), mode, directories, exclusions);
    }
    const origin = new NfsOrigin("nas", this.root, 30_000);
    try {
      return await this.#scanOf(origin, mode, directories, exclusions);
    } finally {
      await origin.close();
    }
  }

  #scanOf(
    origin: Origin,
    mode: "changes" | "full" | "directories",
    directories: string[],
    exclusions: Exclusions,
  ): Promise<ScanOutcome> {
    return scanOrigin({
      origin,
      known: this.library,
      reader: readerOf(origin, this.#pool),
      append: (events) => Promise.resolve(this.library.append(events)),
      nextFile: () => this.library.nextFile(),
      claimed: new Set(),
      clock: systemClock,
    }, {
      scan: this.#scan++,
      mode,
      directories,
      exclusions,
      removalsHold: 0.25,
      removalsConfirmed: () => false,
    });
  }

  number(path: string): number | undefined {
    return this.library.live().get(path)?.file;
  }

  [Symbol.dispose](): void {
    this.#pool.close();
    Deno.removeSync(this.root, { recursive: true });
  }
}

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

Deno.test("damaged files are known by a reason, and read again once they are whole", async () => {
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

Deno.test("the root that is gone fails the scan", async () => {
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
  // A tmpfs, unlike most, takes any of both.
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

/** A directory of a file system that is written here, on which names that differ by case alone are one. */
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
    // Its clock is coarse: younger files would be looked at again.
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
    // A watch had named the directory before it was renamed: the disk answers to that name as well.
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
  name: "a file on a disk whose times are whole seconds is looked at again while its time is young",
  ignore: !needs("/dev/fuse", "/dev/loop-control", "mkfs.exfat", "mount.exfat-fuse", "losetup"),
  async fn() {
    using disk = new CaseBlindDisk();
    using place = new Place(disk.root);
    const path = `${place.root}/1.flac`;
    // A minute ahead, as the clock of a camera or a NAS is, however long this test takes.
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

Deno.test("who may read a file is observed with it, and a change of that alone is", async () => {
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

Deno.test("hard links of one file are one track, and when one goes the other is it", async () => {
  using place = new Place();
  place.write("a/1.flac", flacFile({ title: "1" }, { seed: 1 }));
  place.write("b/2.flac", flacFile({ title: "2" }, { seed: 2 }));
  place.link("a/1.flac", "z/1.flac");
  const first = await place.scan();
  assert.deepEqual([first.listed, first.read], [2, 2]);
  assert.deepEqual([...place.library.live().keys()], ["a/1.flac", "b/2.flac"], "the lowest path");
  const number = place.number("a/1.flac");

  place.link("a/1.flac", "0/1.flac");
  await place.scan("directories", ["0"]);
  await place.scan();
  assert.deepEqual(place.number("a/1.flac"), number, "a name that is known stays");
  assert.equal(place.library.liveCount(), 2);

  // A scan of this directory alone finds the name in another.
  Deno.removeSync(`${place.root}/a/1.flac`);
  const outcome = await place.scan("directories", ["a"]);
  assert.deepEqual([outcome.removed, place.number("0/1.flac")], [0, number]);
  Deno.removeSync(`${place.root}/0/1.flac`);
  assert.equal((await place.scan()).removed, 0);
  assert.deepEqual([place.number("z/1.flac"), place.library.liveCount()], [number, 2]);
  Deno.removeSync(`${place.root}/z/1.flac`);
  assert.equal((await place.scan()).removed, 1);
});

for (const kind of ["local", "nfs"] as const) {
  Deno.test(`names of one file on an origin of type ${kind} are one track, whatever happens to them`, async () => {
    using place = new Place(undefined, kind);
    const paths = () => [...place.library.live().keys()].sort();
    place.write("a/b/1.flac", flacFile({ title: "One" }, { seed: 1 }));
    place.write("z/2.flac", flacFile({ title: "Two" }, { seed: 2 }));
    place.link("a/b/1.flac", "a/1.flac");
    place.link("a/b/1.flac", "c/d/1.flac");
    Deno.symlinkSync("../z/2.flac", `${place.root}/a/2.flac`);
    await place.scan();
    assert.deepEqual(paths(), ["a/1.flac", "z/2.flac"]);
    const number = place.number("a/1.flac")!;

    // Edited in place, under a name that counts for nothing: tags, and then the sound.
    for (const [title, seed] of [["Tagged", 1], ["Edited", 7]] as const) {
      place.write("c/d/1.flac", flacFile({ title }, { seed }));
      const { read } = await place.scan("directories", ["c/d"]);
      assert.deepEqual([read, paths()], [1, ["a/1.flac", "z/2.flac"]]);
      assert.equal(place.library.live().get("a/1.flac")!.tags!.title, title);
      assert.equal(place.number("a/1.flac"), number);
    }

    // The name that counts is left out: another is the track, and keeps its number; and back.
    const exclusions = new Exclusions(["/a/1.flac"]);
    await place.scan("changes", [], exclusions);
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);
    await place.scan("changes", [], exclusions);
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);
    await place.scan();
    assert.deepEqual([paths(), place.number("a/b/1.flac")], [["a/b/1.flac", "z/2.flac"], number]);

    // A tagger writes another file and puts it in the place of one name: the others are what it was.
    place.write("new", flacFile({ title: "New" }, { seed: 7 }));
    place.rename("new", "a/b/1.flac");
    await place.scan("directories", ["a/b"]);
    assert.deepEqual(paths(), ["a/1.flac", "a/b/1.flac", "z/2.flac"]);
    const titles = paths().map((path) => place.library.live().get(path)!.tags!.title);
    assert.deepEqual(titles, ["Edited", "New", "Two"]);
    assert.equal(place.number("a/b/1.flac"), number);

    // The name that counts goes, with its directory: the other one is the track.
    const edited = place.number("a/1.flac");
    Deno.removeSync(`${place.root}/a`, { recursive: true });
    const { removed } = await place.scan();
    assert.deepEqual([removed, paths()], [1, ["c/d/1.flac", "z/2.flac"]]);
    assert.equal(place.number("c/d/1.flac"), edited);
  });
}

Deno.test("what a link leads to within the origin is there once", async () => {
  using place = new Place();
  place.write("store/1.flac", flacFile({ title: "1" }, { seed: 1 }));
  place.write("store/blob", flacFile({ title: "2" }, { seed: 2 }));
  place.write(".kept/3.flac", flacFile({ title: "3" }, { seed: 3 }));
  Deno.mkdirSync(`${place.root}/a`);
  Deno.symlinkSync("../store/1.flac", `${place.root}/a/1.flac`);
  Deno.symlinkSync("../store", `${place.root}/a/all`);
  Deno.symlinkSync("../store/blob", `${place.root}/a/2.flac`);
  Deno.symlinkSync("../.kept/3.flac", `${place.root}/a/3.flac`);
  const scan = (exclusions: Exclusions) => place.scan("changes", [], exclusions);
  await scan(new Exclusions(["/.kept"]));
  const paths = () => [...place.library.live().keys()].sort();
  assert.deepEqual(paths(), ["a/2.flac", "a/3.flac", "store/1.flac"], "where it is listed");
  await place.scan("directories", ["a/all"], new Exclusions(["/.kept"]));
  assert.deepEqual(paths(), ["a/2.flac", "a/3.flac", "store/1.flac"]);
});

Deno.test("names of one file that used to be two tracks leave without counting for the hold", async () => {
  using place = new Place();
  for (let i = 0; i < 12; i++) {
    place.write(`a/${i}.flac`, flacFile({ title: `${i}` }, { seed: i }));
    place.write(`b/${i}.flac`, flacFile({ title: `${i}` }, { seed: i }));
  }
  await place.scan();
  const number = place.number("a/0.flac");
  for (let i = 0; i < 12; i++) {
    Deno.removeSync(`${place.root}/b/${i}.flac`);
    Deno.linkSync(`${place.root}/a/${i}.flac`, `${place.root}/b/${i}.flac`);
  }
  const outcome = await place.scan();
  assert.deepEqual([outcome.outcome, outcome.removed], ["completed", 12]);
  assert.equal(place.number("a/0.flac"), number);
});
