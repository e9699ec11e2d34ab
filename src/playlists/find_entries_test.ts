import assert from "node:assert/strict";
import { foldCase, stringFromBytes, toTrackId } from "../base/mod.ts";
import { findEntries, type KnownFiles, type ListedPlaylist, readPlaylist } from "./mod.ts";

type Files = Readonly<Record<string, number>>;

/** Knows files by `origin:path`. The root of each origin is `/srv/ORIGIN`. */
function library(files: Files): KnownFiles {
  const all = Object.entries(files).map(([key, track]) => {
    const [origin, path] = [key.slice(0, 1), key.slice(2)];
    return { origin, path, track: toTrackId(track) };
  });
  return {
    at: (origin, path) => all.find((it) => it.origin === origin && it.path === path)?.track,
    roots: () =>
      [...new Set(all.map(({ origin }) => origin))].map((origin) => ({
        origin,
        root: `/srv/${origin}`,
      })),
    async *named(names) {
      for (const it of all) if (names.has(foldCase(it.path.split("/").at(-1)!))) yield it;
      await Promise.resolve();
    },
  };
}

/** The tracks of the entries of a playlist in `a:Lists`; 0 for an entry that means none. */
async function found(
  files: Files,
  lines: readonly string[],
  directory = "Lists",
): Promise<number[]> {
  const { entries } = readPlaylist(
    "x.m3u",
    new TextEncoder().encode(lines.join("\n")),
  ) as ListedPlaylist;
  const found = await findEntries(entries, { origin: "a", directory }, library(files));
  return found.map((track) => track ?? 0);
}

Deno.test("findEntries: relative to the playlist, with all that programs write for it", async () => {
  const files = {
    "a:Lists/x.mp3": 1,
    "a:B/öl y.mp3": 2,
    "a:Lists/C:d.mp3": 3,
    "a:Lists/p%20q.mp3": 4,
  };
  assert.deepEqual(
    await found(files, [
      "x.mp3",
      "./x.mp3",
      "../B/öl y.mp3",
      "..\\B\\öl y.mp3",
      "../B/%C3%B6l%20y.mp3",
    ]),
    [1, 1, 2, 2, 2],
  );
  assert.deepEqual(await found(files, ["C:d.mp3", "p%20q.mp3", "./no/../x.mp3"]), [3, 4, 1]);
  assert.deepEqual(await found(files, ["../../../../B/öl y.mp3"]), [2]);
  assert.deepEqual(await found({ "a:x.mp3": 7 }, ["x.mp3"], ""), [7]);
});

Deno.test("findEntries: absolute, below the root of any origin, or as if the origin were all", async () => {
  const files = { "a:A/x.mp3": 1, "b:A/x.mp3": 2, "a:A/y z.mp3": 3 };
  assert.deepEqual(
    await found(files, ["/srv/a/A/x.mp3", "/srv/b/A/x.mp3", "/A/x.mp3", "file:///srv/b/A/x.mp3"]),
    [1, 2, 1, 2],
  );
  assert.deepEqual(
    await found(files, ["file://host/srv/a/A/y%20z.mp3", "FILE:/srv/a/A/y%20z.mp3"]),
    [3, 3],
  );
});

Deno.test("findEntries: from another machine, by the most segments at the end that one file alone has", async () => {
  const files = {
    "a:Abba/Gold/01 SOS.mp3": 1,
    "a:Abba/Abba/01 SOS.mp3": 2,
    "a:Abba/Live/07 SOS.mp3": 3,
  };
  assert.deepEqual(
    await found(files, [
      "C:\\Users\\me\\Music\\Abba\\Gold\\01 SOS.mp3",
      "\\\\nas\\music\\Abba\\Abba\\01 SOS.mp3",
      "file:///C:/Music/Abba/Gold/01%20SOS.mp3",
      "/home/me/07 SOS.mp3",
      // Two files have that name, and nothing else in common with it.
      "/home/me/01 SOS.mp3",
      "Elsewhere/Gold/01 SOS.mp3",
    ]),
    [1, 2, 1, 3, 0, 1],
  );
});

Deno.test("findEntries: case and composition do not matter where one file alone is left", async () => {
  const files = { "a:Lists/Été/Straße.mp3": 1, "a:Lists/two.mp3": 2, "a:Lists/TWO.mp3": 3 };
  assert.deepEqual(await found(files, ["e\u0301te\u0301/STRASSE.MP3", "two.mp3", "Two.mp3"]), [
    1,
    2,
    0,
  ]);
});

Deno.test("findEntries: a name that many files have is not enough", async () => {
  const files = { "a:Xanadu/CD1/01.mp3": 1, "a:Y/Track 02.mp3": 2, "a:Y/Side A/A1.mp3": 3 };
  assert.deepEqual(
    await found(files, ["Z/01.mp3", "Z/CD1/01.mp3", "Xanadu/CD1/01.mp3", "Track 02.mp3"]),
    [0, 0, 1, 0],
  );
});

Deno.test("findEntries: a copy on another origin is no other choice; streams and nonsense mean nothing", async () => {
  const files = { "b:A/Song.mp3": 5, "c:A/Song.mp3": 5 };
  const lines = ["A/Song.mp3", "http://radio/A/Song.mp3", "..", "/", "a\0b", "spotify:track:1"];
  assert.deepEqual(await found(files, lines), [5, 0, 0, 0, 0, 0]);
});

Deno.test("findEntries: bytes that are no UTF-8 mean the file that has them", async () => {
  const bytes = Uint8Array.from("J\xf3ga.mp3", (it) => it.charCodeAt(0));
  const files = { [`a:${stringFromBytes(bytes)}`]: 1 };
  const { entries } = readPlaylist("x.m3u", bytes) as ListedPlaylist;
  const place = { origin: "a", directory: "" };
  assert.deepEqual(await findEntries(entries, place, library(files)), [1]);
  assert.deepEqual(await findEntries(entries, place, library({ "a:Jóga.mp3": 2 })), [2]);
});
