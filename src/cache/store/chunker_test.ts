import assert from "node:assert/strict";
import fc from "fast-check";
import { CHUNK_BYTES_AVERAGE, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "../../base/mod.ts";
import { Chunker } from "./chunker.ts";
import { GEAR } from "./gear.ts";

const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1e9);
const RUNS = { seed: SEED, numRuns: 60 };
const MIB = 1024 * 1024;

const arbitraryBytes = fc.record({ seed: fc.nat(), length: fc.nat({ max: 2 * MIB }) })
  .map(({ seed, length }) => noise(seed, length));

Deno.test(`chunks contain the pushed bytes, however these are divided into pushes (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      arbitraryBytes,
      fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 1e12 }),
      fc.array(fc.nat({ max: 2 * MIB }), { maxLength: 5 }),
      (bytes, pushes, start, borders) => {
        const absolute = borders.map((border) => start + border);
        const chunks = cut(bytes, { start, borders: absolute });
        assertSame(concatenated(chunks), bytes);
        const piecewise = cut(bytes, { start, borders: absolute, pushes });
        assert.deepEqual(piecewise.map(({ length }) => length), chunks.map(({ length }) => length));
        assertSame(concatenated(piecewise), bytes);
      },
    ),
    RUNS,
  );
});

Deno.test(`chunks keep their size bounds except at borders and ends, and end at every border (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      arbitraryBytes,
      fc.nat({ max: 1e12 }),
      fc.array(fc.nat({ max: 2 * MIB }), { maxLength: 5 }),
      (bytes, start, relative) => {
        const borders = relative.map((border) => start + border);
        const ends = endsOf(cut(bytes, { start, borders }), start);
        const last = start + bytes.length;
        for (const border of borders) {
          if (border > start && border < last) assert(ends.includes(border));
        }
        let from = start;
        for (const end of ends) {
          const length = end - from;
          assert(length > 0 && length <= CHUNK_BYTES_MAX);
          if (end !== last && !borders.includes(end)) assert(length >= CHUNK_BYTES_MIN);
          from = end;
        }
        assert.equal(from, last);
      },
    ),
    RUNS,
  );
});

Deno.test(`the same content at another offset is soon cut at the same places (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 400_000 }), (seed, shift) => {
      const bytes = noise(seed, 3 * MIB);
      const known = new Set(endsOf(cut(bytes), 0));
      const shifted = endsOf(cut(bytes.slice(shift)), shift);
      const first = shifted.findIndex((end) => known.has(end));
      // With a thousand seeds this took four chunks at most; after one common end all ends are common.
      assert(first >= 0 && shifted[first]! - shift < 2 * MIB, `resynchronised at ${first}`);
      for (const end of shifted.slice(first)) assert(known.has(end));
    }),
    RUNS,
  );
});

Deno.test(`an insertion changes only the chunks around it (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat({ max: 3 * MIB }),
      fc.integer({ min: 1, max: 100_000 }),
      (seed, at, length) => {
        const bytes = noise(seed, 4 * MIB);
        const changed = concatenated([
          bytes.subarray(0, at),
          noise(seed + 1, length),
          bytes.subarray(at),
        ]);
        const before = endsOf(cut(bytes), 0);
        const after = endsOf(cut(changed), 0);
        assert.deepEqual(after.filter((end) => end <= at), before.filter((end) => end <= at));
        const moved = new Set(before.map((end) => end + length));
        const known = after.filter((end) => end >= at + length && moved.has(end));
        assert(known.length > 0 && known[0]! - at - length < 2 * MIB);
        assert.deepEqual(known, after.filter((end) => end >= known[0]!));
      },
    ),
    RUNS,
  );
});

Deno.test("bytes after a border are cut as if they were at the start of a file", () => {
  const head = noise(1, 123_457);
  const sound = noise(2, 2 * MIB);
  const whole = cut(concatenated([head, sound]), { borders: [head.length] });
  const ends = endsOf(whole, -head.length).filter((end) => end > 0);
  assert.deepEqual(ends, endsOf(cut(sound), 0));
});

Deno.test("a run of one value is cut at the greatest size, and a chunk smaller than a push is a view of it", () => {
  const zeros = cut(new Uint8Array(1_000_000));
  assert.deepEqual(zeros.map(({ length }) => length), [
    CHUNK_BYTES_MAX,
    CHUNK_BYTES_MAX,
    CHUNK_BYTES_MAX,
    1_000_000 - 3 * CHUNK_BYTES_MAX,
  ]);
  const bytes = noise(3, MIB);
  assert(cut(bytes).every(({ buffer }) => buffer === bytes.buffer));
  assert.deepEqual(new Chunker(7, []).end(), []);
});

Deno.test("chunks of random bytes are near the average, few are far from it", () => {
  const sizes = cut(noise(4, 64 * MIB)).map(({ length }) => length);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  assert(mean > CHUNK_BYTES_AVERAGE && mean < 1.25 * CHUNK_BYTES_AVERAGE, `mean ${mean}`);
  assert(sizes.filter((size) => size === CHUNK_BYTES_MAX).length <= sizes.length / 1000);
  assert(sizes.filter((size) => size < CHUNK_BYTES_AVERAGE / 2).length < sizes.length / 6);
});

Deno.test("the table of the rolling hash is the one that stored chunks were cut by", () => {
  assert.deepEqual([...GEAR.slice(0, 4), ...GEAR.slice(-2)], [
    597111792,
    -1727015927,
    427565404,
    -1208743996,
    869532983,
    1571321251,
  ]);
  assert.equal(new Set(GEAR).size, 256);
  // Every version of the program cut these bytes at these places; other places would make users' caches worthless.
  const ends = endsOf(cut(noise(5, MIB)), 0);
  assert.deepEqual(ends.slice(0, 4), [89395, 168479, 239250, 255803]);
});

interface CutOptions {
  readonly start?: number;
  readonly borders?: readonly number[];
  /** Sizes of the pushes, repeated as often as needed; one push when absent. */
  readonly pushes?: readonly number[];
}

function cut(
  bytes: Uint8Array<ArrayBuffer>,
  { start = 0, borders = [], pushes = [bytes.length + 1] }: CutOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const chunker = new Chunker(start, borders);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pushes[i % pushes.length]!;
    chunks.push(...chunker.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return [...chunks, ...chunker.end()];
}

/** Like deepEqual, which is slow for megabytes. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert.equal(at, -1, `differs at ${at}`);
}

function endsOf(chunks: readonly Uint8Array[], start: number): number[] {
  let at = start;
  return chunks.map(({ length }) => at += length);
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Bytes that look random and are the same for the same seed (Marsaglia's xorshift32). */
function noise(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) || 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer, 0, length);
}
