/** Directories by facets against a model that looks at every track: any path, before and after changes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MusicEvent, ObservedFile } from "../../events/mod.ts";
import { openCurrent } from "../../projections/core/database.ts";
import {
  FacetDirectories,
  type FacetDirectory,
  type FacetEntry,
  LIBRARY_FILE,
  openLibrary,
  verifyLibrary,
} from "../../projections/mod.ts";
import { type FacetName, FACETS } from "../../src/base/mod.ts";
import { configured, gone, observedOn, template } from "../support/music_events.ts";
import type { Plain } from "../support/plain_ids.ts";
import { createTestLog } from "../support/projection_spec.ts";

/** How many libraries are tried. The environment can set a larger number for a long run. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 12);
const ORIGINS = ["local", "my-nas"];

const name = fc.constantFrom(
  ...["AC/DC", "AC_DC", "ac/dc", "ac_dc", "Björk", "bjork", "BJÖRK", "Unknown Artist", "."],
  ...["..", "...", ".hidden", "a\nb", "a_b", " ", "é".repeat(200), `${"é".repeat(200)}x`],
  ...["東京", "Straße", "STRASSE", "tracks", "genre", "CON", "Who?", "A (2)", "A", "a", "?"],
);
const genres = fc.uniqueArray(
  fc.constantFrom("Rock", "rock", "Jazz", "Jazz/Rock", "Jazz_Rock", "Unknown Genre"),
  { maxLength: 3 },
);
const file = (origin: number): fc.Arbitrary<Plain<ObservedFile>> =>
  fc.record({
    file: fc.nat(11).map((n) => 1024 + n * ORIGINS.length + origin),
    // With an artist nothing is taken from the path.
    artist: name.filter((it) => it.trim() !== ""),
    artists: fc.option(fc.uniqueArray(name, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    albumartist: fc.option(name, { nil: undefined }),
    genre: genres,
    composer: fc.option(fc.tuple(name), { nil: undefined }),
    year: fc.constantFrom(1965, 1969, 1970),
    disk: fc.constantFrom({ no: 1, of: 1 }, { no: 1, of: 2 }, { no: 2, of: null }),
    album: fc.constantFrom("One", "ONE", "Two"),
    title: fc.constantFrom("T", "T (2)", "t"),
    folder: fc.constantFrom("", "Kids/", "kids/", "Live/Old/"),
    label: fc.option(name, { nil: undefined }),
    mood: fc.option(name, { nil: undefined }),
    format: fc.constantFrom("flac" as const, "mp3" as const),
  }).map(({ file, folder, label, mood, format, artists, albumartist, composer, ...tags }) => ({
    file,
    path: `${folder}${file}.${format}`,
    ...{ size: 10, mtime_s: 1_000, mtime_ns: 0, reader: 1, format },
    tags: {
      ...{ ...tags, track: { no: 3, of: 3 } },
      ...artists && { artists },
      ...albumartist && { albumartist },
      ...composer && { composer },
    },
    details: { tags: { ...label && { label: [label] }, ...mood && { mood: [mood] } } },
  }));

type Step =
  | { kind: "observe"; origin: number; files: Plain<ObservedFile>[] }
  | { kind: "gone"; files: number[] };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.nat(1).chain((origin) =>
      fc.record({
        kind: fc.constant("observe" as const),
        origin: fc.constant(origin),
        files: fc.uniqueArray(file(origin), {
          ...{ minLength: 1, maxLength: 8, selector: (it) => it.file },
        }),
      })
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("gone" as const),
      files: fc.array(fc.integer({ min: 1024, max: 1048 }), { minLength: 1, maxLength: 3 }),
    }),
  },
);
/** Facets, and which of the values that are there then is gone on with. */
const walk = fc.tuple(fc.shuffledSubarray([...FACETS], { minLength: 1, maxLength: 4 }), fc.nat(99));

