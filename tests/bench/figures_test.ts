import assert from "node:assert/strict";
import { type BenchResults, figures, figureTable, type FileFigures } from "./figures.ts";
import { medianFigures } from "./measured_files.ts";

function fileFigures(factor: number): FileFigures {
  return {
    stat_cold_us: { p50: 40 * factor, p99: 90 },
    stat_warm_us: { p50: 2.2 * factor, p99: 4 },
    open_us: { p50: 30 * factor, p99: 90 },
    scandir_stat_ms: 1_000 * factor,
    walk_files_per_s: 50_000 / factor,
    read_first_mb_s: 1_000 / factor,
    read_again_mb_s: 5_000 / factor,
    read_4k_us: { p50: 20 * factor, p99: 40 },
  };
}

const GOOD: BenchResults = {
  files: {
    bare: fileFigures(0.4),
    mergerfs: fileFigures(1),
    musicfs: fileFigures(0.45),
    plain: fileFigures(0.45),
  },
  mountMs: { few: 100, many: 110 },
  scan: { musicfs: 8_000, mutagen: 6_000, rescan: 60_000, replay: 70_000 },
  memory: { idle: 45, walked: 100 },
  projections: {
    ...{ known: 1_000_000, bytes: 1e9, bareCpuS: 8, replay: { s: 9, cpuS: 9, longestMs: 20 } },
    fill: { s: 30, cpuS: 30, longestMs: 20 },
    looks: { count: 1_000, p50Ms: 0.2, p99Ms: 1, startMs: 100 },
    template: { s: 20, cpuS: 20, longestMs: 30 },
    leaving: { s: 20, cpuS: 20, longestMs: 40 },
  },
  many: {
    known: 10_000_000,
    projected: { s: 600, cpuS: 600, bytes: 9e9 },
    mountMs: { few: 100, many: 110 },
    memory: { idle: 40, walked: 100 },
  },
  search: {
    known: 1_000_000,
    answers: { musicfs: { p50: 14, p95: 80 }, SQLite: { p50: 10, p95: 300 } },
    beetsMs: 300,
    asked: { p50: 16, p95: 90 },
    ...{ statP99Ms: 1, listingMs: 90, newFileMs: 900 },
    collection: { count: 10_000, first_ms: 15, ms: 120 },
    indexing: { tracksPerS: 70_000, share: 0.3 },
  },
  content: {
    readMbS: { musicfs: 1_500, rclone: 500, plain: 1_600 },
    smallUs: { musicfs: 40, rclone: 90, plain: 25 },
    besideUs: { musicfs: 20, rclone: 60, plain: 15 },
    paced: { few: 2, many: 3 },
    greedy: { few: 10, many: 100 },
    load: { open: 1_500, memory: 300 },
  },
  remote: {
    s3: { firstByte: remote(50, 60), far: remote(100, 50), near: remote(100, 90) },
    sftp: { firstByte: remote(50, 60), far: remote(100, 50), near: remote(100, 90) },
  },
  remoteScan: { s3: 250, sftp: 250 },
};

function remote(musicfs: number, peer: number): Record<string, number> {
  return { musicfs, peer };
}

function missed(results: BenchResults): string[] {
  return figures(results).filter(({ reached }) => reached === false).map(({ name }) => name);
}

Deno.test("figures() finds every target reached when it is", () => {
  assert.deepEqual(missed(GOOD), []);
  assert.ok(figures(GOOD).every(({ reached }) => reached !== false));
});

Deno.test("figures() names what was missed", () => {
  assert.deepEqual(missed({ ...GOOD, mountMs: { few: 100, many: 130 } }), [
    "mount, all tracks known",
  ]);
  assert.deepEqual(missed({ ...GOOD, memory: { idle: 51, walked: 121 } }), [
    "resident, idle",
    "resident, all walked",
  ]);
  assert.deepEqual(missed({ ...GOOD, scan: { musicfs: 5_500, mutagen: 6_000 } }), ["scan"]);
  const search = {
    ...GOOD.search!,
    answers: { musicfs: { p50: 14, p95: 101 }, SQLite: { p50: 6, p95: 300 } },
    asked: { p50: 16, p95: 101 },
    ...{ statP99Ms: 2.1, listingMs: 210, newFileMs: 2_100 },
    collection: { count: 10_000, first_ms: 21, ms: 151 },
    indexing: { tracksPerS: 50_000, share: 0.41 },
  };
  assert.deepEqual(missed({ ...GOOD, search }), [
    "mixed queries, p50",
    "mixed queries, p95",
    "the same asked of the engine, p95",
    "a cold stat meanwhile, p99",
    "ls of 1,000 results",
    "ls of a collection of 10,000, first name",
    "the same, last name",
    "indexing",
    "the index's part of the library",
    "a new file until it is found",
  ]);
  assert.deepEqual(missed({ ...GOOD, search: { ...GOOD.search!, beetsMs: 270 } }), [
    "mixed queries, p50",
  ]);
  assert.deepEqual(missed({ ...GOOD, search: { ...GOOD.search!, beetsMs: undefined } }), []);
  const slow = {
    ...GOOD,
    files: { ...GOOD.files, musicfs: fileFigures(1.1), plain: fileFigures(0.6) },
  };
  assert.deepEqual(missed(slow), [
    "cold stat p50",
    "warm stat p50",
    "open p50",
    "scandir + stat, wide",
    "os.walk",
    "first read, plain",
    "first read, passed through",
    "random 4 KiB p50, passed",
  ]);
});

Deno.test("figures() says nothing about what was not measured", () => {
  const none = figures({
    files: {},
    mountMs: {},
    scan: {},
    memory: {},
    remote: {},
    remoteScan: {},
  });
  assert.ok(none.every(({ reached }) => reached === undefined));
  const alone = figures({ ...GOOD, files: { musicfs: fileFigures(1) } });
  assert.equal(alone.find(({ name }) => name === "open p50")!.reached, undefined);
});

Deno.test("figureTable() lines up the columns and leaves out peers that were absent", () => {
  const rows = figures(GOOD).filter(({ group }) => group === "files" || group === "scan");
  const lines = figureTable(rows).split("\n");
  assert.equal(lines.length, rows.length + 1);
  assert.match(lines[0]!, /^figure +unit +musicfs +bare +mergerfs +mutagen +to reach +reached$/);
  assert.match(
    lines.find((line) => line.startsWith("os.walk"))!,
    /files\/s +111,111 +125,000 +50,000/,
  );
});

Deno.test("medianFigures() takes the middle of each figure by itself", () => {
  const looks = [fileFigures(1), fileFigures(3), fileFigures(2)];
  assert.deepEqual(medianFigures(looks), fileFigures(2));
  const odd = { ...fileFigures(3), scandir_stat_ms: 1 };
  assert.equal(medianFigures([fileFigures(1), odd, fileFigures(2)]).scandir_stat_ms, 1_000);
});
