import assert from "node:assert/strict";
import fc from "fast-check";
import { PLAYLIST_BYTES_MAX, PLAYLIST_ENTRIES_MAX } from "../base/mod.ts";
import { type ListedPlaylist, PlaylistError, readPlaylist } from "./mod.ts";

const encoder = new TextEncoder();

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(`\ufeff${text}`, (it) => it.charCodeAt(0)).buffer);
}

/** The texts of the entries of a list. */
function entries(name: string, content: string | Uint8Array): string[] {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  const playlist = readPlaylist(name, bytes);
  assert.ok(playlist.kind === "list");
  return playlist.entries.map(({ text }) => text);
}

Deno.test("m3u: a file a line, whatever ends it; comments and empty lines are none", () => {
  const text =
    "#EXTM3U\r\n#EXTINF:201,Abba - SOS\r\nABBA/SOS.mp3\r\n\r\n  a b.flac  \n#x\nc.ogg\rd.opus";
  assert.deepEqual(entries("x.m3u", text), ["ABBA/SOS.mp3", "a b.flac", "c.ogg", "d.opus"]);
  assert.deepEqual(entries("X.M3U8", "\ufeff#EXTM3U\nÉté.mp3"), ["Été.mp3"]);
  assert.deepEqual(entries("x.m3u", ""), []);
});

Deno.test("m3u: a file that is not UTF-8 is what it names, or Windows-1252, and keeps its bytes", () => {
  assert.deepEqual(entries("x.m3u", latin1("Bj\xf6rk\\J\xf3ga.mp3")), ["Björk\\Jóga.mp3"]);
  assert.deepEqual(entries("x.m3u8", latin1("\x93quoted\x94.mp3")), ["“quoted”.mp3"]);
  assert.deepEqual(entries("x.m3u", latin1("#EXTENC: windows-1251\n\xcc\xe8\xf0.mp3")), [
    "Мир.mp3",
  ]);
  assert.deepEqual(entries("x.m3u", latin1("#EXTENC: nonsense\n\xf6.mp3")), ["ö.mp3"]);
  assert.deepEqual(entries("x.m3u", latin1("#EXTENC: UTF-8\n\xf6.mp3")), ["ö.mp3"]);
  assert.deepEqual(entries("x.m3u", utf16("Jóga.mp3\r\nb.mp3")), ["Jóga.mp3", "b.mp3"]);
  const { entries: [entry] } = readPlaylist("x.m3u", latin1("J\xf3ga.mp3")) as ListedPlaylist;
  assert.equal(entry!.raw, "J\uefF3ga.mp3");
});

Deno.test("m3u: a name that the file gives itself; the parts of a stream are no playlist", () => {
  assert.equal(
    readPlaylist("x.m3u", encoder.encode("#PLAYLIST: Road trip \na.mp3")).title,
    "Road trip",
  );
  assert.throws(
    () => entries("x.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\na.ts"),
    /stream/,
  );
});

Deno.test("pls: files in the order of their numbers, whatever stands between", () => {
  const text =
    "[Playlist]\nNumberOfEntries=3\nFile10=c.mp3\nTitle1=A\nfile2 = b=b.mp3\nFILE1=a.mp3\n" +
    "Length1=-1\nFile=x.mp3\nVersion=2";
  assert.deepEqual(entries("x.pls", text), ["a.mp3", "b=b.mp3", "c.mp3"]);
  assert.deepEqual(entries("x.PLS", latin1("[playlist]\r\nFile1=J\xf3ga.mp3")), ["Jóga.mp3"]);
  assert.throws(() => entries("x.pls", "File1=a.mp3"), /first line/);
  assert.throws(() => entries("x.pls", ""), /first line/);
});

Deno.test("readPlaylist: more bytes or entries than anybody has are refused", () => {
  const line = encoder.encode("a\n");
  const many = new Uint8Array(PLAYLIST_BYTES_MAX + 1);
  for (let at = 0; at + 1 < many.length; at += 2) many.set(line, at);
  assert.throws(() => readPlaylist("x.m3u", many), /more than 4.19 MB/);
  assert.throws(() => readPlaylist("x.m3u", many.subarray(1)), /more than 50,000 entries/);
  const most = many.subarray(0, 2 * PLAYLIST_ENTRIES_MAX);
  assert.equal(entries("x.m3u", most).length, PLAYLIST_ENTRIES_MAX);
});

