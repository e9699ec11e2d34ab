import assert from "node:assert/strict";
import type { MusicEvent } from "../../events/mod.ts";
import {
  EDGE_BYTES,
  FIRST_OTHER_FILE_ID,
  toContentVersion,
  toFileId,
  toNodeId,
} from "../../src/base/mod.ts";
import {
  adopted,
  chunk,
  corrupted,
  evicted,
  partsCompared,
  stored,
  used,
} from "../../tests/support/content_events.ts";
import { configured, flac, gone, observed, template } from "../../tests/support/music_events.ts";
import { given, type World } from "../../tests/support/projection_spec.ts";
import { LibraryReader, StoredReader } from "../mod.ts";
import { takingPlainIds } from "../../tests/support/plain_ids.ts";

const KB = 1024;
const OTHER = toFileId(FIRST_OTHER_FILE_ID);
const SIZE = 400 * KB;
/** The events of a file. They are at positions 1 and 2, so the version of the file is 2. */
const one = [
  configured("local", "/srv/music"),
  observed(1, flac(1024, "x.flac", {}, { size: SIZE, audio_start: 40 * KB, audio_end: SIZE })),
];

function offsets({ content }: World, version = 2): number[] {
  return content().storedParts(1024, version, 0, SIZE, 100).map(({ offset }) => offset);
}

Deno.test("manifests: bytes near the ends of the sound, and around the sound, are metadata", async () => {
  await given(one, async (world) => {
    const { when, content } = world;
    const chunks = "abcdefghij".split("").map((letter) => chunk(letter, 40 * KB));
    await when(stored(1024, 2, 0, ...chunks));
    assert.equal(EDGE_BYTES, 32 * KB);
    // Chunk 0 is before the sound, which begins at 40 KB in chunk 1, and ends in chunk 9.
    assert.deepEqual(
      content().hashesOf(1024, 2, "metadata"),
      [0, 1, 9].map((i) => chunks[i]!.hash),
    );
    assert.equal(content().manifest(1024, 2)!.metadata_bytes, 120 * KB);
    await when(evicted("content", { file: 1024, version: 2 }));
    assert.deepEqual(offsets(world), [0, 40 * KB, 360 * KB]);
    const totals = { bytes: 120 * KB, chunks: 3, part_bytes: 120 * KB, metadata_bytes: 120 * KB };
    assert.deepEqual(content().totals(), { ...totals, provisional_bytes: 0, parts: 3 });
    await when(evicted("all", { file: 1024, version: 2 }));
    assert.equal(content().manifest(1024, 2), undefined);
    assert.equal(content().totals().bytes, 0);
  });
});

Deno.test("manifests: most of a file is content even when its header names little as the sound", async () => {
  const size = 100 * KB * KB;
  for (const facts of [{ audio_start: 0, audio_end: KB }, { audio_start: 99 * KB * KB }]) {
    const file = observed(1, flac(1024, "x.flac", {}, { size, ...facts }));
    await given([configured("local", "/srv/music"), file], async ({ when, content }) => {
      const at = {
        head: chunk("a", 16 * KB),
        middle: chunk("b", 16 * KB),
        tail: chunk("c", 16 * KB),
      };
      await when(stored(1024, 2, 0, at.head));
      await when(stored(1024, 2, size / 2, at.middle));
      await when(stored(1024, 2, size - 16 * KB, at.tail));
      assert.deepEqual(content().hashesOf(1024, 2, "content"), [at.middle.hash]);
    });
  }
});

Deno.test("manifests: a chunk that overlaps a stored part is left out, the others are stored", async () => {
  await given(one, async (world) => {
    await world.when(stored(1024, 2, 100, chunk("a", 50)));
    await world.when(stored(1024, 2, 0, chunk("b", 60), chunk("c", 60), chunk("d", 40)));
    assert.deepEqual(offsets(world), [0, 100]);
    await world.when(stored(1024, 2, 60, chunk("e", 40), chunk("f", 50), chunk("g", 1)));
    assert.deepEqual(offsets(world), [0, 60, 100, 150]);
    assert.equal(world.content().isStored(chunk("f", 50).hash), false);
  });
});

