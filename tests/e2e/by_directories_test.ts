/** `/.by/FACET/VALUE/.../tracks/`: tracks by their facets, over a real mount with its engine. */
import assert from "node:assert/strict";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { BY_DIRECTORIES_MAX, FACETS } from "../../src/base/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "python3", "find");

interface Song {
  readonly path?: string;
  readonly title: string;
  readonly artist?: string;
  readonly genre?: string;
  readonly year?: number;
}

const SONGS: readonly Song[] = [
  { title: "Blue", artist: "Björk", genre: "Jazz\0Rock", year: 1963, path: "Kids/a.mp3" },
  { title: "Blue", artist: "bjork", genre: "jazz", year: 1967, path: "Kids/b.flac" },
  { title: "Red", artist: "BJÖRK", genre: "Jazz", year: 1971, path: "c.flac" },
  { title: "Red", artist: "Björk", genre: "Jazz", year: 1971, path: "d.flac" },
  { title: "Thunder", artist: "AC/DC", genre: "Rock", year: 1979 },
  { title: "Thin", artist: "AC_DC", genre: "Rock", year: 1979 },
  { title: "Long", artist: "é".repeat(200), year: 1980 },
  { title: "Dot", artist: "..", year: 1980 },
];

class Library extends Installation {
  readonly by = `${this.mountpoint}/.by`;
  #songs = 0;

  constructor(config = "", songs: readonly Song[] = SONGS) {
    super();
    this.configure(`${config}[[origins]]\nid = "mine"\npath = "${this.origin}"\n`);
    for (const song of songs) this.put(song);
  }

  put({ path, ...tags }: Song): void {
    const seed = ++this.#songs;
    const all = { artist: "Ada", album: "Album", track: 3, ...tags };
    const made = path?.endsWith(".mp3") ? mp3File : flacFile;
    write(`${this.origin}/${path ?? `${seed}.flac`}`, made(all, { seconds: 1, seed }));
  }

  names(path: string): string[] {
    return [...Deno.readDirSync(`${this.by}/${path}`)].map(({ name }) => name).sort();
  }
}