/** Bytes that something went wrong with, or might. */
const REGRESSIONS: readonly (readonly [string, string])[] = [
  ["nsp", '"'.repeat(100_000)],
  ["nsp", `"${'\\"'.repeat(50_000)}`],
  ["nsp", "/*".repeat(50_000)],
  ["nsp", "[".repeat(100_000)],
  ["nsp", `${'{"all":['.repeat(20_000)}1${"]}".repeat(20_000)}`],
  ["nsp", `{"all":[${Array(1_000).fill('{"is":{"title":"a"}}').join()}]}`],
  ["nsp", `{"all":[{"is":{"title":${JSON.stringify("\\".repeat(5_000))}}}]}`],
  ["nsp", '{"__proto__":[],"all":[{"constructor":{"toString":"x"}}]}'],
  ["nsp", '{"all":[{"is":{"title":"\\u0000"}}]}'],
  ["nsp", '{"all":[{"is":{"":""}}],"sort":",,-"}'],
  ["nsp", '{"all":[{"is":{"a:b":"*"}},{"contains":{" ":"\\ud800"}}],"limit":1e300}'],
  ["nsp", '{"all":[{"inTheLast":{"lastPlayed":99999999}}]}'],
  ["pls", `[playlist]\nFile1${"=".repeat(100_000)}`],
  ["pls", `[playlist]\nFile1=${" ".repeat(100_000)}`],
  ["m3u", `#PLAYLIST:${" ".repeat(100_000)}`],
  ["m3u", "\0\uffff\u2028"],
];

Deno.test("readPlaylist: any bytes are a playlist, or a PlaylistError", () => {
  const operators = ["is", "isNot", "gt", "contains", "inTheRange", "inTheLast", "before", "x"];
  const fields = ["title", "year", "rating", "loved", "lastPlayed", "date", "compilation", "x"];
  const values = [1, "2020-01-01", [1, 2], true, "a b", null, {}];
  const test = fc.tuple(
    fc.constantFrom(...operators),
    fc.tuple(fc.constantFrom(...fields), fc.oneof(fc.constantFrom(...values), fc.jsonValue())),
  ).map(([operator, test]) => ({ [operator]: Object.fromEntries([test]) }));
  const good = fc.constantFrom<unknown>(
    ...[{ is: { title: "a" } }, { gt: { rating: 3 } }, { inTheRange: { year: [1, 2] } }],
    ...[{ contains: { path: "a b" } }, { notInTheLast: { lastPlayed: 3 } }],
  );
  const json = fc.letrec((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3 },
      { arbitrary: good, weight: 9 },
      test,
      fc.tuple(fc.constantFrom("all", "any"), fc.array(tie("rule"), { minLength: 1, maxLength: 3 }))
        .map((group) => Object.fromEntries([group])),
      fc.jsonValue(),
    ),
  })).rule;
  const smart = fc.record({
    all: fc.array(json, { minLength: 1, maxLength: 2 }),
    sort: fc.constantFrom("title", "-year,random", "x", 1),
    order: fc.constantFrom("asc", "desc", null),
    limit: fc.constantFrom(0, 10, -1, "10", 1e12),
  }, { requiredKeys: ["all"] }).map((it) => encoder.encode(JSON.stringify(it)));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: "binary" }).map((it) => encoder.encode(it)),
  );
  const file = fc.oneof(
    fc.tuple(fc.constantFrom("m3u", "m3u8", "pls", "nsp"), bytes),
    fc.tuple(fc.constant("nsp"), smart),
  );
  const seen = { list: 0, query: 0, error: 0 };
  fc.assert(
    fc.property(file, ([extension, content]) => {
      try {
        const playlist = readPlaylist(`x.${extension}`, content);
        seen[playlist.kind]++;
        if (playlist.kind === "list") {
          for (const { text } of playlist.entries) assert.notEqual(text, "");
        }
      } catch (error) {
        assert.ok(error instanceof PlaylistError, `${error}`);
        assert.ok(error.message.length < 1_000, error.message);
        seen.error++;
      }
    }),
    {
      numRuns: 1_000,
      examples: REGRESSIONS.map(([extension, text]) => [[extension, encoder.encode(text)]]),
    },
  );
  assert.ok(seen.list > 100 && seen.query > 20 && seen.error > 100, JSON.stringify(seen));
});
