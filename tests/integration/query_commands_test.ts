/** What a person asks about the library by a query: `list`, `help query`, `events list --track`, `track show`. */
import assert from "node:assert/strict";
import { ParserPool } from "../../src/metadata/mod.ts";
import { FIELDS } from "../../src/query/mod.ts";
import type { DetailValue, ObservedFile } from "../../events/mod.ts";
import { pinned, played } from "../support/content_events.ts";
import { Home } from "../support/home.ts";
import { configured, flac, observed, template } from "../support/music_events.ts";
import { needs } from "../support/needs.ts";

const CORPUS = Deno.env.get("MUSICFS_CORPUS") ??
  new URL("../../../shared/corpus/audio", import.meta.url).pathname;

async function withTracks(home: Home, ...files: ObservedFile[]): Promise<void> {
  await home.append(
    template("$artist/$album/$title.$format", { fold_case: true }),
    configured("local", home.music),
    observed(1, ...files),
  );
  const { code, stderr } = await home.musicfs("events", "replay");
  assert.equal(code, 0, stderr);
}

const FILES = [
  flac(1024, "a.flac", {
    ...{ title: "So What", artist: "Miles Davis", album: "Kind of Blue", genre: ["Jazz", "Modal"] },
    year: 1959,
  }),
  flac(1025, "b.flac", {
    ...{
      title: "Freddie",
      artist: "miles davis",
      album: "Kind of Blue",
      genre: ["jazz"],
      year: 1959,
    },
  }, { details: { other: { "TXXX:Shelf No": "10" } } }),
  flac(1026, "c.flac", {
    ...{
      title: "Help!",
      artist: "The Beatles",
      album: "Help!",
      genre: ["Pop\u001b[31m"],
      year: 1965,
    },
  }),
  flac(1027, "d.flac", { title: "Untitled", artist: "808 State" }),
];

Deno.test("help query is one screen with every field that has a line of help", async () => {
  await using home = new Home();
  const { code, stdout } = await home.musicfs("help", "query");
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert(lines.length <= 45, `${lines.length} lines`);
  for (const line of lines) assert(line.length <= 80, line);
  for (const { name, help } of FIELDS) {
    if (help !== "") assert(stdout.includes(`  ${name.padEnd(12)}${help}`), name);
  }
  assert.equal((await home.musicfs("query", "--help")).stdout, stdout);
  assert.equal((await home.json("help", "query")).value.help, stdout);
});

Deno.test("list names the values of a field, in the order of people, with no daemon running", async () => {
  await using home = new Home();
  await withTracks(home, ...FILES);
  for (const facet of ["artists", "artist", "Artists"]) {
    const { code, stdout, stderr } = await home.musicfs("list", facet);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "808 State\nThe Beatles\nMiles Davis\n");
    assert.equal(stderr, "");
  }
  assert.equal((await home.musicfs("list", "genres")).stdout, "Jazz\nModal\nPop\\x1b[31m\n");
  assert.equal((await home.musicfs("list", "shelf_no")).stdout, "10\n");
  const { value } = await home.json("list", "genres", "--sort", "count", "--limit", "1");
  assert.deepEqual(value, {
    ...{ facet: "genre", total: 3, without: 1 },
    values: [{ value: "Jazz", tracks: 2, albums: 1 }],
  });
  assert.deepEqual((await home.json("list", "albums")).value.values, [
    { value: "Help!", by: "The Beatles", tracks: 1, albums: 1 },
    { value: "Kind of Blue", by: "Miles Davis", tracks: 2, albums: 1 },
  ]);
  assert.deepEqual(
    (await home.json("list", "decades")).value.values.map(({ value }: { value: string }) => value),
    [
      ...["1950s", "1960s"],
    ],
  );
});

Deno.test("list counts the tracks of a query or below a path alone", async () => {
  await using home = new Home();
  await withTracks(home, ...FILES);
  const list = async (...args: string[]) => (await home.musicfs("list", ...args)).stdout;
  assert.equal(await list("artists", "kind", "blue"), "Miles Davis\n");
  assert.equal(await list("albums", "/The Beatles"), "Help!\n");
  assert.equal(await list("albums", "nobody"), "");
  assert.equal(await list("genres", "artist:miles", "year:1950..1959"), "Jazz\nModal\n");
  assert.equal(await list("titles", "shelf_no:>=10"), "Freddie\n");
});

