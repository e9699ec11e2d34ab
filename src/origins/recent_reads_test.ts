import assert from "node:assert/strict";
import fc from "fast-check";
import { FaultyOrigin } from "../../tests/support/faulty_origin.ts";
import { noise } from "../../tests/support/content_world.ts";
import { MemoryOrigin } from "./memory/memory_origin.ts";
import { OriginChanged } from "./origin.ts";
import { readBytes } from "./read_bytes.ts";
import { RecentReads } from "./recent_reads.ts";

const SIZE = 3_000;

function setUp(bytesMax?: number) {
  const memory = new MemoryOrigin("nas");
  const faulty = new FaultyOrigin(memory);
  const recent = new RecentReads(bytesMax);
  const bytes = noise(SIZE, 1);
  memory.write("a", bytes);
  return {
    ...{ memory, faulty, bytes },
    scan: recent.remembering(faulty),
    reader: recent.recalling(faulty),
    version: () => memory.files.get("a")!,
  };
}

const range = fc.tuple(fc.nat(SIZE + 100), fc.nat(SIZE)).map(([from, length]) => ({
  from,
  length,
}));

Deno.test("remembered bytes are not read again, and the results are the same as without memory", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(range), fc.array(range), async (scanned, read) => {
      const { faulty, bytes, scan, reader, version } = setUp();
      const known = new Set<number>();
      for (const { from, length } of scanned) {
        await readBytes(scan, "a", from, length, { version: version() });
        for (let at = from; at < Math.min(SIZE, from + length); at++) known.add(at);
      }
      for (const { from, length } of read) {
        const before = faulty.bytes;
        const found = await readBytes(reader, "a", from, length, { version: version() });
        assert.deepEqual(found, bytes.slice(from, from + length));
        let missing = 0;
        for (let at = from; at < Math.min(SIZE, from + length); at++) {
          missing += known.has(at) ? 0 : 1;
        }
        assert.equal(faulty.bytes - before, missing);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("nothing is recalled for another version, nor for a read without a version", async () => {
  const { memory, faulty, scan, reader, version } = setUp();
  const before = version();
  await readBytes(scan, "a", 0, SIZE, { version: before });
  assert.equal(faulty.bytes, SIZE);
  await readBytes(reader, "a", 0, 10);
  assert.equal(faulty.bytes, SIZE + 10);
  memory.write("a", noise(SIZE, 2));
  assert.deepEqual(
    await readBytes(reader, "a", 0, 10, { version: version() }),
    noise(SIZE, 2).slice(0, 10),
  );
  assert.equal(faulty.bytes, SIZE + 20);
  await assert.rejects(
    readBytes(reader, "a", SIZE - 10, 20, { version: { ...before, size: SIZE + 1 } }),
    OriginChanged,
  );
});

Deno.test("the oldest read is forgotten first, and one that broke off is not remembered", async () => {
  const { memory, faulty, scan, reader } = setUp(2 * SIZE);
  const options = (path: string) => ({ version: memory.files.get(path)! });
  for (const [i, path] of ["a", "b", "c"].entries()) {
    memory.write(path, noise(SIZE, i));
    await readBytes(scan, path, 0, SIZE, options(path));
  }
  memory.write("d", noise(SIZE, 9));
  faulty.plan = () => ({ kind: "reset", after: 100 });
  await assert.rejects(readBytes(scan, "d", 0, SIZE, options("d")));
  faulty.plan = () => undefined;
  const asked: number[] = [];
  for (const path of ["a", "b", "c", "d"]) {
    const before = faulty.bytes;
    await readBytes(reader, path, 0, SIZE, options(path));
    asked.push(faulty.bytes - before);
  }
  assert.deepEqual(asked, [SIZE, 0, 0, SIZE]);
});
