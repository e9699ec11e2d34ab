import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { parseQuery } from "../../src/query/mod.ts";
import type { ObservedFile, TrackTags } from "../../events/mod.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../../tests/support/music_events.ts";
import { createTestLog, given } from "../../tests/support/projection_spec.ts";
import { LIBRARY, openLibrary, Projector, verifyLibrary } from "../mod.ts";
import { openCurrent } from "../core/database.ts";
import { LIBRARY_FILE } from "../library_file.ts";
import { type FoundTracks, IndexDamaged, type SearchOptions, TrackSearch } from "./track_search.ts";

/** Answers questions about a library, each from a new connection. */
function searchIn(directory: string) {
  return (text: string, options: Partial<SearchOptions> = {}): FoundTracks => {
    const { db } = openCurrent(directory, LIBRARY_FILE)!;
    try {
      return new TrackSearch(db, { now: () => Date.UTC(2023, 10, 15) })
        .find(parseQuery(text), { limit: 50, ...options });
    } finally {
      db.close();
    }
  };
}

function titles({ tracks }: FoundTracks): string[] {
  return tracks.map(({ title }) => title);
}

let next = 1024;
function song(
  artist: string,
  album: string,
  title: string,
  tags: TrackTags = {},
  more: Partial<ObservedFile> = {},
): ObservedFile {
  const file = next++;
  return flac(file, `in/${file}.flac`, {
    artist,
    album,
    title,
    track: { no: file % 20, of: 20 },
    ...tags,
  }, more);
}

const SONGS = [
  song("Metallica", "Metallica", "Enter Sandman", { year: 1991, genre: ["Metal"] }, {
    properties: { duration_ms: 331_000, bitrate: 320_000, sample_rate: 44_100, channels: 2 },
    details: {
      tags: { label: ["Elektra"], mood: "Dark", comment: ["Live at home"] },
      other: { "TXXX:Ripped by": "me" },
    },
  }),
  song("Metallica", "Master of Puppets", "Battery", { year: 1986, genre: ["Metal"] }),
  song("The Beatles", "Help!", "Yesterday", { year: 1965, genre: ["Pop", "Rock"] }),
  song("The Beatles", "Help!", "Help!", { year: 1965 }),
  song("AC/DC", "Back in Black", "Hells Bells", { year: 1980 }, { size: 12_000_000 }),
  song("Björk", "Homogenic", "Jóga", { year: 1997 }, {
    details: { tags: { musicbrainz_albumid: "b1392450-e666-3926-a536-22c65f834433" } },
  }),
  song("Simon & Garfunkel", "Bookends", "America", { year: 1968 }),
  song("東京事変", "大人", "修羅場", { year: 2006, genre: ["J-Pop"] }),
  song("Linkin Park", "Meteora", "Numb", { year: 2003 }),
  song("Love", "Forever Changes", "Alone Again Or", { year: 1967 }),
  song("Others", "Love", "Song of Love", { year: 1999, composer: ["Bach", "Händel"] }),
  song("Others", "More", "Love", { year: 2001, compilation: true }),
];
const EVENTS = [
  template("$artist/$album/$title.$format"),
  configured("local", "/m"),
  observed(1, ...SONGS),
];