Deno.test("a query that can't be read is shown with a caret, and as JSON with the place", async () => {
  await using home = new Home();
  await withTracks(home, ...FILES);
  const query = "東京 year:sixties";
  for (const args of [["list", "genres", query], ["events", "list", "--track", query]]) {
    const { code, stdout, stderr } = await home.musicfs(...args);
    assert.equal(code, 2, args[0]);
    assert.equal(stdout, "");
    assert.equal(
      stderr,
      "musicfs: Cannot read the query: expected a number at character 9, found 's'\n" +
        `  ${query}\n            ^\nhint: musicfs help query explains how to write one\n`,
    );
    const { value } = await home.json(...args);
    assert.deepEqual(value.error, {
      message: "Cannot read the query: expected a number at character 9, found 's'",
      hint: "musicfs help query explains how to write one",
      ...{ exit_code: 2, at: 8, expected: "a number" },
    });
  }
});

Deno.test("list refuses what is no field of any track, and what every track has its own of", async () => {
  await using home = new Home();
  await withTracks(home, ...FILES);
  for (
    const [facet, exit, message] of [
      ["generes", 4, /hint: did you mean genres\?/],
      ["whatever", 4, /hint: what can be listed: artists, /],
      ["durations", 2, /Cannot list duration: hardly two .*\nhint: what can be listed: artists, /],
    ] as const
  ) {
    const { code, stdout, stderr } = await home.musicfs("list", facet);
    assert.equal(code, exit, facet);
    assert.equal(stdout, "");
    assert.match(stderr, message);
  }
  assert.equal((await home.musicfs("list", "moods")).code, 0);
});

Deno.test("events list --track shows what happened to the tracks that it finds", async () => {
  await using home = new Home();
  await withTracks(home, ...FILES);
  await home.append(played(1024), played(1026), pinned("help", 1026));
  await home.musicfs("events", "replay");
  const types = async (...args: string[]) => {
    const { code, value } = await home.json("events", "list", ...args);
    assert.equal(code, 0);
    return value.events.map(({ type }: { type: string }) => type);
  };
  assert.deepEqual(await types("--track", "so what"), ["FilesObserved", "TrackPlayed"]);
  assert.deepEqual(await types("--track", "/The Beatles/Help!/Help!.flac"), [
    ...["FilesObserved", "TrackPlayed", "TracksPinned"],
  ]);
  assert.deepEqual(await types("--track", "miles", "--type", "TrackPlayed"), ["TrackPlayed"]);
  assert.deepEqual(await types("--track", "help", "--limit", "1"), ["TracksPinned"]);
  assert.deepEqual(await types("--track", "genre:modal plays:1"), ["FilesObserved", "TrackPlayed"]);
  assert.equal((await home.musicfs("events", "list", "--track", "nobody")).code, 4);
});

Deno.test({
  name: "track show names every tag that was observed, in text and as JSON",
  ignore: !needs(CORPUS),
  async fn() {
    const pool = new ParserPool({ size: 1 });
    const files: ObservedFile[] = [];
    try {
      const names = [
        "MusicBrainz-Picard-tags.flac",
        "MusicBrainz - Beth Hart - Sinner's Prayer.m4a",
        "Discogs - Beth Hart - Sinner's Prayer [id3v2.3].mp3",
        "flac-multiple-album-artists-tags.flac",
      ];
      const listed = names.map((path) => ({ path, size: 1, mtime_s: 1, mtime_ns: 0 }));
      for (const [i, reading] of (await pool.read(CORPUS, listed)).entries()) {
        assert(!reading.vanished && reading.format !== undefined, names[i]);
        const { format, tags, details, properties, size } = reading;
        files.push({
          ...flac(1024 + i, names[i]!, tags, { format, size }),
          ...details && { details },
          ...properties && { properties },
        });
      }
    } finally {
      await pool.close();
    }
    await using home = new Home();
    await withTracks(home, ...files);
    for (const { path, tags = {}, details = {} } of files) {
      const real = `${home.music}/${path}`;
      const { value } = await home.json("track", "show", real);
      assert.deepEqual(value.tags, tags);
      assert.deepEqual(value.details, details);
      const { stdout } = await home.musicfs("track", "show", real);
      const { track, disk, ...others } = tags;
      const all: Record<string, DetailValue | null | undefined> = {
        ...others,
        ...{ track: track?.no, totaltracks: track?.of, disc: disk?.no, totaldiscs: disk?.of },
        ...details.tags,
        ...details.other,
      };
      const shown = stdout.split("\n").map((line) => line.replace(/ +/g, " "));
      let kept = 0;
      for (const [name, value] of Object.entries(all)) {
        if (value === undefined || value === null) continue;
        const text = (typeof value === "object" ? value.join("; ") : String(value)).slice(0, 100)
          .replace(/ +/g, " ").split("\n")[0];
        assert(
          shown.some((line) => line.startsWith(`${name} ${text}`)),
          `${path}: ${name} ${text}`,
        );
        kept++;
      }
      assert(kept > 4, path);
    }
  },
});
