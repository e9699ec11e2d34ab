import assert from "node:assert/strict";
import { type CacheEvent, openEventLog } from "../../events/mod.ts";
import { chunk, stored } from "../../tests/support/content_events.ts";
import { configured, flac, observed } from "../../tests/support/music_events.ts";
import { OpenedCache } from "../../tests/support/opened_cache.ts";
import { cacheLogDirectory } from "../config/places.ts";
import { FIRST_FILE_ID } from "../base/mod.ts";
import type { WrittenCache } from "./written_cache.ts";

const FILES = 40;

/** A library of some files, in a directory of its own, and a cache over it. */
async function withCache(work: (cache: WrittenCache, directory: string) => Promise<void>) {
  const base = Deno.makeTempDirSync();
  const log = openEventLog(`${base}/state`);
  const files = Array.from(
    { length: FILES },
    (_, i) => flac(FIRST_FILE_ID + i, `${i}.flac`, {}, { size: 8_000_000 }),
  );
  await log.append([configured("local", "/srv/music"), observed(1, ...files)]);
  await log.close();
  try {
    await using opened = await OpenedCache.open(base);
    await work(opened.cache, cacheLogDirectory({ cacheDir: `${base}/cache` }));
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
}

/** All stored content, as the events of a log. */
function saidBy(cache: WrittenCache): string[] {
  return [...cache.queries.events()].map(({ data }) => JSON.stringify(data)).sort();
}

function use(files: number): CacheEvent {
  const some = Array.from({ length: files }, (_, i) => FIRST_FILE_ID + i % FILES);
  return { type: "FilesUsed", v: 1, data: { files: some as never[] } };
}

Deno.test("a cache log that grew far beyond its facts is compacted, and has the same facts", async () => {
  await withCache(async (cache, directory) => {
    await cache.begin("store", undefined);
    for (let file = 0; file < FILES; file++) {
      const chunks = Array.from({ length: 50 }, (_, i) => chunk(`${file}a${i}b`, 64_000));
      await cache.append([stored(FIRST_FILE_ID + file, 2, 0, ...chunks)]);
    }
    await cache.append([use(1)]);
    const said = saidBy(cache);
    const { inode, bytes } = fileOf(directory);
    // One file is used again and again, and at the end many times at once.
    let grown = bytes;
    for (let i = 0; fileOf(directory).inode === inode; i++) {
      assert.ok(i < 2_000, "it is compacted");
      grown = fileOf(directory).bytes;
      await cache.append(Array.from({ length: 16 }, () => use(1_000)));
    }
    assert.ok(grown > 1024 * 1024);
    assert.ok(fileOf(directory).bytes < grown / 2, `${fileOf(directory).bytes} of ${grown}`);
    assert.equal(await cache.difference(), null);
    assert.deepEqual(saidBy(cache), said);
    assert.equal(cache.store, "store");
    // Appending continues after the compaction.
    await cache.append([stored(FIRST_FILE_ID, 2, 4_000_000, chunk("new", 64_000))]);
    assert.ok(cache.queries.isStored(chunk("new", 64_000).hash));
    assert.equal(await cache.difference(), null);
  });
});

Deno.test("rows of the cache that can't be read do not count as no rows", async () => {
  await withCache(async (cache, directory) => {
    await cache.begin("store", undefined);
    await cache.append([stored(FIRST_FILE_ID, 2, 0, chunk("a", 64_000))]);
    Deno.removeSync(`${directory}/../projections/CURRENT`);
    cache.forget();
    assert.throws(() => cache.queries, /Cannot read what is cached/);
    await cache.append([use(1)]);
    assert.equal(cache.queries.totals().chunks, 1);
  });
});

Deno.test("after a cache log was deleted, or when it is of another library, nothing counts as stored", async () => {
  await withCache(async (cache, directory) => {
    assert.equal(cache.store, undefined);
    await assert.rejects(cache.append([use(1)]), /there is no log of it/);
    assert.equal(cache.queries.totals().chunks, 0);
    await cache.begin("store", undefined);
    await cache.append([stored(FIRST_FILE_ID, 2, 0, chunk("a", 64_000))]);
    assert.equal(cache.queries.totals().chunks, 1);
    Deno.removeSync(directory, { recursive: true });
    assert.equal(cache.store, undefined);
    await cache.begin("another", undefined);
    assert.equal(cache.store, "another");
    assert.equal(cache.queries.totals().chunks, 0);
  });
});

function fileOf(directory: string): { inode: number | null; bytes: number } {
  const { ino: inode, size: bytes } = Deno.statSync(`${directory}/events.mdb`);
  return { inode, bytes };
}
