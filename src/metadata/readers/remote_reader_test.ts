import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { aiffFile, flacFile, m4aFile, mp3File, opusFile } from "../../../scripts/audio/mod.ts";
import { CountedOrigin } from "../../../tests/support/counted_origin.ts";
import {
  MemoryOrigin,
  type Origin,
  OriginChanged,
  OriginDown,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  OriginUnreadable,
} from "../../origins/mod.ts";
import type { ListedFile } from "./file_reader.ts";
import { ParserPool } from "../parser/parser_pool.ts";
import { RemoteReader } from "./remote_reader.ts";

const NEVER = new AbortController().signal;

/** A memory origin of which the reads of some files are made to fail. */
class FailingOrigin extends MemoryOrigin {
  readonly failures = new Map<string, () => Error | undefined | Promise<Error>>();
  /** Called before each read. */
  onRead: (path: string) => void = () => {};

  override async *read(
    ...args: Parameters<MemoryOrigin["read"]>
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    this.onRead(args[0]);
    const error = await this.failures.get(args[0])?.();
    if (error !== undefined) throw error;
    yield* super.read(...args);
  }
}

async function withPool(run: (pool: ParserPool) => Promise<void>): Promise<void> {
  const pool = new ParserPool({ size: 1 });
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

function listed(origin: MemoryOrigin): ListedFile[] {
  return [...origin.files].map(([path, { bytes: _, ...version }]) => ({ path, ...version }));
}

/** What each file gave, in a word. */
async function said(origin: Origin, pool: ParserPool, files: ListedFile[]): Promise<string[]> {
  const readings = await new RemoteReader(origin, pool).read(files, NEVER);
  return readings.map((reading) => {
    if ("skipped" in reading) return `skipped: ${reading.skipped}`;
    if (reading.vanished) return "vanished";
    return reading.unreadable ?? reading.tags?.title ?? "untitled";
  });
}

Deno.test("remote files are known by a few KB of their head and tail, fetched in one go", async () => {
  const origin = new MemoryOrigin("far");
  const builders = { flac: flacFile, mp3: mp3File, m4a: m4aFile, opus: opusFile, aiff: aiffFile };
  for (const [extension, build] of Object.entries(builders)) {
    origin.write(`x.${extension}`, build({ title: extension }, { seconds: 20 }));
  }
  await withPool(async (pool) => {
    for (const file of listed(origin)) {
      const counted = new CountedOrigin(origin);
      assert.deepEqual(await said(counted, pool, [file]), [file.path.slice(2)]);
      assert.ok(counted.reads <= 3, `${file.path} took ${counted.reads} reads`);
      assert.ok(counted.bytes <= 40_000, `${file.path} took ${counted.bytes} bytes`);
    }
  });
});

Deno.test("many files are read at a time, in order, and no more than may be", async () => {
  const origin = new MemoryOrigin("far");
  for (let i = 0; i < 200; i++) origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
  await withPool(async (pool) => {
    const counted = new CountedOrigin(origin, 5);
    const titles = await said(counted, pool, listed(origin));
    assert.deepEqual(titles, Array.from({ length: 200 }, (_, i) => `${i}`));
    assert.ok(counted.openMax > 32 && counted.openMax <= 128, `${counted.openMax} at a time`);
  });
});

Deno.test("a file that changed since it was listed is told in its newer version", async () => {
  const origin = new FailingOrigin("far");
  origin.write("a.flac", flacFile({ title: "old" }));
  origin.write("b.flac", flacFile({ title: "b" }));
  const files = listed(origin);
  const tag = { etag: "a tag" };
  origin.files.set("b.flac", { ...origin.files.get("b.flac")!, ...tag });
  origin.onRead = () => {
    origin.onRead = () => {};
    origin.write("a.flac", flacFile({ title: "new, and longer" }));
  };
  await withPool(async (pool) => {
    const readings = await new RemoteReader(origin, pool).read(files, NEVER);
    const [a, b] = readings;
    assert.ok(a && "tags" in a && b && "tags" in b);
    const { bytes, ...version } = origin.files.get("a.flac")!;
    assert.equal(a.tags!.title, "new, and longer");
    assert.deepEqual([a.size, a.mtime_s], [bytes.length, version.mtime_s]);
    assert.ok(!("etag" in b), "the version is the one that was asked for");
    const [tagged] = await new RemoteReader(origin, pool).read(listed(origin).slice(1), NEVER);
    assert.ok(tagged && "tags" in tagged);
    assert.equal(tagged.etag, "a tag");
  });
});

Deno.test("a file that is gone, refused, or never the same is told as that", async () => {
  const origin = new FailingOrigin("far");
  for (const name of ["gone", "refused", "restless", "fine"]) {
    origin.write(`${name}.flac`, flacFile({ title: name }));
  }
  origin.write("empty.flac", new Uint8Array());
  origin.write("elsewhere/lost.flac", flacFile({ title: "lost" }));
  const files = listed(origin);
  origin.remove("gone.flac");
  origin.failures.set("elsewhere/lost.flac", () => new OriginNotFound("No such key"));
  origin.failures.set("refused.flac", () => new OriginRefused("Permission denied"));
  origin.failures.set("restless.flac", () => new OriginChanged("It is newer by now"));
  await withPool(async (pool) => {
    assert.deepEqual(await said(origin, pool, files), [
      "vanished",
      "skipped: Permission denied",
      "skipped: It keeps changing while it is read",
      "fine",
      "Empty file",
      "skipped: It is listed, but the origin does not find it",
    ]);
  });
});

Deno.test("any number of files that are bad are named, and end nothing", async () => {
  const origin = new FailingOrigin("far");
  for (let i = 0; i < 300; i++) {
    origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
    if (i % 10 !== 0) {
      origin.failures.set(`${i}.flac`, () => new OriginUnreadable("Input/output error"));
    }
  }
  await withPool(async (pool) => {
    const expected = Array.from(
      { length: 300 },
      (_, i) => i % 10 === 0 ? `${i}` : "skipped: Input/output error",
    );
    assert.deepEqual(await said(origin, pool, listed(origin)), expected);
  });
});

Deno.test("a file on which an origin goes silent is skipped while the origin answers otherwise", async () => {
  const origin = new FailingOrigin("far");
  for (let i = 0; i < 20; i++) origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
  const silence = () => new OriginUnreachable("Timed out");
  origin.failures.set("3.flac", silence);
  await withPool(async (pool) => {
    const titles = await said(origin, pool, listed(origin));
    assert.deepEqual(titles.slice(2, 5), ["2", "skipped: Timed out", "4"]);
    for (let i = 0; i < 1_000; i++) {
      origin.write(`${i}.flac`, new Uint8Array(1));
      origin.failures.set(`${i}.flac`, silence);
    }
    await assert.rejects(said(origin, pool, listed(origin)), OriginUnreachable);
  });
});

Deno.test("files that were not asked for, because one made the origin silent, are asked for again", async () => {
  const origin = new FailingOrigin("far");
  for (let i = 0; i < 40; i++) origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
  let isOpen = true;
  const check = origin.check.bind(origin);
  let checks = 0;
  origin.check = async () => {
    await check();
    checks++;
    isOpen = false;
  };
  const done = Promise.withResolvers<void>();
  const waiting = new Set(origin.files.keys());
  for (const path of origin.files.keys()) {
    origin.failures.set(path, () => {
      if (isOpen) return new OriginDown("Timed out");
      waiting.delete(path);
      if (waiting.size === 1) done.resolve();
    });
  }
  origin.failures.set("7.flac", async () => {
    if (checks > 0) await done.promise;
    isOpen = true;
    return new OriginDown("Timed out");
  });
  await withPool(async (pool) => {
    const titles = await said(origin, pool, listed(origin));
    const expected = Array.from({ length: 40 }, (_, i) => i === 7 ? "skipped: Timed out" : `${i}`);
    assert.deepEqual(titles, expected);
    assert.ok(checks < 10, `${checks} checks`);
  });
});

Deno.test("an origin that is gone ends everything that is under way", async () => {
  const origin = new FailingOrigin("far");
  for (let i = 0; i < 500; i++) origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
  const files = listed(origin);
  let reads = 0;
  origin.onRead = () => {
    if (++reads === 100) origin.unreachable = "No route to host";
  };
  await withPool(async (pool) => {
    const reader = new RemoteReader(origin, pool);
    await assert.rejects(reader.read(files, NEVER), /No route to host/);
    origin.unreachable = undefined;
    reads = 0;
    await assert.rejects(reader.read(files, NEVER), /No route to host/);
    assert.equal(reads, 0, "its scan is over");
  });
  for (const error of [new OriginUnreachable("Wrong key", { isPermanent: true })]) {
    origin.failures.set("0.flac", () => error);
    await withPool((pool) => assert.rejects(said(origin, pool, files.slice(0, 1)), error));
  }
});

Deno.test("nobody waits any more: reading ends with the reason", async () => {
  const origin = new MemoryOrigin("far");
  for (let i = 0; i < 500; i++) origin.write(`${i}.flac`, flacFile({ title: `${i}` }));
  await withPool(async (pool) => {
    const abort = new AbortController();
    const counted = new CountedOrigin(origin, 10);
    const reading = new RemoteReader(counted, pool).read(listed(origin), abort.signal);
    abort.abort(new Error("Never mind"));
    await assert.rejects(reading, /Never mind/);
    assert.ok(counted.reads <= 128);
  });
});

Deno.test("a remote file on which a parser hangs is unreadable, and the others are read", async () => {
  const parser = fileURLToPath(
    new URL("../../../tests/support/stubborn_parser.ts", import.meta.url),
  );
  const origin = new MemoryOrigin("far");
  for (const name of ["1", "stuck", "2"]) origin.write(name, flacFile({}));
  const pool = new ParserPool({
    size: 1,
    command: () => [Deno.execPath(), ["run", "--quiet", "-A", parser]],
    cpuMs: [300, 600, 1_500],
  });
  try {
    assert.deepEqual(await said(origin, pool, listed(origin)), [
      "1",
      "Parsing it takes more than 600 ms of a processor",
      "2",
    ]);
  } finally {
    await pool.close();
  }
});
