/** `/.search/QUERY/`: what a query finds, as files, over a real mount with its engine. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { connectControl } from "../../src/control/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { sha256, write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout", "python3", "find");

interface Song {
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
  readonly track?: number;
}

/** The library: some songs of one artist, and one of another. */
const SONGS: readonly Song[] = [
  ...["Battery", "Orion", "Damage, Inc."].map((title, i) => ({
    ...{ title, artist: "Metallica", album: "Master of Puppets", track: i + 1 },
  })),
  { title: "Orion's Belt", artist: "Ada & the Engines", album: "Stars", track: 7 },
];

class Library extends Installation {
  readonly searches = `${this.mountpoint}/.search`;
  #songs = 0;

  constructor(config = "", songs: readonly Song[] = SONGS) {
    super();
    this.configure(`${config}[[origins]]\nid = "mine"\npath = "${this.origin}"\n`);
    for (const song of songs) this.put(song);
  }

  /** Returns its path in the tree. */
  put({ title, artist = "Ada", album = "Engines", track = 1 }: Song): string {
    const tags = { title, artist, album, track, year: 1986 };
    const seed = ++this.#songs;
    write(`${this.origin}/${seed}.flac`, flacFile(tags, { seconds: 1, seed }));
    const number = String(track).padStart(2, "0");
    return `${artist}/${album} (1986) [FLAC]/${number} - ${title}.flac`;
  }

  /** What `ls` shows of a directory, in the order in which it is listed. Fails unless it can be listed. */
  async names(query: string): Promise<string[]> {
    const { code, stdout, stderr } = await run(["ls", "-U", `${this.searches}/${query}`]);
    assert.equal(code, 0, `${query}: ${stderr}`);
    return stdout.split("\n").filter((line) => line !== "");
  }

  async enginePid(): Promise<number> {
    return await until("an engine runs", 30_000, async () => {
      return (await this.status()).engine.pid ?? undefined;
    });
  }
}

Deno.test({
  name: "SEMANTICS 32: a search is a directory of the files themselves, best first",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    await it.mountAndScan();
    assert.deepEqual(await it.names("orion"), [
      "Metallica - Master of Puppets - 02 - Orion.flac",
      "Ada & the Engines - Stars - 07 - Orion's Belt.flac",
    ]);
    const found = `${it.searches}/orion/Metallica - Master of Puppets - 02 - Orion.flac`;
    const inTree = `${it.mountpoint}/Metallica/Master of Puppets (1986) [FLAC]/02 - Orion.flac`;
    const [here, there] = [found, inTree].map((path) => Deno.lstatSync(path));
    assert.deepEqual(
      [here!.ino, here!.size, here!.mtime, here!.nlink],
      [there!.ino, there!.size, there!.mtime, 1],
    );
    assert.equal(sha256(found), sha256(`${it.origin}/2.flac`));
    assert.deepEqual(await it.names("artist:metallica -orion sort:title"), [
      "Metallica - Master of Puppets - 01 - Battery.flac",
      "Metallica - Master of Puppets - 03 - Damage, Inc..flac",
    ]);
    assert.deepEqual(await it.names("nobody has this"), []);

    const listed = await run(["find", it.searches, "-printf", "%y %P\\n"]);
    assert.equal(listed.code, 0, listed.stderr);
    const lines = listed.stdout.trim().split("\n").sort();
    assert.deepEqual(lines.filter((line) => line.startsWith("d")), [
      ...["d ", "d artist:metallica -orion sort:title", "d nobody has this", "d orion"],
    ]);
    assert.equal(lines.filter((line) => line.startsWith("f")).length, 4);
    const numbers = [...Deno.readDirSync(it.searches)].map(({ name }) =>
      Deno.statSync(`${it.searches}/${name}`).ino
    );
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)].map(({ name }) => name).sort(), [
      ...["Ada & the Engines", "Metallica"],
    ]);
    await it.unmount();
    await it.mount();
    const again = ["artist:metallica -orion sort:title", "nobody has this", "orion"]
      .map((query) => Deno.statSync(`${it.searches}/${query}`).ino);
    assert.deepEqual(again.toSorted(), numbers.toSorted(), "a number is for ever");
    assert.deepEqual([...Deno.readDirSync(it.searches)], [], "to enter one is not to list it");
  },
});