Deno.test("facets: over any history, any path shows the values and tracks of the model", async () => {
  let names = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.array(walk, { minLength: 4, maxLength: 8 }),
      fc.constantFrom("linux" as const, "windows" as const),
      async (steps, walks, namesFor) => {
        const directory = await Deno.makeTempDir();
        const log = createTestLog();
        await log.append([
          template("$artist/$album/$title.$format"),
          ...ORIGINS.map((it) => configured(it, `/${it}`)),
        ]);
        const projector = await openLibrary({ directory, log });
        try {
          for (const half of [steps.slice(0, steps.length / 2), steps.slice(steps.length / 2)]) {
            for (const [i, step] of half.entries()) {
              await log.append([
                step.kind === "gone"
                  ? gone(1, ...step.files)
                  : observedOn(ORIGINS[step.origin]!, 1, ...step.files),
              ]);
              if (i % 3 > 0) await projector.catchUp();
            }
            await projector.catchUp();
            const { db } = openCurrent(directory, LIBRARY_FILE)!;
            try {
              const found = new FacetDirectories(db, namesFor);
              const tracks = tracksOf([...log.read()]);
              for (const it of walks) names += compare(found, tracks, ...it);
            } finally {
              db.close();
            }
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
  assert.ok(names > 20 * RUNS, `${names}`);
});

type Track = Plain<ObservedFile> & { readonly origin: string; readonly added: number };

/** Goes down a path, and compares every directory. Returns how many names were seen. */
function compare(
  found: FacetDirectories,
  all: readonly Track[],
  facets: readonly FacetName[],
  choice: number,
): number {
  let seen = 0;
  let tracks = all;
  let wanted: FacetDirectory["wanted"] = [];
  for (const facet of facets) {
    const entries = listed(found, { facet, wanted });
    const expected = new Set(tracks.flatMap((track) => keys(facet, track)));
    const path = JSON.stringify([...wanted, facet]);
    assert.equal(entries.length, expected.size, path);
    // Every name leads to a value with tracks, and together they have the tracks of every value.
    const shown = entries.map(({ number }) =>
      numbersOf(found, [...wanted, { facet, value: number }]).join()
    );
    const modelled = [...expected].map((key) =>
      tracks.filter((track) => keys(facet, track).includes(key)).map(({ file }) => file).join()
    );
    assert.deepEqual(shown.sort(), modelled.sort(), path);
    seen += entries.length;
    if (entries.length === 0) break;
    const { number, name } = entries[choice % entries.length]!;
    wanted = [...wanted, { facet, value: number }];
    const ids = new Set(numbersOf(found, wanted));
    tracks = tracks.filter(({ file }) => ids.has(file));
    // A value that can be a name as it is has just that name.
    const spellings = new Set(tracks.flatMap((track) => texts(facet, track)));
    const isPlain = [...spellings].some((it) => it.normalize("NFC") === name);
    if (isPlain) {
      assert.equal(found.plainValue({ facet, wanted: wanted.slice(0, -1) }, name), number);
    }
  }
  seen += listed(found, { facet: null, wanted }).length;
  return seen;
}

/** All entries, after it was seen that they are in order and that their names are names. */
function listed(found: FacetDirectories, directory: FacetDirectory): FacetEntry[] {
  const entries = [...found.entries(directory)].flat();
  const numbers = entries.map(({ number }) => number);
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  const names = new Set(entries.map(({ name }) => name));
  assert.equal(names.size, entries.length, "each name once");
  for (const { number, name } of entries) {
    const bytes = new TextEncoder().encode(name).length;
    assert.ok(bytes > 0 && bytes <= 255 && !/^\.|[/\0\n]/.test(name), JSON.stringify(name));
    const plain = found.plainValue(directory, name);
    assert.ok(plain === undefined || plain === number, `${name} leads to another value`);
    assert.ok(plain !== undefined || found.mayBe(directory, name), `nobody looks for ${name}`);
    if (directory.facet === null) assert.ok(found.isStill(directory, { number, name }), name);
  }
  return entries;
}

function numbersOf(found: FacetDirectories, wanted: FacetDirectory["wanted"]): number[] {
  return [...found.entries({ facet: null, wanted })].flat().map(({ number }) => number);
}

/** Values of a track, without case and accents; "" for none. */
function keys(facet: FacetName, track: Track): string[] {
  const found = texts(facet, track).map((text) =>
    text.trim().normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss")
  ).filter((text) => text !== "");
  return found.length === 0 ? [""] : [...new Set(found)];
}

function texts(facet: FacetName, { tags, details, path, format, origin, added }: Track): string[] {
  const { artist = "", artists = [], albumartist, album = "", genre = [], composer = [], year } =
    tags!;
  const label = details!.tags![facet] as string[] | undefined;
  switch (facet) {
    case "artist":
      return artists.length > 0 ? [...artists] : [artist];
    case "albumartist":
      return [(albumartist ?? "").trim() || artist];
    case "album":
      return [album];
    case "genre":
      return [...genre];
    case "composer":
      return [...composer];
    case "year":
      return [String(year)];
    case "decade":
      return [`${String(year).slice(0, 3)}0s`];
    case "label":
    case "mood":
      return label ?? [];
    case "format":
      return [format!];
    case "origin":
      return [origin];
    case "added":
      return [new Date(added).toISOString().slice(0, 7)];
    case "folder":
      return path.includes("/") ? [path.split("/")[0]!] : [];
  }
}

function tracksOf(events: Iterable<MusicEvent & { at: number }>): Track[] {
  const files = new Map<number, Track>();
  const added = new Map<number, number>();
  for (const { at, ...event } of events) {
    if (event.type === "FilesObserved") {
      for (const file of event.data.files) {
        if (!added.has(file.file)) added.set(file.file, at);
        files.set(file.file, {
          ...file,
          origin: event.data.origin,
          added: added.get(file.file)!,
        });
      }
    } else if (event.type === "FilesRemoved") {
      for (const file of event.data.files) files.delete(file);
    }
  }
  return [...files.values()].sort((a, b) => a.file - b.file);
}
