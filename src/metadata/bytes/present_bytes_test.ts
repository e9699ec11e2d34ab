import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aiffFile,
  type AudioTags,
  flacFile,
  m4aFile,
  mp3File,
  opusFile,
  wavFile,
} from "../../../scripts/audio/mod.ts";
import { concat } from "../../../scripts/audio/bytes.ts";
import { describedBody, id3TagOf, textBody } from "../../../tests/support/id3_builder.ts";
import { extensionOf, HEAD_BYTES } from "../../base/mod.ts";
import { firstRanges, withPart } from "./file_parts.ts";
import { PresentBytes } from "./present_bytes.ts";
import { type FilePart, SparseBytes } from "./sparse_bytes.ts";
import { readTags, type TagReading } from "../tags/tag_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads a file of which everything can be had. */
function readWhole(file: Bytes, name: string): Promise<TagReading> {
  const bytes = new SparseBytes(file.length, file.slice(0, HEAD_BYTES), (into, offset) => {
    const part = file.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  });
  return readTags(bytes, name, { looksAtEnd: true });
}

/** Reads a file by parts, as long as more of it is asked for. */
async function readParts(
  file: Bytes,
  name: string,
): Promise<{ reading: TagReading; steps: number; fetched: number }> {
  let parts: FilePart[] = [];
  const fetch = (from: number, length: number) => {
    assert.ok(length > 0 && from >= 0 && from + length <= file.length);
    parts = withPart(parts, { from, bytes: file.slice(from, from + length) });
    fetched += length;
  };
  let fetched = 0;
  for (const { from, length } of firstRanges(extensionOf(name), file.length)) fetch(from, length);
  for (let steps = 0; steps <= 24; steps++) {
    const bytes = new PresentBytes(file.length, parts, false);
    const reading = await readTags(bytes, name, { looksAtEnd: true }).catch(() => ({}));
    if (bytes.missing === undefined) return { reading, steps, fetched };
    fetch(bytes.missing.from, bytes.missing.length);
  }
  throw new Error("It is never enough");
}

const tags: fc.Arbitrary<AudioTags> = fc.record({
  title: fc.string({ maxLength: 40 }),
  artist: fc.string({ maxLength: 40 }),
  track: fc.integer({ min: 1, max: 99 }),
  picture: fc.oneof(
    fc.constant(new Uint8Array()),
    fc.integer({ min: 1, max: 400_000 }).map((length) => new Uint8Array(length).fill(0x4f)),
  ),
});
const builders: Record<string, (tags: AudioTags, seed: number) => Bytes> = {
  flac: (tags, seed) => flacFile(tags, { seconds: 2, seed }),
  mp3: (tags, seed) => mp3File(tags, { seconds: 2, seed, id3v1: seed % 2 === 0 }),
  m4a: (tags, seed) => m4aFile(tags, { seconds: 2, seed, indexLast: seed % 2 === 0 }),
  opus: (tags, seed) => opusFile(tags, { seconds: 2, seed }),
  aiff: (tags, seed) => aiffFile(tags, { seconds: 2, seed }),
  wav: (_, seed) => wavFile({}, { seconds: 2, seed }),
};
const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });

Deno.test("a file says the same by the parts that are asked for as when all of it is there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(builders)),
      fc.constantFrom(...Object.keys(builders)),
      tags,
      fc.nat(7),
      damage,
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      async (kind, extension, tags, seed, damage, share) => {
        const whole = builders[kind]!(tags, seed);
        const file = whole.slice(0, seed % 3 === 0 ? whole.length * share : whole.length);
        for (const [at, value] of damage) file[at % Math.min(file.length, 8192)] = value;
        const name = `x.${extension}`;
        const { reading, fetched } = await readParts(file, name);
        assert.deepEqual(reading, await readWhole(file, name));
        assert.ok(fetched <= file.length);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("tags behind megabytes of others are reached in steps that double", async () => {
  const lyrics = { id: "TXXX", body: describedBody("x", "y".repeat(60_000)) };
  const title = { id: "TIT2", body: textBody("Behind") };
  const tag = id3TagOf(3, [...new Array(100).fill(lyrics), title]);
  const file = concat([tag, mp3File({}, { id3: null })]);
  const { reading, steps } = await readParts(file, "x.mp3");
  assert.equal(reading.tags!.title, "Behind");
  assert.ok(steps > 0 && steps <= 16, `${steps} steps`);
});

Deno.test("a file that hides its tags too well is told by what is there", async () => {
  const file = aiffFile({ title: "Behind", picture: new Uint8Array(100_000) });
  const tagsAt = new TextDecoder("latin1").decode(file).indexOf("ID3 ");
  const parts = [{ from: 0, bytes: file.slice(0, tagsAt) }];
  const bytes = new PresentBytes(file.length, parts, true);
  const { format, tags, properties } = await readTags(bytes, "x.aiff", { looksAtEnd: true });
  assert.deepEqual([format, tags, properties?.sample_rate], ["aiff", {}, 8_000]);
  assert.equal(bytes.missing, undefined);
});
