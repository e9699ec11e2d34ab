import assert from "node:assert/strict";
import {
  createMemoryEventLog,
  type MusicEvent,
  type ObservedFile,
  type StoredEvent,
} from "../../events/mod.ts";
import {
  collectionName,
  CollectionReader,
  openLibrary,
  verifyLibrary,
} from "../../projections/mod.ts";
import { foldCase } from "../../src/base/mod.ts";
import { parseQuery } from "../../src/query/mod.ts";
import { configured, gone, observed, template } from "../support/music_events.ts";
import { withIds } from "../support/plain_ids.ts";
import { modelMatches, type ModelTrack } from "../support/search_model.ts";

/** How many libraries are tried. The environment can set a larger number, and the first seed. */
const RUNS = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 6);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
const STEPS = 24;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const FILES = 12;

const QUERIES = [
  ...["genre:jazz year:1960..1969", "genre:jazz sort:-year,title", "title:love OR artist:ada"],
  ...["added:<30d sort:-added", "added:<3d genre:jazz", "-added:<10d", "added:<20d"],
  ...["played:<7d sort:-played", "played:<2d sort:-plays limit:2", "plays:>0 sort:-plays limit:3"],
  ...[
    "plays:>=0 sort:plays,title",
    "played:never -genre:rock",
    "plays:>1",
    "played:>1d sort:title",
  ],
  ...["year:<1966 sort:artist limit:4", "sort:-added limit:5", "sort:title", "nothing_has:this"],
];
const NAMES = ["Mine", "mine", "Evening", "Été", "60s jazz"];

/** What a saved collection is in the model. */
type Saved = {
  readonly name: string;
  readonly query?: string;
  readonly tracks?: readonly number[];
};

/** Numbers from a seed (mulberry32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % end;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

Deno.test("collections: whatever happens, and as the time passes, they have what the model says", async () => {
  let members = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    try {
      members += await tryOne(new Random(seed));
    } catch (error) {
      throw new Error(`with MUSICFS_TEST_SEED=${seed} MUSICFS_TEST_RUNS=1`, { cause: error });
    }
  }
  assert.ok(members > 100 * RUNS, `${members} tracks were in collections`);
});

/** Returns how many tracks the collections had together. */
async function tryOne(random: Random): Promise<number> {
  let now = START;
  const clock = { now: () => now };
  const directory = await Deno.makeTempDir();
  const log = createMemoryEventLog({ clock });
  const projector = await openLibrary({ directory, log });
  let members = 0;
  try {
    await log.append([template("$artist/$album/$title.$format"), configured("local", "/music")]);
    for (let step = 0; step < STEPS; step++) {
      now += random.below(3 * DAY);
      await log.append(eventsOf(random));
      if (random.below(3) > 0) continue;
      await projector.catchUp();
      const reader = new CollectionReader(projector.queries.connection, clock);
      members += compare(reader, [...log.read()], now);
      // Nothing happens but that the time passes.
      now += random.below(20 * DAY);
      members += compare(reader, [...log.read()], now);
    }
    await projector.catchUp();
    assert.equal((await verifyLibrary({ directory, log })).difference, null);
    return members;
  } finally {
    await projector.close();
    await Deno.remove(directory, { recursive: true });
  }
}

function eventsOf(random: Random): MusicEvent[] {
  const number = () => 1024 + random.below(FILES);
  const name = random.of(NAMES);
  switch (random.below(12)) {
    case 0:
      return [gone(1, number())];
    case 1:
    case 2:
    case 3:
      return [withIds<MusicEvent>({ type: "TrackPlayed", v: 1, data: { track: number() } })];
    case 4:
    case 5:
      return [{ type: "CollectionSaved", v: 1, data: { name, query: random.of(QUERIES) } }];
    case 6: {
      const tracks = Array.from({ length: random.below(6) }, number);
      return [withIds<MusicEvent>({ type: "CollectionSaved", v: 1, data: { name, tracks } })];
    }
    case 7:
      return random.below(2) === 0
        ? [{ type: "CollectionRemoved", v: 1, data: { name } }]
        : [{ type: "CollectionRenamed", v: 1, data: { name, to: random.of(NAMES) } }];
    default: {
      const files = new Set(Array.from({ length: 1 + random.below(5) }, number));
      return [observed(1, ...[...files].map((file) => fileOf(file, random)))];
    }
  }
}

function fileOf(file: number, random: Random): ObservedFile {
  return withIds<ObservedFile>({
    ...{ file, path: `${file}.flac`, size: 100, mtime_s: 1_000, mtime_ns: 0, format: "flac" },
    audio: random.of(["a", "b", "c", "d", "e"]).repeat(32) + (random.below(2) ? file : ""),
    tags: {
      title: random.of(["Love", "So What", "Battery", "Öl"]),
      artist: random.of(["Ada", "Bach", "The Cars"]),
      album: random.of(["One", "Two"]),
      genre: [random.of(["Jazz", "Rock"])],
      year: random.of([1959, 1960, 1965, 1969, 1999, 2011]),
      track: { no: 1 + random.below(3), of: null },
    },
  });
}