Deno.test({
  name:
    "SEMANTICS 32: names as the tree has them, also for Windows, and listed in the root on demand",
  ignore: !ready,
  async fn() {
    const same = { artist: "Who?", album: "A/B", track: 3 };
    const songs = [{ title: "One: Two", ...same }, { title: "ONE: Two", ...same }];
    await using it = new Library('[tree]\nnames = "windows"\nshow_hidden = true\n', [
      ...songs,
      { title: "é".repeat(300) },
    ]);
    await it.mountAndScan();
    assert.deepEqual((await it.names("album:a two")).toSorted(), [
      ...["Who_ - A_B - 03 - ONE_ Two (2).flac", "Who_ - A_B - 03 - One_ Two.flac"].toSorted(),
    ]);
    const [long] = await it.names("ada");
    assert.ok(new TextEncoder().encode(long).length <= 255);
    assert.match(long!, /^Ada - Engines - 01 - é+\.flac$/);
    assert.ok(Deno.lstatSync(`${it.searches}/ada/${long}`).isFile);
    const root = [...Deno.readDirSync(it.mountpoint)].map(({ name }) => name);
    assert.ok(root.includes(".search") && root.includes(".origins"));
  },
});

Deno.test({
  name: "SEMANTICS 33: a new file is found within its time, and a removed one no longer",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    await it.mountAndScan();
    assert.equal((await it.names("orion")).length, 2);
    const missing = `${it.searches}/orion/Ada - Engines - 01 - Orion Again.flac`;
    assert.throws(() => Deno.lstatSync(missing), Deno.errors.NotFound);
    it.put({ title: "Orion Again" });
    // The scan takes as long as it takes: from its end on, 2 s are promised.
    await it.rescan();
    const scannedAt = performance.now();
    await until("it is listed", 30_000, async () => (await it.names("orion")).length === 3);
    await until("its name is there", 30_000, () => {
      try {
        return Deno.lstatSync(missing).isFile;
      } catch {
        return false;
      }
    });
    console.log(`found ${Math.round(performance.now() - scannedAt)} ms after the scan`);
    Deno.removeSync(`${it.origin}/2.flac`);
    await it.rescan();
    await until("it is gone", 30_000, async () => (await it.names("orion")).length === 2);
    assert.ok(!(await it.names("orion")).some((name) => name.startsWith("Metallica")));
  },
});

Deno.test({
  name: "SEMANTICS 33: a listing of many results that is read slowly stays as it began",
  ignore: !ready,
  async fn() {
    const songs = Array.from({ length: 1_100 }, (_, i) => ({ title: `Song ${i}`, track: i + 1 }));
    await using it = new Library("", songs);
    await it.mountAndScan();
    const reading = new Deno.Command("timeout", {
      args: [
        "60",
        "python3",
        "-uc",
        `
import os, sys
entries = os.scandir(sys.argv[1])
seen = [next(entries).name]
os.write(1, b"begun\\n")
sys.stdin.readline()
seen += [entry.name for entry in entries]
os.write(1, b"%d %d\\n" % (len(seen), len(set(seen))))
`,
        `${it.searches}/album:engines sort:title`,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    // The client writes each line at once, and the second only after it was told to go on.
    const lines = reading.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await lines.read()).value, "begun\n");
    it.put({ title: "Another", track: 5_000 });
    await it.rescan();
    await until(
      "others see the new one first",
      30_000,
      async () => (await it.names("album:engines sort:title"))[0]!.includes("Another"),
    );
    const input = reading.stdin.getWriter();
    await input.write(new TextEncoder().encode("\n"));
    await input.close();
    assert.equal((await lines.read()).value, "1000 1000\n");
    await lines.cancel();
    assert.equal((await reading.status).code, 0);
  },
});

Deno.test({
  name:
    "SEMANTICS 32: hostile names are queries like any other, directories with an explanation, or not there",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    await it.mountAndScan();
    const lists = async (name: string) => {
      const { code, stdout, stderr } = await run([
        ...[
          "python3",
          "-c",
          "import os, sys; print('\\n'.join(os.listdir(os.fsencode(sys.argv[1]).decode('utf-8', 'surrogateescape'))))",
        ],
        `${it.searches}/${name}`,
      ]);
      assert.equal(code, 0, `${JSON.stringify(name)}: ${stderr}`);
      return stdout.split("\n").filter((line) => line !== "");
    };
    for (const name of ["(orion", 'title:"orion', "orion AND", "year:..", "a\\"]) {
      assert.deepEqual(await lists(name), ["ERROR.txt"], name);
      const text = Deno.readTextFileSync(`${it.searches}/${name}/ERROR.txt`);
      const lines = text.split("\n");
      assert.match(lines[0]!, /^Cannot read the query: expected/);
      const shown = lines.indexOf(`  ${name}`);
      assert.ok(shown > 0, text);
      assert.match(lines[shown + 1]!, /^ +\^$/);
      assert.equal(Deno.statSync(`${it.searches}/${name}/ERROR.txt`).size, text.length);
    }
    const two = await it.names("orion");
    assert.deepEqual(await lists("orion\n"), two);
    assert.deepEqual(await lists("ORION"), two);
    for (
      const name of [
        ...[
          "o*",
          "NEAR(orion battery)",
          "orion^2",
          "'; DROP TABLE tracks; --",
          "\ud83d\ude00",
          "%",
        ],
        ...["+", "{title}", "title : orion", "*", "a".repeat(255)],
        ...["(".repeat(255), "-".repeat(255), "é".repeat(127), '""""', "\t", "AND OR NOT"],
      ]
    ) {
      for (const found of await lists(name)) assert.match(found, /\.flac$|^ERROR\.txt$/, name);
    }
    const missing = (name: string) => {
      assert.throws(() => Deno.lstatSync(`${it.searches}/${name}`), (error) => {
        const { code } = error as { code?: string };
        assert.ok(code === "ENOENT" || code === "ENAMETOOLONG", `${name}: ${error}`);
        return true;
      });
    };
    for (const name of [".Trash", ".hidden", "._orion", "a".repeat(256), "orion/.hidden"]) {
      missing(name);
    }
    const bytes = await run([
      "python3",
      "-c",
      `
import os, sys
try: os.listdir(os.fsencode(sys.argv[1]) + b"/\\xff\\xfe")
except FileNotFoundError: print("none")
`,
      it.searches,
    ]);
    assert.equal(bytes.stdout, "none\n", bytes.stderr);
    for (const change of ["mkdir", "touch", "rmdir"]) {
      const { code, stderr } = await run([change, `${it.searches}/orion`]);
      assert.notEqual(code, 0, stderr);
    }
    assert.doesNotMatch(it.log, /^ +at /m, "no fault of the program");
  },
});

