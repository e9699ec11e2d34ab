import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../src/base/mod.ts";
import type { FileDetails, TrackTags } from "../../events/facts/files.ts";
import { Template, trackNames } from "../mod.ts";
import { guessFromPath } from "./path_guess.ts";
import { safeDirectoryName, safeFileName } from "./path_segment.ts";

function placed(
  template: string,
  tags: TrackTags,
  path = "x.flac",
  details: FileDetails = {},
): string {
  const { directory, name } = new Template(template)
    .place({ names: trackNames(tags, path), format: "flac", tags, details: () => details });
  return directory === "" ? name : `${directory}/${name}`;
}

const full: TrackTags = {
  ...{ title: "T", artist: "A", albumartist: "AA", album: "L", year: 1999, genre: ["G", "H"] },
  ...{ composer: ["C"], track: { no: 3, of: 9 }, disk: { no: 2, of: 2 } },
};

const renderings: [template: string, tags: TrackTags, expected: string][] = [
  [
    "$artist/$album ($year) [$format_upper]/$track - $title.$format",
    full,
    "A/L (1999) [FLAC]/03 - T.flac",
  ],
  ["$albumartist/$genre/$composer/$disc-$track_$title.$format", full, "AA/G/C/02-03_T.flac"],
  ["${title}s.$format", full, "Ts.flac"],
  ["${albumartist|artist}/$title", { ...full, albumartist: "" }, "A/T"],
  ["${albumartist|artist}/$title", { title: "T" }, "Unknown Artist/T"],
  ["$album{ ($year)}/$title", full, "L (1999)/T"],
  ["$album{ ($year)}/$title", { ...full, year: 0 }, "L/T"],
  ["$album{/Disc $disc}/$title", full, "L/Disc 02/T"],
  ["$album{/Disc $disc}/$title", { title: "T", album: "L" }, "L/T"],
  [
    "$artist/$album ($year)/$track $disc $title.$format",
    {},
    "Unknown Artist/Unknown Album (0000)/00 00 x.flac",
  ],
  ["$genre/$composer/$title", {}, "Unknown Genre/Unknown Composer/x"],
  ["$artist/$title", { artist: "AC/DC", title: "../../x" }, "AC_DC/_._.._x"],
  ["$artist/$title", { artist: "..", title: "." }, "_./_"],
  ["$artist/$title", { artist: "   ", title: "\n\t" }, "Unknown Artist/x"],
  ["$artist/$title", { artist: "...And", title: " a\nb\0c " }, "_..And/a_b_c"],
  ["$artist/$title", { artist: "e\u0301", title: "\uef80\ud800" }, "\u00e9/\ufffd\ufffd"],
  ["$albumartist/$title", { compilation: true, title: "T" }, "Various Artists/T"],
  ["$year/$title", { date: "2003-05-06", title: "T" }, "2003/T"],
  ["$title", { title: "$artist {x}" }, "$artist {x}"],
];

for (const [template, tags, expected] of renderings) {
  Deno.test(`template: ${template} of ${JSON.stringify(tags)}`, () => {
    assert.equal(placed(template, tags), expected);
  });
}