Deno.test("manifests: equal bytes are stored once, and go with the last file that has them", async () => {
  const two = [...one, observed(1, flac(1025, "y.flac", {}, { size: SIZE }))];
  await given(two, async ({ when, content }) => {
    const same = chunk("a", 64 * KB);
    await when(stored(1024, 2, 100 * KB, same, same), stored(1025, 3, 0, same));
    const totals = { bytes: 64 * KB, chunks: 1, part_bytes: 192 * KB, metadata_bytes: 64 * KB };
    assert.deepEqual(content().totals(), { ...totals, provisional_bytes: 0, parts: 3 });
    await when(evicted("all", { file: 1025, version: 3 }));
    assert.equal(content().totals().metadata_bytes, 0);
    assert.equal(content().isStored(same.hash), true);
    await when(evicted("content", { file: 1024, version: 2 }));
    assert.equal(content().isStored(same.hash), false);
    assert.equal(content().totals().chunks, 0);
  });
});

Deno.test("manifests: a corrupt chunk is no part of any file any more", async () => {
  await given(one, async (world) => {
    const bad = chunk("b", 10);
    await world.when(stored(1024, 2, 0, chunk("a", 10), bad, chunk("c", 10), bad));
    await world.when(corrupted(bad.hash));
    assert.deepEqual(offsets(world), [0, 20]);
    await world.when(corrupted(bad.hash), stored(1024, 2, 10, bad));
    assert.deepEqual(offsets(world), [0, 10, 20]);
  });
});

Deno.test("manifests: a former version keeps its parts, and is evicted first", async () => {
  await given(one, async (world) => {
    const { when, content } = world;
    await when(stored(1024, 2, 0, chunk("a", 10)), stored(1024, 1, 0, chunk("u", 10)));
    await when(observed(2, flac(1024, "x.flac", { title: "T" }, { size: SIZE + 1, etag: "e" })));
    await when(stored(1024, 3, 0, chunk("b", 10)), stored(1024, 2, 10, chunk("c", 10)));
    assert.deepEqual(
      content().manifestsOf(1024).map((
        { version, current, size, etag, audio_start },
      ) => (
        { version, current, size, etag, audio_start }
      )),
      [
        { version: 3, current: true, size: SIZE + 1, etag: "e", audio_start: null },
        { version: 2, current: false, size: SIZE, etag: null, audio_start: 40 * KB },
        { version: 1, current: false, size: null, etag: null, audio_start: null },
      ],
    );
    const order = () => [...content().leastRecentlyUsed("metadata")].map(({ version }) => version);
    assert.deepEqual(order(), [1, 2, 3]);
    await when(used(1024));
    assert.deepEqual(order(), [1, 2, 3]);
    await when(gone(3, 1024));
    assert.equal(content().manifest(1024, 3)!.current, false);
  });
});

Deno.test("manifests: used files are evicted after unused ones", async () => {
  const two = [...one, observed(1, flac(1025, "y.flac", {}, { size: SIZE }))];
  await given(two, async ({ when, content }) => {
    await when(stored(1024, 2, 0, chunk("a", 10)), stored(1025, 3, 0, chunk("b", 10)));
    const order = () => [...content().leastRecentlyUsed("metadata")].map(({ file }) => file);
    assert.deepEqual(order(), [1024, 1025]);
    await when(used(1024, 1026));
    assert.deepEqual(order(), [1025, 1024]);
  });
});

Deno.test("manifests: the mount reads stored parts by range, from the file that serves", async () => {
  await given([template("$title.$format"), ...one], async ({ directory, stored: rows, when }) => {
    const chunks = [chunk("a", 100), chunk("b", 50), chunk("c", 100)];
    await when(stored(1024, 3, 1_000, ...chunks), stored(1024, 3, 2_000, chunk("d", 10)));
    const parts = new StoredReader(rows);
    const reader = LibraryReader.open(directory, parts)!;
    const read = (from: number, to: number, limit = 10) =>
      takingPlainIds(reader).storedParts(1024, 3, from, to, limit).map((
        { offset, length },
      ) => [offset, length]);
    assert.deepEqual(read(0, 1_000), []);
    assert.deepEqual(read(1_099, 1_101), [[1_000, 100], [1_100, 50]]);
    assert.deepEqual(read(1_250, 2_000), []);
    assert.deepEqual(read(0, 1e12, 2), [[1_000, 100], [1_100, 50]]);
    assert.deepEqual(read(2_009, 2_010), [[2_000, 10]]);
    assert.deepEqual(takingPlainIds(reader).storedParts(1024, 2, 0, 1e12, 10), []);
    reader.close();
    parts.close();
  });
});

