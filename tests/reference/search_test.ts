import assert from "node:assert/strict";
import fc from "fast-check";
import type { MusicEvent, ObservedFile } from "../../events/mod.ts";
import { LIBRARY_FILE, openLibrary, TrackSearch } from "../../projections/mod.ts";
import { openCurrent } from "../../projections/core/database.ts";
import { type Expression, parseQuery, printQuery } from "../../src/query/mod.ts";
import { modelMatches, type ModelTrack } from "../support/search_model.ts";
import { configured, gone, observedOn, template } from "../support/music_events.ts";
import { createTestLog } from "../support/projection_spec.ts";
import { type Plain, withIds } from "../support/plain_ids.ts";
import { verifyLibrary } from "../../projections/mod.ts";

/** How many libraries are tried. The environment can set a larger number for a long run. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 40);
const NOW = 1_700_000_400_000;

const name = fc.constantFrom(
  ...[
    "Metallica",
    "The Beatles",
    "AC/DC",
    "Simon & Garfunkel",
    "Björk",
    "Straße",
    "blink-182",
    "The The",
  ],
  ...[
    "Enter Sandman",
    "Sandman",
    "Love",
    "Love and Love",
    "love me do",
    "東京事変",
    "東京",
    "R.E.M.",
    "Don't Stop",
    "a b c",
  ],
  ...["ab cd", "a/b", "Abc", "One", "one two", "One Two Three Four"],
);
const tags = fc.record({
  title: name,
  artist: name,
  album: name,
  albumartist: name,
  genre: fc.uniqueArray(fc.constantFrom("Rock", "Jazz", "Jazz Rock"), {
    minLength: 1,
    maxLength: 2,
  }),
  composer: fc.constantFrom(["Bach"], ["Händel", "Bach"]).map((it) =>
    it.map((one) => one.replace("ä", "a"))
  ),
  compilation: fc.boolean(),
  date: fc.constantFrom("1965-01-02", "1999", "2001-03"),
  track: fc.record({ no: fc.integer({ min: 1, max: 3 }), of: fc.constant(3) }),
}, { requiredKeys: ["track"] });
const properties = fc.record({
  duration_ms: fc.constantFrom(120_000, 179_999, 180_000, 185_400, 600_000),
  bitrate: fc.constantFrom(128_000, 319_800, 320_000, 900_123),
}, { requiredKeys: [] });

const ORIGINS = ["local", "my-nas"];

function file(origin: number): fc.Arbitrary<Plain<ObservedFile>> {
  return fc.record({
    file: fc.nat(11).map((n) => 1024 + n * ORIGINS.length + origin),
    tags,
    properties,
    year: fc.constantFrom(1965, 1966, 1970, 1999),
    size: fc.constantFrom(1, 1_000_000, 10_000_000, 10_000_001),
    format: fc.constantFrom("flac" as const, "mp3" as const),
    label: fc.option(name),
    own: fc.option(name),
    unreadable: fc.integer({ min: 0, max: 9 }),
  }).map(({ tags, year, label, own, unreadable, format, ...rest }) => ({
    ...rest,
    // With all of these tags, nothing is taken from the path.
    tags: { title: "T", artist: "A", album: "L", ...tags, year },
    path: `${"abc"[rest.file % 3]}/${rest.file}.flac`,
    ...{ mtime_s: 1_000 + rest.size % 7, mtime_ns: 0, reader: 1 },
    ...unreadable === 0 ? { unreadable: "it is empty" } : { format },
    details: {
      ...label !== null && { tags: { label: [label] } },
      ...own !== null && { other: { "TXXX:Mine": own } },
    },
  }));
}

type Step = { kind: "observe"; origin: number; files: Plain<ObservedFile>[] } | {
  kind: "gone";
  files: number[];
} | {
  kind: "play";
  track: number;
};

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.nat(1).chain((origin) =>
      fc.record({
        kind: fc.constant("observe" as const),
        origin: fc.constant(origin),
        files: fc.uniqueArray(file(origin), {
          minLength: 1,
          maxLength: 8,
          selector: (it) => it.file,
        }),
      })
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("gone" as const),
      files: fc.array(fc.integer({ min: 1024, max: 1048 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("play" as const),
      track: fc.integer({ min: 1024, max: 1048 }),
    }),
  },
);

const asked = fc.oneof(
  name,
  fc.constantFrom(
    "metal",
    "metallica",
    "the",
    "love",
    "sand",
    "acdc",
    "ac",
    "東",
    "京",
    "事変",
    "blink182",
    "rem",
    "dont",
    "b",
  ),
  fc.constantFrom("strasse", "bjork", "and", "1965", "zzz", "onetwo", "thebeatles"),
);
const textField = fc.constantFrom(
  "title",
  "artist",
  "albumartist",
  "album",
  "genre",
  "composer",
  "label",
  "mine",
  "path",
);
const at = { at: fc.constant(0) };
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant("word" as const), field: fc.option(textField), text: asked, ...at },
    ...{ prefix: fc.boolean(), edits: fc.constant(0 as const) },
  }),
  fc.record({
    ...{
      kind: fc.constant("word" as const),
      field: fc.option(fc.constantFrom("title", "artist", "label")),
      ...at,
    },
    ...{
      text: fc.constantFrom("metalica", "sandmen", "loev", "lov", "bach"),
      prefix: fc.constant(false),
    },
    edits: fc.constantFrom(1 as const, 2 as const),
  }),
  fc.record({
    kind: fc.constant("phrase" as const),
    field: fc.option(textField),
    text: asked,
    ...at,
  }),
  fc.record({
    kind: fc.constant("comparison" as const),
    field: textField,
    operator: fc.constant("=" as const),
    value: name,
    ...at,
  }),
  fc.constantFrom(
    ...[
      "year:1965",
      "year:<1966",
      "year:1966..1999",
      "year:>=1970",
      "decade:1960s",
      "-decade:60s",
      "duration:3m",
      "duration:<3m",
    ],
    ...[
      "date:1965-01",
      "date:1999..2001",
      "duration:3m..4m",
      "bitrate:320k",
      "bitrate:>320k",
      "size:<10MB",
      "size:10MB",
      "size:>=10MB",
      "added:>2023-11-14",
    ],
    ...[
      "added:<1h",
      "added:2023-11",
      "added:2023-11-15..2023-12",
      "played:never",
      "played:<1d",
      "plays:0",
      "plays:>0",
      "plays:>1",
    ],
    ...[
      ...[
        "title",
        "albumartist",
        "album",
        "genre",
        "composer",
        "year",
        "track",
        "label",
        "mine",
        "played",
      ]
        .map((name) => `missing:${name}`),
      "compilation:yes",
      "compilation:no",
      "track:2",
      "track:<3",
      "origin:local",
      "origin:my-nas",
      "format:mp3",
      "format:fl",
    ],
  ).map((text) => parseQuery(text).where!),
);
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie("expression"), { minLength: 2, maxLength: 3 }).map((all) => ({
      kind: "and" as const,
      all,
    })),
    fc.array(tie("expression"), { minLength: 2, maxLength: 3 }).map((any) => ({
      kind: "or" as const,
      any,
    })),
    tie("expression").map((what) => ({ kind: "not" as const, what })),
  ),
}));

Deno.test("search: over any history, any query finds the tracks of the model", async () => {
  let matches = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.array(expression, { minLength: 4, maxLength: 12 }),
      async (steps, expressions) => {
        const queries = expressions
          .map((where) => parseQuery(printQuery({ where, sort: [], limit: null })));
        const directory = await Deno.makeTempDir();
        const log = createTestLog();
        await log.append([
          template("$artist/$album/$title.$format"),
          ...ORIGINS.map((it) => configured(it, `/${it}`)),
        ]);
        const projector = await openLibrary({ directory, log });
        try {
          let i = 0;
          for (const half of [steps.slice(0, steps.length / 2), steps.slice(steps.length / 2)]) {
            for (const step of half) {
              await log.append([eventOf(step)]);
              if (i++ % 3 > 0) await projector.catchUp();
            }
            await projector.catchUp();
            matches += compare(directory, queries, [...log.read()]);
          }
          assert.equal((await verifyLibrary({ directory, log })).difference, null);
        } finally {
          await projector.close();
          await Deno.remove(directory, { recursive: true });
        }
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(matches > 10 * RUNS, `${matches}`);
});

function eventOf(step: Step): MusicEvent {
  switch (step.kind) {
    case "observe":
      return observedOn(ORIGINS[step.origin]!, 1, ...step.files);
    case "gone":
      return gone(1, ...step.files);
    case "play":
      return withIds<MusicEvent>({
        type: "TrackPlayed",
        v: 1,
        data: { track: step.track } as never,
      });
  }
}

/** Returns how many tracks the queries match together. */
function compare(
  directory: string,
  queries: readonly ReturnType<typeof parseQuery>[],
  events: Iterable<MusicEvent & { at: number }>,
): number {
  let matches = 0;
  const tracks = tracksOf(events);
  const { db } = openCurrent(directory, LIBRARY_FILE)!;
  try {
    const search = new TrackSearch(db, { now: () => NOW });
    for (const query of queries) {
      const text = printQuery(query);
      const expected = modelMatches(query, tracks, NOW);
      matches += expected.length;
      const matching = [...search.matching(query)].flat().map(({ track }) => track as number);
      assert.deepEqual(matching, expected, text);
      const found = search.find(query, { limit: 1_000 });
      const ids = found.tracks.map(({ track }) => track as number);
      if (found.corrected === null && expected.length >= 5) {
        assert.deepEqual(ids.sort((a, b) => a - b), expected, text);
      } else assert.deepEqual(ids.slice(0, expected.length).sort((a, b) => a - b), expected, text);
    }
    return matches;
  } finally {
    db.close();
  }
}

function tracksOf(events: Iterable<MusicEvent & { at: number }>): ModelTrack[] {
  const files = new Map<number, ModelTrack>();
  const added = new Map<number, number>();
  const plays = new Map<number, { count: number; last_at: number }>();
  for (const { at, ...event } of events) {
    if (event.type === "FilesObserved") {
      for (const file of event.data.files) {
        files.delete(file.file);
        if (file.format === undefined) continue;
        if (!added.has(file.file)) added.set(file.file, at);
        files.set(file.file, {
          ...file,
          origin: event.data.origin,
          added: added.get(file.file)!,
          plays: undefined,
        });
      }
    } else if (event.type === "FilesRemoved") {
      for (const file of event.data.files) files.delete(file);
    } else if (event.type === "TrackPlayed") {
      const { count = 0 } = plays.get(event.data.track) ?? {};
      plays.set(event.data.track, { count: count + 1, last_at: at });
    }
  }
  return [...files.values()].map((track) => ({ ...track, plays: plays.get(track.file) }));
}
