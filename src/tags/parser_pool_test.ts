import assert from "node:assert/strict";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { ParserPool } from "./parser_pool.ts";
import type { FileReading } from "./read_file.ts";

function spawn(path: string): () => Worker {
  return () => new Worker(new URL(path, import.meta.url), { type: "module" });
}

const STUBBORN = spawn("../../tests/support/stubborn_worker.ts");

function titles(readings: readonly FileReading[]): (string | undefined)[] {
  return readings.map((reading) =>
    reading.vanished ? "vanished" : reading.unreadable ?? reading.tags?.title
  );
}

async function withPool(
  pool: ParserPool,
  run: (pool: ParserPool) => Promise<void>,
): Promise<void> {
  try {
    await run(pool);
  } finally {
    pool.close();
  }
}

Deno.test("the pool reads files in the order they were asked for", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeFile(`${root}/a.flac`, flacFile({ title: "A" }));
  await Deno.writeFile(`${root}/b.mp3`, mp3File({ title: "B" }));
  await Deno.writeFile(`${root}/c.mp3`, new Uint8Array());
  await Deno.mkdir(`${root}/directory.flac`);
  await withPool(new ParserPool(2), async (pool) => {
    const [first, second] = await Promise.all([
      pool.read(root, ["b.mp3", "gone.flac", "a.flac", "directory.flac"]),
      pool.read(root, ["c.mp3"]),
    ]);
    assert.deepEqual(titles(first), ["B", "vanished", "A", "vanished"]);
    assert.deepEqual(titles(second), ["Empty file"]);
    const { size, mtime } = await Deno.stat(`${root}/b.mp3`);
    const reading = first[0]!;
    assert.ok(!reading.vanished);
    assert.equal(reading.size, size);
    assert.equal(reading.mtime_s, Math.floor(mtime!.getTime() / 1000));
  });
  await Deno.remove(root, { recursive: true });
});

Deno.test("a parser that is stuck on a file is ended, and everything else is read", async () => {
  await withPool(new ParserPool(2, STUBBORN), async (pool) => {
    const [first, second] = await Promise.all([
      pool.read("/", ["1", "stuck", "2"]),
      pool.read("/", ["3", "4", "stuck too"]),
    ]);
    assert.deepEqual(titles(first), ["1", "Parsing it took longer than 1000 ms", "2"]);
    assert.deepEqual(titles(second), ["3", "4", "Parsing it took longer than 1000 ms"]);
  });
});

Deno.test("a parser that dies takes one file along", async () => {
  await withPool(new ParserPool(1, STUBBORN), async (pool) => {
    const readings = await pool.read("/", ["1", "crash", "2", "3"]);
    assert.deepEqual([titles(readings)[0], ...titles(readings).slice(2)], ["1", "2", "3"]);
    assert.match(titles(readings)[1]!, /Its parser failed: .*Out of cheese/);
  });
});

Deno.test("a worker that can't be loaded rejects instead of blaming files", async () => {
  await withPool(
    new ParserPool(1, spawn("./no_such_worker.ts")),
    async (pool) => {
      await assert.rejects(pool.read("/", ["1", "2"]), /parser failed/);
    },
  );
});

Deno.test("a closed pool rejects what it has not read", async () => {
  const pool = new ParserPool(1, STUBBORN);
  const reading = pool.read("/", ["stuck"]);
  const rejected = assert.rejects(reading, /was closed/);
  pool.close();
  await rejected;
  await assert.rejects(pool.read("/", ["1"]), /is closed/);
});