Deno.test("search: words, beginnings, phrases, fields, comparisons and what joins them", async () => {
  await given(EVENTS, async ({ directory }) => {
    const find = searchIn(directory);
    for (
      const [query, found] of [
        ["metallica sand", ["Enter Sandman"]],
        ["sandm", ["Enter Sandman"]],
        ['"master of puppets"', ["Battery"]],
        ['"of master"', []],
        ["beatles help", ["Help!", "Yesterday"]],
        ["the beatles yesterday", ["Yesterday"]],
        ["artist:beatles -help", []],
        ["artist:beatles -title:help", ["Yesterday"]],
        ["acdc", ["Hells Bells"]],
        ["ac/dc hells", ["Hells Bells"]],
        ["ac dc", ["Hells Bells"]],
        ["bjork joga", ["Jóga"]],
        ["BJÖRK", ["Jóga"]],
        ["simon and garfunkel", ["America"]],
        ["東京", ["修羅場"]],
        ["事変", ["修羅場"]],
        ["羅", ["修羅場"]],
        ["linkinpark", ["Numb"]],
        ["year:1960..1966", ["Help!", "Yesterday"]],
        ["year:<1966 title:help", ["Help!"]],
        ["decade:1960s -artist:beatles", ["Alone Again Or", "America"]],
        ["genre:rock", ["Yesterday"]],
        ["label:elektra", ["Enter Sandman"]],
        ["missing:genre artist:beatles", ["Help!"]],
        ["-missing:genre artist:beatles", ["Yesterday"]],
        ["missing:label metallica", ["Battery"]],
        ["-missing:composer", ["Song of Love"]],
        ["-missing:rippedby -missing:played OR missing:duration artist:love", ["Alone Again Or"]],
        ["label:ele*", ["Enter Sandman"]],
        ["mood:dark", ["Enter Sandman"]],
        ["mood:light", []],
        ["ripped_by:me", ["Enter Sandman"]],
        ['comment:"at home"', ["Enter Sandman"]],
        ["live home", ["Enter Sandman"]],
        ["bitrate:>=320k", ["Enter Sandman"]],
        ["duration:5:31", ["Enter Sandman"]],
        ["duration:<3m", []],
        ["samplerate:44.1k", ["Enter Sandman"]],
        ["size:>10MB", ["Hells Bells"]],
        ["composer:handel", ["Song of Love"]],
        ["compilation:yes", ["Love"]],
        ["musicbrainz_albumid:b1392450-e666", ["Jóga"]],
        ["musicbrainz_albumid:b1392450-e666-3926-a536-22c65f834433", ["Jóga"]],
        ["musicbrainz_albumid:b1392450-e666-3926-a536-22c65f834434", []],
        ["title:=help", ["Help!"]],
        ["album:=back", []],
        ["metalica~1 battery", ["Battery"]],
        ["artist:metalica~1 title:batery~1", ["Battery"]],
        ["sandman OR yesterday", ["Enter Sandman", "Yesterday"]],
        ["(sandman OR yesterday) NOT beatles", ["Enter Sandman"]],
        ["format:flac origin:local title:numb", ["Numb"]],
        ["origin:nas", []],
        ["path:in title:numb", ["Numb"]],
        ["added:2023-11 title:numb", ["Numb"]],
        ["added:<1d title:numb", ["Numb"]],
        ["added:2023-10", []],
        ["played:never title:numb", ["Numb"]],
        ["plays:0 title:numb", ["Numb"]],
        ["plays:>0 title:numb", []],
        ["track:1 track:2", []],
      ] as const
    ) assert.deepEqual(titles(find(query)).sort(), [...found].sort(), query);
    assert.equal(find("").total, SONGS.length);
    await Promise.resolve();
  });
});

Deno.test("search: the best comes first, or the first of an order", async () => {
  await given(EVENTS, ({ directory }) => {
    const find = searchIn(directory);
    for (
      const [query, found] of [
        ["sort:year limit:2", ["Yesterday", "Help!"]],
        ["sort:-year limit:2", ["修羅場", "Numb"]],
        ["love", ["Alone Again Or", "Love", "Song of Love"]],
        ["beatles help", ["Help!", "Yesterday"]],
        ["metallica", ["Battery", "Enter Sandman"]],
        ["sort:-artist limit:1", ["修羅場"]],
        ["artist:beatles sort:title", ["Help!", "Yesterday"]],
        ["artist:beatles sort:-title", ["Yesterday", "Help!"]],
      ] as const
    ) assert.deepEqual(titles(find(query)), found, query);
    return Promise.resolve();
  });
});

Deno.test("search: mistyped words are taken for words of the library, and it is said for which", async () => {
  await given(EVENTS, ({ directory }) => {
    const find = searchIn(directory);
    for (
      const [query, first, corrected] of [
        ["metalica sandman", "Enter Sandman", "metallica sandman"],
        ["metallika sandmann", "Enter Sandman", "metallica sandman"],
        ["linkin prak", "Numb", "linkin park"],
        ["garfunkle", "America", "garfunkel"],
        ["artist:bjrk", "Jóga", "artist:bjork"],
        ["yester day", "Yesterday", "yesterday"],
      ] as const
    ) {
      const found = find(query);
      assert.equal(titles(found)[0], first, query);
      assert.equal(found.corrected, corrected);
    }
    assert.equal(find("metallica").corrected, null);
    assert.deepEqual(titles(find("-metalica title:numb")), ["Numb"]);
    assert.deepEqual(find("zzzzqqqq"), {
      tracks: [],
      total: 0,
      isMore: false,
      corrected: null,
      filling: false,
    });
    return Promise.resolve();
  });
});

Deno.test("search: limits, offsets, fields and origins", async () => {
  const copy = flac(5_000, "x.flac", { artist: "Metallica", title: "One" });
  await given([...EVENTS, configured("nas", "/n"), observedOn("nas", 2, copy)], ({ directory }) => {
    const find = searchIn(directory);
    const all = titles(find("metallica"));
    assert.equal(all.length, 3);
    assert.deepEqual(titles(find("metallica", { limit: 2 })), all.slice(0, 2));
    assert.deepEqual(titles(find("metallica", { limit: 2, offset: 2 })), all.slice(2));
    assert.equal(find("metallica", { limit: 1 }).total, 3);
    assert.deepEqual(titles(find("metallica", { origin: "nas" })), ["One"]);
    assert.deepEqual(titles(find("love", { fields: ["artist"] })), ["Alone Again Or"]);
    assert.deepEqual(titles(find("1999", { fields: ["year"] })), ["Song of Love"]);
    return Promise.resolve();
  });
});