function compare(reader: CollectionReader, events: readonly StoredEvent[], now: number): number {
  const { tracks, saved } = modelOf(events);
  const decades = [...new Set(tracks.map(({ tags }) => Math.floor(tags!.year! / 10) * 10))]
    .sort((a, b) => a - b);
  const expected: Saved[] = [
    { name: "Recently Added", query: "added:<30d sort:-added" },
    { name: "Recently Played", query: "played:<7d sort:-played" },
    { name: "Most Played", query: "plays:>0 sort:-plays limit:100" },
    { name: "Never Played", query: "played:never" },
    { name: "Duplicates", tracks: duplicates(tracks) },
    ...decades.map((from) => ({
      name: from < 2000 ? `${from - 1900}s` : `${from}s`,
      query: `decade:${from}`,
    })),
    ...[...saved.keys()].sort().map((key) => saved.get(key)!),
  ];
  const all = reader.all();
  assert.deepEqual(all.map(({ name }) => name), expected.map(({ name }) => name));
  let members = 0;
  for (const [i, collection] of all.entries()) {
    const { content, shown } = shownBy(reader, collection);
    const wanted = expected[i]!;
    const there = new Set(tracks.map(({ file }) => file as number));
    const numbers = wanted.query === undefined
      ? wanted.tracks!.filter((track) => there.has(track))
      : modelOrder(wanted.query, tracks, now);
    assert.deepEqual(shown, numbers, `${wanted.name}: ${wanted.query} at ${now}`);
    assert.equal(content.isTimed, /\d[dh]/.test(wanted.query ?? ""), wanted.query);
    members += numbers.length;
  }
  return members;
}

/** The tracks of a collection, whose names are in their order. */
function shownBy(reader: CollectionReader, collection: ReturnType<CollectionReader["named"]>) {
  assert.deepEqual(reader.named(collection.name.toUpperCase()), collection);
  const content = reader.content(collection, 1_000);
  const shown = [...reader.show(content.tracks)];
  const how = { count: content.tracks.length, names: "linux" } as const;
  const names = shown.map((it, i) => collectionName(it, i + 1, how));
  assert.deepEqual([...new Set(names)].sort(), names);
  return { content, shown: shown.map(({ track }) => track as number) };
}

/** What a query finds, in the plain way: compared with every track, and sorted. */
function modelOrder(text: string, tracks: readonly ModelTrack[], now: number): number[] {
  const query = parseQuery(text);
  const found = modelMatches(query, tracks, now).map((number) =>
    tracks.find(({ file }) => file === number)!
  );
  if (query.sort.length > 0) {
    found.sort((one, other) => {
      for (const { field, descending } of query.sort) {
        const [a, b] = [valueOf(one, field), valueOf(other, field)];
        if (a === b) continue;
        if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
        return (a < b ? -1 : 1) * (descending ? -1 : 1);
      }
      return inAlbums(one, other);
    });
  }
  return found.map(({ file }) => file as number).slice(0, query.limit ?? undefined);
}

function valueOf({ tags, added, plays }: ModelTrack, field: string): string | number | undefined {
  const plain = (text: string) => text.toLowerCase().replace("ö", "o").replace(/^the /, "");
  const values: Record<string, string | number | undefined> = {
    ...{ year: tags!.year, title: plain(tags!.title!), artist: plain(tags!.artist!) },
    ...{ added, played: plays?.last_at, plays: plays?.count ?? 0 },
  };
  return values[field];
}

function inAlbums(one: ModelTrack, other: ModelTrack): number {
  const key = ({ tags, file }: ModelTrack) =>
    [
      ...[tags!.artist!.toLowerCase(), tags!.album!.toLowerCase(), String(tags!.track!.no)],
      String(file),
    ].join("\0");
  return key(one) < key(other) ? -1 : 1;
}

/** Tracks of one sound side by side, the sound of the first track first. */
function duplicates(tracks: readonly ModelTrack[]): number[] {
  const ascending = tracks.toSorted((a, b) => a.file - b.file);
  const several = ascending.filter(({ audio }) =>
    ascending.filter((other) => other.audio === audio).length > 1
  );
  const sounds = [...new Set(several.map(({ audio }) => audio))];
  return sounds.flatMap((sound) => several.filter(({ audio }) => audio === sound))
    .map(({ file }) => file as number);
}

function modelOf(events: readonly StoredEvent[]) {
  const files = new Map<number, ModelTrack>();
  const added = new Map<number, number>();
  const plays = new Map<number, { count: number; last_at: number }>();
  const saved = new Map<string, Saved>();
  for (const event of events) {
    switch (event.type) {
      case "FilesObserved":
        for (const file of event.data.files) {
          if (!added.has(file.file)) added.set(file.file, event.at);
          const facts = { origin: "local", added: added.get(file.file)!, plays: undefined };
          files.set(file.file, { ...file, ...facts });
        }
        break;
      case "FilesRemoved":
        for (const file of event.data.files) files.delete(file);
        break;
      case "TrackPlayed": {
        const { count = 0 } = plays.get(event.data.track) ?? {};
        plays.set(event.data.track, { count: count + 1, last_at: event.at });
        break;
      }
      case "CollectionSaved":
        saved.set(foldCase(event.data.name), event.data);
        break;
      case "CollectionRemoved":
        saved.delete(foldCase(event.data.name));
        break;
      case "CollectionRenamed": {
        const { name, to } = event.data;
        const it = saved.get(foldCase(name));
        if (it === undefined) break;
        saved.delete(foldCase(name));
        saved.set(foldCase(to), { ...it, name: to });
      }
    }
  }
  const tracks = [...files.values()].map((track) => ({ ...track, plays: plays.get(track.file) }));
  return { tracks, saved };
}
