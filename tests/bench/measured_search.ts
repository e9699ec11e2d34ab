import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LIBRARY, LibraryQueries, Projector, TrackSearch } from "../../projections/mod.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { SEARCH_SHOWN_MAX } from "../../src/base/mod.ts";
import type { ControlClient } from "../../src/control/mod.ts";
import { parseQuery } from "../../src/query/mod.ts";
import { namedFile } from "../support/named_library.ts";
import { SyntheticLog } from "../support/synthetic_log.ts";
import { BareFts5 } from "./bare_fts5.ts";
import { BeetsLibrary } from "./beets_library.ts";
import { type BenchPlace, namedPlace } from "./bench_place.ts";
import { middle, type Spread } from "./content_client.ts";
import { mixedQueries, type MixedQuery } from "./mixed_queries.ts";
import { processorSeconds } from "./processor_time.ts";
import { python, scriptOf } from "./python.ts";

const QUERIES = 300;
const LIMIT = 50;
/** The first of the queries, each of another kind, are asked of beets as well. */
const BEETS_QUERIES = 12;
const SEED = 901;
/** The engine stays for as long as the mount is measured. */
const ENGINE_IDLE_MS = 600_000;
/** Each finds more tracks than a directory shows. The first is not measured: it starts the engine. */
const LISTED = ["you", "love", "me", "genre:jazz", "genre:rock year:1960..2015", "my"];
/** Collections are saved of the newest tracks of these genres. The first is not measured. */
const COLLECTED = ["pop", "rock", "jazz", "electronic"];
const COLLECTED_TRACKS = 10_000;
/** The most tracks with which indexing is measured, and how many are indexed before, so that all code is compiled. */
const INDEXED_TRACKS = 200_000;
const WARMED_TRACKS = 10_000;
const NEW_FILES = 4;
const FOUND_DEADLINE_MS = 60_000;
const INDEXED_DEADLINE_MS = 600_000;

/** Times in ms. */
export interface Answers {
  readonly p50: number;
  readonly p95: number;
}

export interface SearchFigures {
  /** The number of tracks. */
  readonly known: number;
  /** Mixed queries, the first 50 tracks of each, in one process, by what answers: `musicfs`, `SQLite`. */
  readonly answers: Record<"musicfs" | "SQLite", Answers>;
  /** The median of the ms that beets takes for some of them; undefined where it is not installed. */
  readonly beetsMs: number | undefined;
  /** The same queries asked of the engine, while a mount is looked at. */
  readonly asked: Answers;
  /** Stats on the mount meanwhile. */
  readonly statP99Ms: number;
  /** The median of the ms from opening a directory of a thousand results to the last name. */
  readonly listingMs: number;
  /** The medians of the ms from opening the directory of a collection to its first name, and to its last. */
  readonly collection: Listing;
  readonly indexing: Indexing;
  /** The median of the ms from the writing of a new file, whose origin is then scanned, to a search that finds it. */
  readonly newFileMs: number;
}

interface Listing {
  readonly count: number;
  readonly first_ms: number;
  readonly ms: number;
}

interface Indexing {
  /** Tracks per second of processor time that the index takes beside the rest of the library. */
  readonly tracksPerS: number;
  /** The part of the library's file that is the index, from 0 to 1. */
  readonly share: number;
}

/** Searches a library of `known` tracks with names as real ones have them. It is made once, below `cache`. */
export async function measureSearch(cache: string, known: number): Promise<SearchFigures> {
  const indexing = await measuredIndexing(cache, Math.min(known, INDEXED_TRACKS));
  const { place, found } = await namedPlace(cache, known);
  const [warming, measured] = [SEED, SEED + 1].map((seed) => mixedQueries(known, QUERIES, seed));
  const rounds = [warming!, measured!] as const;
  using bare = BareFts5.open(join(cache, `bare-fts5-1-${known}.sqlite`), known);
  const answers = {
    SQLite: await answered(rounds, (query) => bare.find(query.bare, LIMIT)),
    musicfs: await searched(place, rounds),
  };
  const beets = await BeetsLibrary.open(join(cache, `beets-1-${known}`), known);
  const asBeets = rounds[1].slice(0, BEETS_QUERIES).flatMap(({ beets }) => beets ? [beets] : []);
  const beetsMs = await beets?.listingMs(asBeets);
  await using mounted = await place.mount({ engineIdleMs: ENGINE_IDLE_MS });
  const client = await place.connect();
  try {
    await untilIndexed(client);
    const listingMs = await listed(join(mounted.mountpoint, ".search"));
    const { asked, statP99Ms } = await besideStats(
      mounted.mountpoint,
      () => answered(rounds, ({ text }) => client.request("search", { query: text, limit: LIMIT })),
    );
    const collection = await collected(client, join(mounted.mountpoint, ".collections"));
    const newFileMs = await untilFound(place, client, found);
    return {
      known,
      answers,
      beetsMs,
      asked,
      statP99Ms,
      listingMs,
      collection,
      indexing,
      newFileMs,
    };
  } finally {
    client.close();
  }
}

