import assert from "node:assert/strict";
import { readSmartPlaylist } from "./read_smart_playlist.ts";

const encoder = new TextEncoder();

function read(file: unknown) {
  const json = typeof file === "string" ? file : JSON.stringify(file);
  return readSmartPlaylist(encoder.encode(json));
}

/** The query of one rule, without the order. */
function queryOf(rule: unknown): string {
  return read({ all: [rule] }).query.replace(/ sort:title$/, "");
}

function problem(file: unknown): string {
  try {
    read(file);
  } catch (error) {
    return (error as Error).message;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(file)} has no problem` });
}

Deno.test("nsp: the examples of Navidrome's documentation", () => {
  const recent = `{
    "name": "Recently Played",
    "comment": "Recently played tracks",
    "all": [{"inTheLast": {"lastPlayed": 30}}],
    "sort": "lastPlayed",
    "order": "desc",
    "limit": 100 // as many as fit
  }`;
  assert.deepEqual(read(recent), {
    kind: "query",
    title: "Recently Played",
    query: "played:<30d sort:-played limit:100",
    remarks: [],
  });
  const random = read('{"all":[{"gt":{"playCount":-1}}],"sort":"random" /* "limit": 1000 */}');
  assert.equal(random.query, "plays:>\\-1");
  assert.deepEqual(random.remarks, ["there is no order by random"]);
  const hits = { name: "2000s", all: [{ inTheRange: { year: [2000, 2009] } }] };
  assert.equal(
    read({ ...hits, sort: "-year,-rating,title", limit: 200 }).query,
    "year:[2000 TO 2009] sort:-year,-rating,title limit:200",
  );
  assert.equal(
    read({ ...hits, sort: "year", order: "desc" }).query,
    "year:[2000 TO 2009] sort:-year",
  );
  assert.equal(
    problem({
      all: [{ any: [{ is: { loved: true } }, { gt: { rating: 3 } }] }],
      sort: "year",
      limit: 25,
    }),
    "is loved has no counterpart among queries",
  );
});

Deno.test("nsp: rules are what queries call them", () => {
  for (
    const [rule, query] of [
      [{ is: { artist: "Miles Davis" } }, "artist:=Miles\\ Davis"],
      [{ isNot: { genre: "Live" } }, "-genre:=Live"],
      [{ IS: { AlbumArtist: "x" } }, "albumartist:=x"],
      [{ gt: { rating: 3 } }, "rating:>60%"],
      [{ lt: { bitRate: 320 } }, "bitrate:<320k"],
      [{ gt: { duration: 180 } }, "duration:>180s"],
      [{ is: { compilation: true } }, "compilation:=yes"],
      [{ contains: { title: "love" } }, "title:love*"],
      [{ contains: { filepath: "/Jazz & Blues/" } }, 'path:"/Jazz & Blues/"'],
      [{ notContains: { title: "live" } }, "-title:live*"],
      [{ inTheRange: { trackNumber: [1, 5] } }, "track:[1 TO 5]"],
      [{ before: { dateadded: "2021-01-01" } }, "added:<2021-01-01"],
      [{ after: { date: "1999" } }, "date:>1999"],
      [{ notInTheLast: { lastPlayed: 90 } }, "-played:<90d"],
      [{ is: { mbz_album_id: "abc" } }, "musicbrainz_albumid:=abc"],
      [{ is: { filetype: "flac" } }, "format:=flac"],
      [{ is: { artist: "a", album: "b" } }, "artist:=a album:=b"],
      [
        {
          any: [{ is: { genre: "Jazz" } }, {
            all: [{ gt: { year: 1950 } }, { lt: { year: 1960 } }],
          }],
        },
        "genre:=Jazz OR year:>1950 year:<1960",
      ],
    ] as const
  ) assert.equal(queryOf(rule).replaceAll("\\-", "-"), query);
  assert.equal(
    read({ any: [{ is: { year: 1 } }, { is: { year: 2 } }] }).query,
    "year:=1 OR year:=2 sort:title",
  );
});

Deno.test("nsp: what no query says is named, and nothing is left out", () => {
  for (
    const [rule, message] of [
      [{ startsWith: { title: "The" } }, "startsWith title has no counterpart among queries"],
      [{ endsWith: { title: "mix" } }, "endsWith title has no counterpart among queries"],
      [{ inPlaylist: { id: "6bd" } }, "inPlaylist id has no counterpart among queries"],
      [{ isMissing: { genre: true } }, "isMissing genre has no counterpart among queries"],
      [{ inTheLast: { date: 30 } }, "inTheLast date has no counterpart among queries"],
      [{ gt: { title: "x" } }, "gt title: expected words, since title has no order"],
      [{ gt: { year: "soon" } }, "gt year: expected a number"],
      [{ is: { year: null } }, "is year has no value of that field"],
      [{ inTheRange: { year: [1990] } }, "inTheRange year has no two values"],
      [{ inTheLast: { lastPlayed: "x" } }, "inTheLast lastPlayed has no number of days"],
      [{ contains: { title: "?" } }, "contains title has no words"],
      [{ all: [] }, "all is no list of rules"],
      [{ is: "x" }, "is names no field"],
      ["x", "all has something that is no rule"],
    ] as const
  ) assert.equal(problem({ all: [{ is: { year: 1 } }, rule] }), message);
  const rules = ["loved", "albumRating", "dateLoved", "hasCoverArt"].map((name) => ({
    is: { [name]: 1 },
  }));
  assert.match(
    problem({ all: rules }),
    /^is loved .*; is albumRating .*; is dateLoved .*; and 1 more$/,
  );
  assert.equal(
    problem({ all: [{ is: { year: 1 } }], limitPercent: 5 }),
    "limitpercent has no counterpart among queries",
  );
  assert.match(
    problem({ all: [{ is: { year: 1 } }], sort: "random", limit: 5 }),
    /^sort by random /,
  );
  assert.match(problem({ all: [{ is: { year: 1 } }], any: [{ is: { year: 1 } }] }), /ambiguous/);
  assert.match(problem({ name: "x" }), /no rules/);
  assert.match(problem("[]"), /object/);
  assert.match(problem('{"all":'), /JSON/);
  assert.deepEqual(read({ all: [{ is: { ripper: "me" } }] }).remarks, [
    "ripper is taken for a tag of your own",
  ]);
});