Deno.test({
  name: "SEMANTICS 38: facets in any order, values once, and the files themselves",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    await it.mountAndScan();
    assert.deepEqual(it.names(""), [...FACETS].sort());
    assert.deepEqual(it.names("genre"), ["Jazz", "Rock", "Unknown Genre"]);
    const left = [...FACETS.filter((facet) => facet !== "genre"), "tracks"].sort();
    assert.deepEqual(it.names("genre/Jazz"), left);
    assert.deepEqual(it.names("genre/Jazz/decade"), ["1960s", "1970s"]);
    assert.deepEqual(it.names("decade/1960s/genre"), ["Jazz", "Rock"]);
    assert.deepEqual(it.names("decade/1960s/genre/Jazz/folder"), ["Kids"]);
    assert.deepEqual(it.names("folder"), ["Kids", "No Folder"]);
    assert.deepEqual(it.names("origin"), ["mine"]);
    assert.match(it.names("added").join(), /^\d{4}-\d{2}$/);

    const tracks = ["BJÖRK - Album - 03 - Red.flac", "Björk - Album - 03 - Red.flac"];
    assert.deepEqual(it.names("genre/Jazz/year/1971/tracks"), tracks);
    assert.deepEqual(it.names("artist"), [
      ...["AC_DC", "AC_DC (2)", "Björk", "_.", "é".repeat(123)].sort(),
    ]);
    for (
      const [artist, title] of [
        ["AC_DC", "Thin"],
        ["AC_DC (2)", "Thunder"],
        ["_.", "Dot"],
      ]
    ) assert.match(it.names(`artist/${artist}/tracks`).join(), new RegExp(` - ${title}\\.flac$`));
    assert.match(it.names(`artist/${"é".repeat(123)}/tracks`).join(), /^é+\.flac$/);

    const here = `${it.by}/year/1979/artist/AC_DC (2)/tracks/AC_DC - Album - 03 - Thunder.flac`;
    const found = Deno.lstatSync(here);
    const { stdout } = await run([
      ...["find", it.mountpoint, "-inum", `${found.ino}`, "-printf", "%P\\n"],
    ]);
    assert.equal(stdout.trim().split("\n").length, 1, "a scanner does not enter what is hidden");
    const inTree = `${it.mountpoint}/${stdout.trim()}`;
    assert.deepEqual(
      [found.size, found.mtime, found.nlink],
      [Deno.lstatSync(inTree).size, Deno.lstatSync(inTree).mtime, 1],
    );
    assert.equal(sha256(here), sha256(`${it.origin}/5.flac`));

    for (
      const name of [
        ...[".hidden", "genre/Nothing", "genre/jazz", "genre/Jazz/genre", "tracks", "nonsense"],
        ...["genre/Jazz/decade/1980s", "genre/Jazz/tracks/cover.jpg", "genre/Jazz/tracks/a.flac"],
        ...["artist/AC_DC (3)", `genre/${"a".repeat(255)}`],
      ]
    ) assert.throws(() => Deno.lstatSync(`${it.by}/${name}`), Deno.errors.NotFound, name);
    assert.notEqual((await run(["mkdir", `${it.by}/genre/New`])).code, 0);

    const numbers = () =>
      ["genre", "genre/Jazz", "genre/Jazz/decade/1960s", "genre/Jazz/decade/1960s/tracks"]
        .map((path) => Deno.statSync(`${it.by}/${path}`).ino);
    const before = numbers();
    await it.unmount();
    await it.mount();
    await until("the engine answers", 60_000, () => {
      try {
        return it.names("genre").length > 0;
      } catch {
        return false;
      }
    });
    assert.deepEqual(numbers(), before, "a number is for ever");

    // A new file, with a new value and in what was listed.
    assert.equal(it.names("genre/Jazz/tracks").length, 4);
    it.put({ title: "New", artist: "Nina", path: "new.mp3", genre: "Jazz\0Soul", year: 1985 });
    await it.rescan();
    const scannedAt = performance.now();
    await until("it is listed", 30_000, () => it.names("genre/Jazz/tracks").length === 5);
    await until("its genre is there", 30_000, () => it.names("genre").includes("Soul"));
    console.log(`listed ${Math.round(performance.now() - scannedAt)} ms after the scan`);
    assert.deepEqual(it.names("genre/Soul/tracks"), ["Nina - Album - 03 - New.mp3"]);
    assert.doesNotMatch(it.log, /^ +at /m, "no fault of the program");
  },
});

Deno.test({
  name: "SEMANTICS 39: a walk through more directories than the mount keeps ends well",
  ignore: !ready,
  async fn() {
    const songs = Array.from({ length: 600 }, (_, i) => ({ title: `Song ${i}` }));
    await using it = new Library("[tree]\nshow_hidden = true\n", songs);
    await it.mountAndScan();
    // Whoever walks through the root would never come to an end.
    const root = [...Deno.readDirSync(it.mountpoint)].map(({ name }) => name);
    assert.ok(root.includes(".search") && !root.includes(".by"), root.join());
    const { code, stdout, stderr } = await run([
      "python3",
      "-c",
      `
import itertools, os, sys
root, most = sys.argv[1], int(sys.argv[2])
tracks = os.listdir(root + "/album/Album/tracks")
print(len(tracks), len(set(tracks)))
facets = {}
for facet in os.listdir(root):
    values = os.listdir(root + "/" + facet)
    if len(values) == 1: facets[facet] = values[0]
# As find does: directories are open while those below them are entered.
above = os.scandir(root + "/album")
seen = 0
for path in (("album",) + rest for rest in itertools.permutations(set(facets) - {"album"}, 4)):
    seen += len(os.listdir(root + "".join("/%s/%s" % (facet, facets[facet]) for facet in path)))
    if seen > most: break
print(seen > most, [entry.name for entry in above])
`,
      ...[it.by, `${BY_DIRECTORIES_MAX * 1.25}`],
    ], { seconds: 200 });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "600 600\nTrue ['Album']\n");
    assert.deepEqual(it.names("genre/Unknown Genre/tracks").length, 600, it.log);
  },
});
