import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeRecord, encodeBody, encodeRecord } from "./codec.ts";
import { LogCorrupt } from "./errors.ts";

/** Any value without the field name `__proto__`, which no event has: msgpackr renames it. */
const json = fc.jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

Deno.test("decodeRecord() gives back what encodeRecord() took", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.nat(), json, (seq, at, data) => {
      const record = encodeRecord(seq, encodeBody({ type: "Thing", v: 2, data }, at));
      assert.deepEqual(decodeRecord(seq, record), plain({ type: "Thing", v: 2, at, data }));
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeRecord() refuses any flipped bit", () => {
  const record = encodeRecord(7, encodeBody({ type: "T", v: 1, data: { a: "b", c: [1, 2] } }, 5));
  for (let bit = 0; bit < record.length * 8; bit++) {
    const damaged = record.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => decodeRecord(7, damaged), LogCorrupt);
  }
});

Deno.test("decodeRecord() refuses a record at another position, and one cut short", () => {
  const record = encodeRecord(7, encodeBody({ type: "T", v: 1, data: null }, 5));
  assert.throws(() => decodeRecord(8, record), LogCorrupt);
  for (let length = 0; length < record.length; length++) {
    assert.throws(() => decodeRecord(7, record.subarray(0, length)), LogCorrupt);
  }
});

Deno.test("decodeRecord() survives any body under a right checksum", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (body) => {
      try {
        decodeRecord(1, encodeRecord(1, body));
      } catch (error) {
        assert(error instanceof LogCorrupt, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodeBody() writes hashes as bytes, and texts that only look like one as they are", () => {
  const hash = (digit: string, length: number) => digit.repeat(length);
  const events = [
    {
      type: "ChunksStored",
      data: { chunks: [{ hash: hash("a", 64), length: 1 }, { hash: hash("A", 64), length: 1 }] },
    },
    { type: "ChunkCorrupted", data: { hash: hash("0", 64), reason: hash("0", 64) } },
    {
      type: "FilesObserved",
      data: {
        files: [
          { path: hash("b", 32), audio: hash("b", 32), etag: hash("c", 32) },
          { path: "x", etag: `${hash("c", 32)}-2` },
          { path: "y" },
        ],
      },
    },
  ];
  for (const { type, data } of events) {
    const before = structuredClone(data);
    const record = encodeRecord(1, encodeBody({ type, v: 1, data }, 5));
    assert.deepEqual(data, before, "what is appended stays as it is");
    assert.deepEqual(decodeRecord(1, record), { type, v: 1, at: 5, data });
  }
  const sizes = [hash("a", 64), hash("x", 64)].map((hash) =>
    encodeBody({ type: "ChunkCorrupted", v: 1, data: { hash, reason: "" } }, 5).length
  );
  assert.equal(sizes[1]! - sizes[0]!, 32);
});

Deno.test("a record says whether it may be passed over", () => {
  const event = { type: "T", v: 1, data: {} };
  for (const passable of [true, false]) {
    const record = encodeRecord(1, encodeBody({ ...event, passable }, 5));
    assert.equal(decodeRecord(1, record).passable ?? false, passable);
  }
});

/** The value as JSON expresses it: no negative zero, no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