Deno.test("manifests: parts that came from no origin are provisional until they are compared", async () => {
  await given([configured("local", "/srv/music")], async (world) => {
    await world.when(observed(1, flac(1024, "a.flac", {}, { size: 200 * KB })));
    const version = world.log.lastSeq();
    await world.when(stored(1024, version, 0, chunk("a", 64 * KB)));
    await world.when(adopted(1024, version, 64 * KB, chunk("b", 64 * KB)));
    const { content } = world;
    const bytes = () => {
      const { bytes, provisional_bytes } = content().manifest(1024, version)!;
      return { bytes, provisional_bytes };
    };
    assert.deepEqual(bytes(), { bytes: 128 * KB, provisional_bytes: 64 * KB });
    assert.equal(content().totals().provisional_bytes, 64 * KB);
    const [local] = content().storedByOrigin();
    assert.deepEqual([local!.bytes, local!.provisional_bytes], [64 * KB, 64 * KB]);
    assert.deepEqual(content().provisional(0, 10), [{ file: 1024, version }]);
    await world.when(partsCompared(1024, version, true));
    assert.deepEqual(bytes(), { bytes: 128 * KB, provisional_bytes: 0 });
    assert.deepEqual(content().provisional(0, 10), []);
  });
});

Deno.test("manifests: when the parts served were not the file's own, the file gets another version", async () => {
  await given([configured("local", "/srv/music")], async (world) => {
    await world.when(observed(1, flac(1024, "a.flac", {}, { size: 200 * KB })));
    const version = world.log.lastSeq();
    await world.when(adopted(1024, version, 0, chunk("b", 64 * KB)));
    const reader = LibraryReader.open(world.directory)!;
    const from = reader.lastChange();
    await world.when(partsCompared(1024, version, false));
    assert.equal(reader.location(toNodeId(1024))!.content, world.log.lastSeq());
    assert.equal(world.content().manifest(1024, version)!.current, false);
    const changes = reader.changesSince(from, 10)!.map(({ kind, node }) => `${kind} ${node}`);
    assert.deepEqual(changes, ["content 1024"], "the kernel is told to forget its pages");
    await world.when(partsCompared(1024, version, false));
    assert.notEqual(
      reader.location(toNodeId(1024))!.content,
      world.log.lastSeq(),
      "said of another one",
    );
    reader.close();
  });
});

Deno.test("manifests: parts of a file whose time was too recent are not those of its settled version", async () => {
  await given([configured("local", "/srv/music")], async (world) => {
    const file = flac(1024, "a.flac", {}, { size: 200 * KB });
    const version = () => world.projector().queries.file(toFileId(1024))!.content;
    await world.when(observed(1, { ...file, unsettled: true }));
    const young = version();
    await world.when(stored(1024, young, 0, chunk("a", 64 * KB)));
    await world.when(observed(1, { ...file, unsettled: true, reread: true }));
    assert.equal(version(), young, "only the words for it are new");
    await world.when(observed(1, file));
    assert.equal(version(), world.log.lastSeq());
    assert.equal(world.content().manifest(1024, young)!.current, false);
    const settled = version();
    await world.when(observed(1, file));
    assert.equal(version(), settled);
  });
});

Deno.test("manifests: parts of other files count for their origin, and are current like those of music", async () => {
  const booklet = (mtime_s: number): MusicEvent => ({
    ...{ type: "OtherFilesObserved", v: 1 },
    data: {
      ...{ origin: "local", scan: 2 },
      files: [{ file: OTHER, path: "scans/a.pdf", size: 64 * KB, mtime_s, mtime_ns: 0 }],
    },
  });
  await given(one, async (world) => {
    await world.when(stored(1024, 2, 0, chunk("a", 40 * KB)));
    await world.when(booklet(5));
    const version = toContentVersion(world.log.lastSeq());
    await world.when(stored(OTHER, version, 0, chunk("b", 64 * KB)));
    const { content } = world;
    assert.deepEqual(content().storedByOrigin(), [
      { origin: "local", files: 2, bytes: 104 * KB, provisional_bytes: 0 },
    ]);
    const files = content().manifestsOfOrigin("local").map(({ file }) => file as number);
    assert.deepEqual(files, [1024, FIRST_OTHER_FILE_ID]);
    assert.deepEqual(content().manifestsOfOrigin("nas"), []);
    assert.equal(content().manifest(OTHER, version)!.current, true);
    const superseded = () =>
      [...content().leastRecentlyUsed("metadata")]
        .filter((it) => it.superseded).map(({ file }) => file as number);
    assert.deepEqual(superseded(), []);
    await world.when(booklet(6));
    assert.equal(content().manifest(OTHER, version)!.current, false);
    assert.deepEqual(superseded(), [FIRST_OTHER_FILE_ID]);
  });
});