Deno.test({
  name: "SEMANTICS 33: of tens of thousands of queries the mount keeps few",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    // A mount that keeps 70,000 directories, or what the kernel was told of them, runs out of this memory and ends.
    it.flags = ["--v8-flags=--max-old-space-size=24"];
    await it.mountAndScan();
    const guess = async (from: number, to: number, isListed: boolean) => {
      const { code, stderr } = await run([
        "python3",
        "-c",
        `
import os, sys
root, first, end, listed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "true"
for i in range(first, end):
    path = "%s/guess %d" % (root, i)
    os.listdir(path) if listed else os.stat(path)
`,
        ...[it.searches, `${from}`, `${to}`, `${isListed}`],
      ], { seconds: 120 });
      assert.equal(code, 0, stderr);
    };
    await guess(0, 500, true);
    await guess(500, 70_500, false);
    const names = [...Deno.readDirSync(it.searches)].map(({ name }) => name);
    assert.ok(names.length <= 32 && names.includes("guess 499"), names.join());
    assert.equal((await it.names("orion")).length, 2, it.log);
  },
});

Deno.test({
  name:
    "SEMANTICS 33: without the engine what is open goes on, and a search waits for the next engine",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    await it.mountAndScan();
    const [name] = await it.names("orion");
    using file = Deno.openSync(`${it.searches}/orion/${name}`);
    const bytes = new Uint8Array(100);
    file.readSync(bytes);
    Deno.kill(await it.enginePid(), "SIGKILL");
    assert.ok(file.readSync(bytes)! > 0);
    assert.equal((await it.names("battery")).length, 1, "another engine was started");

    const stopped = await it.enginePid();
    Deno.kill(stopped, "SIGSTOP");
    try {
      const begin = performance.now();
      const [waits, others] = [
        run(["ls", `${it.searches}/damage`]),
        run(["ls", it.mountpoint, it.searches]),
      ];
      assert.equal((await others).code, 0, "nobody else waits");
      assert.ok(performance.now() - begin < 9_000);
      assert.equal(
        Deno.readFileSync(`${it.searches}/orion/${name}`).length,
        Deno.statSync(`${it.origin}/2.flac`).size,
      );
      const { code, stderr } = await waits;
      assert.notEqual(code, 0);
      assert.match(stderr, /Input\/output error/);
    } finally {
      Deno.kill(stopped, "SIGCONT");
    }
    await until("it answers again", 30_000, async () => (await it.names("damage")).length === 1);
  },
});

Deno.test({
  name: "[features] search_enabled = false: no directory, and the method says so",
  ignore: !ready,
  async fn() {
    await using it = new Library("[features]\nsearch_enabled = false\n");
    await it.mountAndScan();
    assert.throws(() => Deno.lstatSync(it.searches), Deno.errors.NotFound);
    const client = await connectControl(it.socket);
    try {
      await assert.rejects(client.request("search", { query: "orion" }), /it is turned off/);
    } finally {
      client.close();
    }
    const { code, stderr } = await it.musicfs(["search", "orion"]);
    assert.equal(code, 1);
    assert.match(stderr, /features\.search_enabled/);
  },
});
