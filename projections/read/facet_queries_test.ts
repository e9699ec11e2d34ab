import assert from "node:assert/strict";
import { fieldNamed } from "../../src/query/mod.ts";
import { toTrackId } from "../../src/base/mod.ts";
import { configured, flac, gone, observed, observedOn } from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import type { FacetOptions } from "./facet_queries.ts";

const LIBRARY = [
  configured("local", "/m"),
  observed(
    1,
    flac(1024, "a.flac", {
      ...{ title: "One", artist: "A feat. B", artists: ["A", "B"], album: "First" },
      ...{ genre: ["Jazz", "Fusion", "jazz"], year: 1969, track: { no: 1, of: 9 } },
      ...{ composer: [" Monk ", "", "Monk"], compilation: true, date: "1969-02-01" },
    }, {
      properties: { codec: "FLAC", sample_rate: 44_100, channels: 2, bits_per_sample: 16 },
      details: { tags: { label: ["Blue Note", "EMI"] }, other: { "TXXX:RIPPED BY": "me" } },
    }),
    flac(1025, "b.flac", {
      ...{
        title: "Two",
        artist: "a",
        albumartist: "A",
        album: "first",
        genre: ["JAZZ"],
        year: 1960,
      },
    }, {
      details: {
        tags: { label: ["Blue Note"], albumartists: ["A", "C"] },
        other: { ripped_by: ["me", "you"] },
      },
    }),
    flac(1026, "c.flac", { title: "Three", artist: "B", genre: ["jazz"], year: 2001 }, {
      format: "mp3",
    }),
    { ...flac(1027, "d.flac", { artist: "nobody" }), unreadable: "it is empty" },
    flac(1028, "e.flac", { title: "gone", artist: "gone" }),
  ),
  gone(2, 1028),
];

function facets(
  events: Parameters<typeof given>[0],
  check: (facet: (name: string, options?: Partial<FacetOptions>) => unknown) => void,
): Promise<void> {
  return given(events, ({ projector }) => {
    check((name, options = {}) => {
      const { values, without } = projector().queries.facets.facet(fieldNamed(name), {
        foldCase: false,
        ...options,
      });
      const found = values.map(({ value, by, tracks, albums }) =>
        `${value}${by === undefined ? "" : ` by ${by}`} ${tracks}/${albums}`
      );
      return [...found.sort(), `-${without}`];
    });
    return Promise.resolve();
  });
}

Deno.test("facets: a track counts under each of its values once, and albums are counted with them", async () => {
  await facets(LIBRARY, (facet) => {
    assert.deepEqual(facet("artist"), ["A 1/1", "B 2/1", "a 1/1", "-0"]);
    assert.deepEqual(facet("genre"), ["Fusion 1/1", "JAZZ 1/1", "Jazz 1/1", "jazz 2/1", "-0"]);
    assert.deepEqual(facet("composer"), ["Monk 1/1", "-2"]);
    assert.deepEqual(facet("album"), ["First by Various Artists 1/1", "first by A 1/1", "-1"]);
    assert.deepEqual(facet("albumartist"), ["A 1/1", "C 1/1", "Various Artists 1/1", "-1"]);
    assert.deepEqual(facet("label"), ["Blue Note 2/2", "EMI 1/1", "-1"]);
    assert.deepEqual(facet("ripped_by"), ["me 2/2", "you 1/1", "-1"]);
    assert.deepEqual(facet("nobodys_tag"), ["-3"]);
  });
});

Deno.test("facets: numbers, decades, flags and facts of the sound are values too, and nothing known is none", async () => {
  await facets(LIBRARY, (facet) => {
    assert.deepEqual(facet("year"), ["1960 1/1", "1969 1/1", "2001 1/0", "-0"]);
    assert.deepEqual(facet("decade"), ["1960s 2/2", "2000s 1/0", "-0"]);
    assert.deepEqual(facet("date"), ["1969-02-01 1/1", "-2"]);
    assert.deepEqual(facet("totaltracks"), ["9 1/1", "-2"]);
    assert.deepEqual(facet("compilation"), ["yes 1/1", "-2"]);
    assert.deepEqual(facet("format"), ["flac 2/2", "mp3 1/0", "-0"]);
    assert.deepEqual(facet("samplerate"), ["44100 1/1", "-2"]);
    assert.deepEqual(facet("origin"), ["local 3/2", "-0"]);
  });
});

Deno.test("facets: names that differ by case are one if the library says so, spelled as most tracks have it", async () => {
  await facets(LIBRARY, (facet) => {
    assert.deepEqual(facet("genre", { foldCase: true }), ["Fusion 1/1", "Jazz 3/2", "-0"]);
    assert.deepEqual(facet("artist", { foldCase: true }), ["A 2/2", "B 2/1", "-0"]);
  });
  const spelled = ["jazz", "JAZZ", "JAZZ"].map((genre, i) =>
    flac(1024 + i, `${i}.flac`, {
      title: genre,
      artist: "x",
      album: i === 0 ? "y" : "Y",
      genre: [genre],
    })
  );
  await facets([configured("local", "/m"), observed(1, ...spelled)], (facet) => {
    assert.deepEqual(facet("genre", { foldCase: true }), ["JAZZ 3/1", "-0"]);
    assert.deepEqual(facet("album", { foldCase: true }), ["Y by x 3/1", "-0"]);
  });
});

Deno.test("facets: of the given tracks only, if they are there", async () => {
  const file = flac(1024, "a.flac", { title: "One", artist: "A", genre: ["Jazz"] });
  const events = [
    ...[configured("local", "/m"), configured("nas", "/n", 2)],
    ...[observed(1, file), observedOn("nas", 2, { ...file, file: 1030 })],
    observed(3, flac(1025, "b.flac", { title: "Two", artist: "A" })),
  ];
  await facets(events, (facet) => {
    const tracks = [1024, 1025, 4711].map(toTrackId);
    assert.deepEqual(facet("artist", { tracks }), ["A 2/0", "-0"]);
    assert.deepEqual(facet("genre", { tracks: [toTrackId(1024)] }), ["Jazz 1/0", "-0"]);
    assert.deepEqual(facet("genre", { tracks: [] }), ["-0"]);
  });
});

Deno.test("facets: fields that tracks hardly share are none", async () => {
  await given(LIBRARY, ({ projector }) => {
    const { facets } = projector().queries;
    for (const name of ["duration", "size", "bitrate", "added", "modified", "played", "plays"]) {
      assert.equal(facets.isFacet(fieldNamed(name)), false, name);
    }
    for (const name of ["artist", "isrc", "key", "ripped_by", "codec"]) {
      assert.equal(facets.isFacet(fieldNamed(name)), true, name);
    }
    return Promise.resolve();
  });
});