async function searched(place: BenchPlace, rounds: Rounds): Promise<Answers> {
  const queries = LibraryQueries.open(place.projections)!;
  try {
    const search = new TrackSearch(queries.connection);
    return await answered(rounds, ({ text }) => search.find(parseQuery(text), { limit: LIMIT }));
  } finally {
    queries.close();
  }
}

/** Queries that are asked first, so that all code is compiled, and those that are measured. */
type Rounds = readonly [warming: readonly MixedQuery[], measured: readonly MixedQuery[]];

async function answered(
  [warming, measured]: Rounds,
  ask: (query: MixedQuery) => unknown,
): Promise<Answers> {
  for (const query of warming) await ask(query);
  const times: number[] = [];
  for (const query of measured) {
    const started = performance.now();
    await ask(query);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!;
  return { p50: at(0.5), p95: at(0.95) };
}

async function listed(searches: string): Promise<number> {
  const listings = await listedBy(searches, LISTED);
  for (const [i, { count }] of listings.entries()) {
    if (count !== SEARCH_SHOWN_MAX) throw new Error(`'${LISTED[i]}' shows ${count} tracks`);
  }
  return middle(listings.slice(1).map(({ ms }) => ms));
}

function listedBy(directory: string, names: readonly string[]): Promise<Listing[]> {
  return python<Listing[]>(
    ...["python3", "search_client.py", "lists", directory, ...names] as const,
  );
}

/** Lists collections for the first time, when nobody has found out yet what they have. */
async function collected(client: ControlClient, collections: string): Promise<Listing> {
  for (const genre of COLLECTED) {
    const query = `genre:${genre} sort:-year limit:${COLLECTED_TRACKS}`;
    await client.request("collection.save", { name: genre, query });
  }
  const [, ...listings] = await listedBy(collections, COLLECTED);
  return {
    count: Math.min(...listings.map(({ count }) => count)),
    first_ms: middle(listings.map(({ first_ms }) => first_ms)),
    ms: middle(listings.map(({ ms }) => ms)),
  };
}

/** Looks at tracks of a mount while `search` is under way. */
async function besideStats(
  mountpoint: string,
  search: () => Promise<Answers>,
): Promise<Pick<SearchFigures, "asked" | "statP99Ms">> {
  const child = new Deno.Command("timeout", {
    args: ["-k", "5", "600", "python3", scriptOf("search_client.py"), "stats", mountpoint],
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let asked: Answers;
  try {
    const { value } = await output.read();
    if (value?.trim() !== "ready") throw new Error("Cannot look at the mount");
    asked = await search();
  } finally {
    await child.stdin.close();
  }
  let text = "";
  for (let read = await output.read(); !read.done; read = await output.read()) text += read.value;
  if (!(await child.status).success) throw new Error("Cannot look at the mount");
  const { p99 } = JSON.parse(text) as Spread;
  return { asked, statP99Ms: p99 / 1_000 };
}

/** Waits for the index, which is made anew when the library is of a program with an older one. */
async function untilIndexed(client: ControlClient): Promise<void> {
  const deadline = performance.now() + INDEXED_DEADLINE_MS;
  for (;;) {
    const { filling } = await client.request("search", { query: LISTED[0]! });
    if (!filling) return;
    if (performance.now() > deadline) throw new Error("The index is not made");
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Puts files into an origin, one by one. The first is not measured: with it the engine learns of the origin. */
async function untilFound(
  place: BenchPlace,
  client: ControlClient,
  found: string,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < NEW_FILES; i++) {
    // Files of former runs are still there.
    const title = `new${Date.now().toString(36)}`;
    const started = performance.now();
    writeFileSync(join(found, `${title}.flac`), flacFile({ title }, { seconds: 1, seed: i + 1 }));
    await place.rescan(["found"]);
    for (;;) {
      const { total } = await client.request("search", { query: `title:${title}` });
      if (total > 0) break;
      if (performance.now() - started > FOUND_DEADLINE_MS) {
        throw new Error("A new file is not found");
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    if (i > 0) times.push(performance.now() - started);
  }
  return middle(times);
}

/** Makes a library with the index and without. Events are made when they are read, which both do alike. */
async function measuredIndexing(cache: string, tracks: number): Promise<Indexing> {
  await projected(cache, WARMED_TRACKS, true);
  const without = await projected(cache, tracks, false);
  const all = await projected(cache, tracks, true);
  return {
    tracksPerS: tracks / (all.cpuS - without.cpuS),
    share: 1 - without.bytes / all.bytes,
  };
}

async function projected(
  cache: string,
  tracks: number,
  withIndex: boolean,
): Promise<{ cpuS: number; bytes: number }> {
  const directory = await Deno.makeTempDir({ prefix: "musicfs-bench-", dir: cache });
  const followers = LIBRARY.followers.filter(({ name }) => withIndex || name !== "search");
  try {
    const before = processorSeconds();
    const projector = await Projector.open({
      ...{ directory, log: new SyntheticLog(tracks, namedFile), set: { ...LIBRARY, followers } },
    });
    const cpuS = processorSeconds() - before;
    const { size: bytes } = statSync(join(directory, projector.file));
    await projector.close();
    return { cpuS, bytes };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
