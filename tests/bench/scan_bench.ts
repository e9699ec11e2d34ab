/**
 * Measures how fast tags are read and an unchanged library is walked: files per second, best of three.
 * usage: deno run -A tests/bench/scan_bench.ts [DIR] [WORKERS]; without DIR a library is made.
 */
import { extensionOf, isAudioName, systemClock } from "../../src/base/mod.ts";
import { aiffFile, flacFile, m4aFile, mp3File, opusFile } from "../../scripts/audio/mod.ts";
import { LocalOrigin, type OriginFile } from "../../src/origins/mod.ts";
import { scanOrigin } from "../../src/scan/mod.ts";
import { ParserPool, readerOf } from "../../src/metadata/mod.ts";
import { IndexedLibrary } from "../support/indexed_library.ts";

const ROUNDS = 3;
const JOB_FILES = 64;
const FILES_PER_FORMAT = 4_000;
const BUILDERS = { flac: flacFile, mp3: mp3File, m4a: m4aFile, opus: opusFile, aiff: aiffFile };

const given = Deno.args[0];
const root = given ?? await makeLibrary();
const pool = new ParserPool(Deno.args[1] === undefined ? {} : { size: Number(Deno.args[1]) });
try {
  const files = await list(root);
  console.log(`${files.length} files, ${pool.size} workers`);
  report("walk and stat", files.length, await best(() => list(root)));
  for (const extension of new Set(files.map(({ path }) => extensionOf(path)))) {
    const some = files.filter(({ path }) => extensionOf(path) === extension);
    report(`tags of ${extension}`, some.length, await best(() => readAll(some)));
  }
  const library = new IndexedLibrary();
  const origin = new LocalOrigin("bench", root);
  const scan = (number: number) =>
    scanOrigin({
      origin,
      known: library,
      reader: readerOf(origin, pool),
      append: (events) => Promise.resolve(library.append(events)),
      nextFile: () => library.nextFile(),
      claimed: new Set(),
      clock: systemClock,
    }, { scan: number, mode: "changes", removalsHold: 0.25, removalsConfirmed: () => false });
  const start = performance.now();
  await scan(1);
  report("first scan, without log", files.length, performance.now() - start);
  report("scan with nothing changed", files.length, await best(() => scan(2)));
} finally {
  await pool.close();
  if (given === undefined) await Deno.remove(root, { recursive: true });
}

async function list(root: string): Promise<OriginFile[]> {
  const files: OriginFile[] = [];
  for await (const batch of new LocalOrigin("bench", root).list({ wanted: isAudioName })) {
    for (const entry of batch) if (entry.kind === "file") files.push(entry);
  }
  return files;
}

async function readAll(files: readonly OriginFile[]): Promise<void> {
  const jobs: Promise<unknown>[] = [];
  for (let at = 0; at < files.length; at += JOB_FILES) {
    jobs.push(pool.read(root, files.slice(at, at + JOB_FILES)));
  }
  await Promise.all(jobs);
}

async function best(run: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function report(what: string, files: number, ms: number): void {
  const rate = Math.round(files * 1000 / ms).toLocaleString("en");
  console.log(`${what.padEnd(28)} ${rate.padStart(10)} files/s  ${ms.toFixed(0).padStart(6)} ms`);
}

async function makeLibrary(): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "musicfs-scan-bench-" });
  for (const [extension, build] of Object.entries(BUILDERS)) {
    for (let i = 0; i < FILES_PER_FORMAT; i++) {
      const [artist, album] = [`Artist ${Math.floor(i / 100)}`, `Album ${Math.floor(i / 10) % 10}`];
      const directory = `${root}/${extension}/${artist}/${album}`;
      if (i % 10 === 0) await Deno.mkdir(directory, { recursive: true });
      const tags = {
        title: `Title ${i}`,
        artist,
        album,
        track: i % 10 + 1,
        year: 1999,
        genre: "Rock",
      };
      await Deno.writeFile(
        `${directory}/${i % 10}.${extension}`,
        build(tags, { seconds: 3, seed: i }),
      );
    }
  }
  return root;
}