Deno.test("search: a result says where its words stand", async () => {
  await given(EVENTS, ({ directory }) => {
    const [first] = searchIn(directory)('beatles "help"').tracks;
    assert.equal(first!.path, "The Beatles/Help!/Help!.flac");
    const { artist, title, highlights } = first!;
    assert.deepEqual(
      highlights.map((
        { field, from, to },
      ) => [field, { artist, title, album: "Help!" }[field].slice(from, to)]),
      [["title", "Help!"], ["artist", "Beatles"], ["album", "Help!"]],
    );
    return Promise.resolve();
  });
});

Deno.test("search: what changes, goes and returns is found as it is now", async () => {
  await given(EVENTS, async ({ directory, when }) => {
    const find = searchIn(directory);
    const numb = SONGS.find(({ tags }) => tags?.title === "Numb")!;
    await when(observed(2, { ...numb, size: 101, tags: { ...numb.tags, title: "Somewhere" } }));
    assert.deepEqual(titles(find("numb")), []);
    assert.deepEqual(titles(find("somewhere")), ["Somewhere"]);
    await when(gone(3, numb.file));
    assert.deepEqual(titles(find("artist:linkin")), []);
    await when(observed(4, { ...numb, size: 102 }));
    assert.deepEqual(titles(find("numb added:2023-11-14")), ["Numb"]);
  });
});

Deno.test("search: hostile queries are text, or refused by the parser", async () => {
  await given(EVENTS, ({ directory }) => {
    const find = searchIn(directory);
    for (
      const query of [
        '\\"',
        "^sandman",
        "{title}\\:x",
        "NEAR(a b)",
        "a + b",
        "* OR",
        "title\\:x",
        "'; DROP TABLE search; --",
        "../../etc/passwd",
        "%",
        "_",
        "?1",
        "x".repeat(4_000),
        "a ".repeat(200),
        "\ud800",
        "\u2028",
        "🎵",
        "\ue000",
        "\ue001 x",
        "fields:x",
        "facts:all",
        "rowid:1",
        "rank:1",
        "search:x",
        "all",
        "nothing",
        "y1991",
        'own"',
      ]
    ) {
      let parsed;
      try {
        parsed = parseQuery(query);
      } catch {
        continue;
      }
      assert.ok(parsed);
      assert.ok(find(query).total <= SONGS.length, query);
    }
    assert.equal(find("all").total, 0);
    assert.equal(find("y1991").total, 0);
    return Promise.resolve();
  });
});

Deno.test("search: a damaged index is an error, and made anew when the library is checked; meanwhile the rest serves", async () => {
  await given(EVENTS, async ({ directory, projector }) => {
    const path = `${directory}/${projector().file}`;
    const options = { readOnly: false, defensive: false };
    const db = new DatabaseSync(path, options);
    db.exec("UPDATE search_data SET block = randomblob(length(block)) WHERE id > 10");
    db.close();
    assert.throws(() => searchIn(directory)("metallica"), IndexDamaged);
    assert.equal(projector().queries.totals().tracks, SONGS.length);
    assert.equal(await projector().check(), false);
    assert.equal(searchIn(directory)("metallica").total, 2);
  });
});

Deno.test("search: a library of a program without an index is filled, and says so until it is", async () => {
  const directory = await Deno.makeTempDir();
  const log = createTestLog();
  await log.append(EVENTS);
  const followers = LIBRARY.followers.filter(({ name }) => name !== "search");
  const former = await Projector.open({ directory, log, set: { ...LIBRARY, followers } });
  await former.close();
  try {
    const { db } = openCurrent(directory, LIBRARY_FILE)!;
    const search = new TrackSearch(db);
    assert.deepEqual(search.find(parseQuery("metallica"), { limit: 5 }), {
      ...{ tracks: [], total: 0, isMore: false, corrected: null },
      filling: true,
    });
    const matching = [...search.matching(parseQuery("artist:beatles year:1965"))].flat();
    assert.equal(matching.length, 2);
    db.close();
    const projector = await openLibrary({ directory, log });
    await projector.filled();
    assert.equal(searchIn(directory)("metallica").total, 2);
    assert.equal((await verifyLibrary({ directory, log })).difference, null);
    await projector.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