const mistakes: [template: string, message: RegExp][] = [
  ["", /empty \(position 1\)/],
  ["$artist/$nope", /there is no variable "\$nope" \(position 9\)/],
  ["$artist/${title", /never closed \(position 9\)/],
  ["a{b", /a \{ is never closed \(position 2\)/],
  ["a}b", /a \} has no \{ before it \(position 2\)/],
  ["{a{b}}", /inside another .* \(position 3\)/],
  ["$", /there is no variable "\$" \(position 1\)/],
  ["${a|b}", /there is no variable "\$a"/],
  ["$artist/", /has to end with the name of a file/],
];

for (const [template, message] of mistakes) {
  Deno.test(`template: refuses ${JSON.stringify(template)}`, () => {
    assert.throws(() => new Template(template), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  });
}

const guesses: [path: string, expected: ReturnType<typeof guessFromPath>][] = [
  ["Artist/Album/01 - Title.flac", { artist: "Artist", album: "Album", track: 1, title: "Title" }],
  ["Artist/(1999) Album/02. Title.mp3", {
    artist: "Artist",
    album: "Album",
    year: 1999,
    track: 2,
    title: "Title",
  }],
  ["Artist/1999 - Album/02 Title.mp3", {
    artist: "Artist",
    album: "Album",
    year: 1999,
    track: 2,
    title: "Title",
  }],
  ["Artist/Album [2001]/Title.mp3", {
    artist: "Artist",
    album: "Album",
    year: 2001,
    title: "Title",
  }],
  ["Artist/Album/CD2/03 Title.mp3", {
    artist: "Artist",
    album: "Album",
    disc: 2,
    track: 3,
    title: "Title",
  }],
  ["Artist/Artist - Album/03 Title.mp3", {
    artist: "Artist",
    album: "Album",
    track: 3,
    title: "Title",
  }],
  ["Artist - Album/03 Title.mp3", { artist: "Artist", album: "Album", track: 3, title: "Title" }],
  ["Artist - Album (2002)/1-03 Title.mp3", {
    artist: "Artist",
    album: "Album",
    year: 2002,
    disc: 1,
    track: 3,
    title: "Title",
  }],
  ["Artist - Title.mp3", { artist: "Artist", title: "Title" }],
  ["04 - Artist - Title.mp3", { artist: "Artist", track: 4, title: "Title" }],
  ["Artist - Album - 05 - Title.mp3", {
    artist: "Artist",
    album: "Album",
    track: 5,
    title: "Title",
  }],
  ["Artist/Title.mp3", { artist: "Artist", title: "Title" }],
  ["01_-_Some_Title.mp3", { track: 1, title: "Some Title" }],
  ["7 Seconds.mp3", { title: "7 Seconds" }],
  ["9-5.mp3", { title: "9-5" }],
  ["03 - 1999.mp3", { track: 3, title: "1999" }],
  ["1999.mp3", { title: "1999" }],
  ["Title.mp3", { title: "Title" }],
  [".mp3", { title: ".mp3" }],
];

for (const [path, expected] of guesses) {
  Deno.test(`path: ${path}`, () => assert.deepEqual(guessFromPath(path), expected));
}

Deno.test("names: the path fills only what the tags lack", () => {
  const names = trackNames({ artist: "Tagged" }, "Artist/1999 - Album/01 - Title.flac");
  assert.deepEqual([names.artist, names.album, names.title, names.track, names.year], [
    ...["Tagged", "Album", "Title", 1, 1999],
  ]);
});

Deno.test("names: a long name is cut between characters, before its extension", () => {
  assert.equal(safeFileName(`${"x".repeat(300)}.flac`), `${"x".repeat(242)}.flac`);
  assert.equal(safeFileName(`${"\u{1f3b5}".repeat(100)}.flac`), `${"\u{1f3b5}".repeat(60)}.flac`);
  assert.equal(safeDirectoryName("\u00e9".repeat(200)), "\u00e9".repeat(127));
  assert.equal(safeDirectoryName("x".repeat(255)), "x".repeat(255));
});

Deno.test("names: a character with more marks than fit is cut, one with a few is kept or dropped whole", () => {
  const marks = "\u0316".repeat(200);
  const title = placed("$track - $title.$format", { title: `a${marks}`, track: { no: 1, of: 1 } });
  assert.match(title, /^01 - a\u0316{100,}\.flac$/);
  assert.match(safeDirectoryName(`b${marks}`), /^b\u0316{127}$/);
  // The last three bytes of this picture would be beyond the end.
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
  assert.equal(safeDirectoryName("x".repeat(240) + family), "x".repeat(240));
});

Deno.test("names: every segment can be listed, whatever the tags and the path contain", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });
  const nasty = fc.oneof(
    text,
    fc.constantFrom("..", ".", "/", "", " ", "\0", "\uef80x", "\ud800", "e\u0301".repeat(300)),
  );
  const templates = [
    "$artist/$album/$title.$format",
    "$title",
    "$artist{/$genre}/{$year }$composer",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...templates),
      fc.record({ title: nasty, artist: nasty, album: nasty, genre: fc.array(nasty) }),
      nasty,
      (template, tags, path) => {
        for (const name of placed(template, tags, path).split("/")) {
          assert.notEqual(name, "");
          assert.ok(new TextEncoder().encode(name).length <= 255);
          assert.ok(name.isWellFormed());
          assert.equal(name, name.normalize("NFC"));
          assert.doesNotMatch(name, /^[. ]|[\p{Cc}\uef80-\uefff]| $/u);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("templates name any tag of a file, and fields of the user's own", () => {
  const details: FileDetails = {
    tags: {
      label: ["Blue Note", "EMI"],
      originalyear: 1959,
      conductor: ["C"],
      podcast: true,
      bpm: 92.5,
    },
    other: { "TXXX:Ripped By": "me", "----:com.apple.iTunes:SHELF": ["7", "8"], "a/b": "c/d" },
  };
  const place = (template: string) => placed(template, full, "x.flac", details);
  assert.equal(place("$label/$originalyear - $title"), "Blue Note/1959 - T");
  assert.equal(place("${conductor}/$bpm $title{ p$podcast}"), "C/92.5 T p1");
  assert.equal(place("${tag:Ripped By}/${tag:shelf}/$title"), "me/7/T");
  assert.equal(place("${tag:TXXX:ripped by|artist}/${tag:a/b} $title"), "me/c_d T");
  assert.equal(place("${tag:nothing|mood|artist}/$title{ $isrc}"), "A/T");
  assert.equal(place("$media/$title"), "Unknown Media/T");
  assert.equal(
    place("${performer:instrument|artist}/$totaltracks $totaldiscs $title"),
    "A/09 02 T",
  );
  assert.throws(() => new Template("$labels/$title"), UserError);
  assert.throws(() => new Template("${tag:}/$title"), UserError);
});

Deno.test("trackNames() takes the disc from the directory even when all other tags are there", () => {
  const tags = { title: "T", artist: "A", album: "B", track: { no: 1, of: 9 }, year: 1999 };
  for (
    const [path, disc] of [
      ["A/B/CD1/01.flac", 1],
      ["A/B/Disc 2/01.flac", 2],
      ["A/B/Disk 03/01.flac", 3],
      ["A/B/CD 1 - Title/01.flac", 1],
      ["A/B/cd_4/01.flac", 4],
      ["CD2/01.flac", 2],
      ["A/B/01.flac", 0],
      ["A/B/CD 2000 Hits/01.flac", 0],
      ["A/CD1/B/01.flac", 0],
      ["CD1.flac", 0],
    ] as const
  ) {
    assert.equal(trackNames(tags, path).disc, disc, path);
    assert.equal(trackNames({ ...tags, disk: { no: 7, of: null } }, path).disc, 7, path);
  }
});

Deno.test("a track number has as many digits as a total above 99", () => {
  const named = (no: number, of: number | null) => {
    const track = { no, of };
    return new Template("$track").place({
      ...{ names: trackNames({ track }, "x.flac"), format: "flac", tags: { track } },
      details: () => ({}),
    }).name;
  };
  assert.deepEqual(
    [named(5, 99), named(5, 100), named(42, 400), named(300, 400), named(7, 1200), named(5, null)],
    ["05", "005", "042", "300", "0007", "05"],
  );
  assert.deepEqual([named(5, 4_294_967_295), named(100, null)], ["05", "100"]);
});
