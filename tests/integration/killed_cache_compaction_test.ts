/**
 * SIGKILL at random moments while the log of the cache compacts itself. The next process finds the old log or the new
 * one, whole, with the same stored content, and compacts it.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CACHE_VOCABULARY, openEventLog, type StoredEvent } from "../../events/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { FIRST_FILE_ID } from "../../src/base/mod.ts";
import { cacheLogDirectory } from "../../src/config/places.ts";
import { chunk, stored, used } from "../support/content_events.ts";
import { configured, flac, observed } from "../support/music_events.ts";
import { OpenedCache } from "../support/opened_cache.ts";

/** How many times the process is killed; a number in the environment makes it a long run. */
const KILLS = Number(Deno.env.get("MUSICFS_TEST_KILLS") ?? 4);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? 20261130);
const PROCESS = fileURLToPath(new URL("../support/compacting_process.ts", import.meta.url));
const FILES = 60;
const CHUNKS_A_FILE = 100;
/** The size to which the log grows. Its facts take an eighth: 45 bytes for each chunk. */
const GROWN_BYTES = 2 * 1024 * 1024;

Deno.test(`SIGKILL at ${KILLS} random moments of a compaction of the cache log`, async () => {
  const random = randomNumbers(SEED);
  const base = await Deno.makeTempDir();
  const log = cacheLogDirectory({ cacheDir: `${base}/cache` });
  try {
    const said = await grow(base, log);
    const grown = eventsIn(log);
    await copy(`${base}/cache`, `${base}/grown`);
    let { ms: wholeMs } = await compacting(base);
    // A compacted log goes on after the positions of the former one.
    const last = grown.at(-1)!.seq;
    assert.ok(eventsIn(log)[0]!.seq > last);
    const bytes = () => Deno.statSync(`${log}/events.mdb`).size;
    assert.ok(bytes() < GROWN_BYTES / 2, `${bytes()} bytes`);
    const found = { old: 0, begun: 0, new: 0 };
    for (let round = 0; round < KILLS; round++) {
      const at = `round ${round} of seed ${SEED}`;
      await Deno.remove(`${base}/cache`, { recursive: true });
      await copy(`${base}/grown`, `${base}/cache`);
      const { ms, killed } = await compacting(base, random(1_000) / 1_000 * wholeMs);
      // The duration of the work depends on the machine: the longest uninterrupted run defines it.
      if (!killed) wholeMs = Math.max(wholeMs, ms);

      const events = eventsIn(log);
      const isOld = events[0]!.seq <= last;
      found[!isOld ? "new" : existsSync(`${log}/rewritten`) ? "begun" : "old"]++;
      if (isOld) assert.deepEqual(events.slice(0, grown.length), grown, at);
      await continues(base, log, { said, at });
      assert.ok(eventsIn(log)[0]!.seq > last, at);
    }
    console.log(
      `the log was the old one ${found.old} times, ${found.begun} times with a new one begun, ` +
        `and the new one ${found.new} times`,
    );
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

/** Makes a library, and a cache log that has grown far beyond its facts. Returns the facts. */
async function grow(base: string, directory: string): Promise<string[]> {
  const library = openEventLog(`${base}/state`);
  const files = Array.from(
    { length: FILES },
    (_, i) => flac(FIRST_FILE_ID + i, `${i}.flac`, {}, { size: 8_000_000 }),
  );
  await library.append([configured("local", "/srv/music"), observed(1, ...files)]);
  await library.close();
  let said: string[];
  {
    await using opened = await OpenedCache.open(base);
    await opened.cache.begin("store", undefined);
    await opened.cache.append(Array.from({ length: FILES }, (_, file) => {
      const chunks = Array.from(
        { length: CHUNKS_A_FILE },
        (_, i) => chunk(`${file}a${i}b`, 30_000),
      );
      return stored(FIRST_FILE_ID + file, 2, 0, ...chunks);
    }));
    said = storedIn(opened);
  }
  const all = Array.from({ length: FILES }, (_, i) => FIRST_FILE_ID + i);
  const log = openEventLog(directory, { vocabulary: CACHE_VOCABULARY });
  while (Deno.statSync(`${directory}/events.mdb`).size < GROWN_BYTES) {
    await log.append(Array.from({ length: 16 }, () => used(...all, ...all, ...all)));
  }
  await log.close();
  // The rows are level with the log, so that the process has nothing to do but to compact.
  await using _level = await OpenedCache.open(base);
  return said;
}

/** Runs the process, and kills it at a moment of its work unless it has ended by then. */
async function compacting(
  base: string,
  afterMs?: number,
): Promise<{ ms: number; killed: boolean }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", PROCESS, base],
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const begun = performance.now();
  const timer = afterMs === undefined ? undefined : setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch {
      // The process ended before the kill.
    }
  }, afterMs);
  const { success, signal } = await child.status;
  clearTimeout(timer);
  await reader.cancel();
  assert.ok(success || signal === "SIGKILL", `it ended by itself, with ${signal}`);
  return { ms: performance.now() - begun, killed: !success };
}

/** The next process has the same facts, and compacts the log unless that is done. */
async function continues(
  base: string,
  log: string,
  { said, at }: { said: readonly string[]; at: string },
): Promise<void> {
  const before = eventsIn(log).at(-1)!.seq;
  await using opened = await OpenedCache.open(base);
  const { cache } = opened;
  assert.equal(cache.store, "store", at);
  assert.deepEqual(storedIn(opened), said, at);
  assert.equal(await cache.difference(), null, at);
  await cache.append([stored(FIRST_FILE_ID, 2, 7_000_000, chunk("c", 30_000))]);
  assert.ok(cache.queries.isStored(chunk("c", 30_000).hash), at);
  assert.equal(await cache.difference(), null, at);
  assert.equal(existsSync(`${log}/rewritten`), false, at);
  assert.ok(eventsIn(log).at(-1)!.seq > before, at);
}

/** The stored content, in the words of events. */
function storedIn({ cache }: OpenedCache): string[] {
  return [...cache.queries.events()].filter(({ type }) => type === "ChunksStored")
    .map(({ data }) => JSON.stringify(data)).sort();
}

function eventsIn(directory: string): StoredEvent[] {
  const log = openEventLog(directory, { readOnly: true, vocabulary: CACHE_VOCABULARY });
  try {
    return [...log.read()];
  } finally {
    void log.close();
  }
}

async function copy(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert.ok(success);
}
