/** The log and the rows of an older version are read by this version, and mean the same. */
import assert from "node:assert/strict";
import { ROOT_ID } from "../../src/base/mod.ts";
import { LOG_FORMAT } from "../../events/log/record_store.ts";
import { openEventLog } from "../../events/mod.ts";
import { CacheQueries, LibraryQueries, LibraryReader, openLibrary } from "../../projections/mod.ts";
import { template } from "../contract/event_log_suite.ts";
import { OLDER_VERSIONS, type OlderAnswers, unpackOlderLibrary } from "../support/older_library.ts";
import { takingPlainIds } from "../support/plain_ids.ts";

Deno.test("a log of the previous format projects to the same tree, pins and plays", async () => {
  const base = Deno.makeTempDirSync();
  try {
    const answers = await unpackOlderLibrary(base);
    const log = openEventLog(`${base}/state`, { readOnly: true });
    const directory = `${base}/projections`;
    const projector = await openLibrary({ directory, log });
    const reader = LibraryReader.open(directory)!;
    showsTheSame(reader, answers);
    const content = takingPlainIds(projector.queries.listening);
    const queries = takingPlainIds(projector.queries);
    for (const { track, plays, pinned, copies } of answers.tracks) {
      const { count, last_at } = content.plays(track);
      assert.deepEqual({ count, last_at: count === 0 ? null : last_at }, plays);
      assert.equal(content.isPinned(track), pinned);
      for (const { file, changed_seq } of copies) {
        assert.equal(queries.file(file)!.content, changed_seq);
        assert.equal(queries.file(file)!.track, track);
      }
    }
    const pins = projector.queries.listening.pins();
    assert.deepEqual(pins, answers.pins.map(({ query, at, tracks }) => ({ query, at, tracks })));
    reader.close();
    await projector.close();
    await log.close();
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

for (const version of OLDER_VERSIONS) {
  Deno.test(`the rows of a library of ${version} are read as they are until they are made anew`, async () => {
    const base = Deno.makeTempDirSync();
    try {
      const answers = await unpackOlderLibrary(base, version);
      const library = `${base}/cache/projections`;
      const reader = LibraryReader.open(library)!;
      const queries = LibraryQueries.open(library)!;
      const content = CacheQueries.open({ library, cache: `${base}/none` })!;
      showsTheSame(reader, answers);
      for (const { virtual, track, origin, path, copies } of answers.tracks) {
        const found = queries.trackAtVirtualPath(virtual)!;
        assert.deepEqual([found.track, found.origin, found.path], [track, origin, path]);
        assert.deepEqual(
          found.copies.map((it) => [it.file, it.origin, it.content]),
          copies.map((it) => [it.file, it.origin, it.changed_seq]),
        );
        for (const [i, { file, content: now, size }] of found.copies.entries()) {
          const parts = content.storedParts(file, now, 0, size, 1_000);
          const bytes = parts.reduce((sum, { length }) => sum + length, 0);
          assert.equal(bytes, copies[i]!.stored_bytes, `${virtual} on ${copies[i]!.origin}`);
          if (bytes > 0) assert.equal(content.manifest(file, now)!.current, true);
        }
      }
      for (const it of [reader, queries, content]) it.close();
    } finally {
      Deno.removeSync(base, { recursive: true });
    }
  });
}

Deno.test("a log of the previous format keeps it until something is appended", async () => {
  const base = Deno.makeTempDirSync();
  try {
    await unpackOlderLibrary(base);
    const formatOf = () => {
      const text = new TextDecoder("latin1").decode(Deno.readFileSync(`${base}/state/events.mdb`));
      return [...text.matchAll(/\{"format":(\d+),/g)].map(([, format]) => Number(format));
    };
    const first = openEventLog(`${base}/state`);
    const before = [...first.read()];
    await first.close();
    assert.equal(Math.max(...formatOf()), 1);
    const log = openEventLog(`${base}/state`);
    const [event] = await log.append([template("$title")]);
    assert.equal(event!.seq, before.at(-1)!.seq + 1);
    await log.close();
    assert.equal(Math.max(...formatOf()), LOG_FORMAT);
    const again = openEventLog(`${base}/state`, { readOnly: true });
    assert.deepEqual([...again.read()], [...before, event]);
    await again.close();
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});

/** The tree has the paths, inode numbers, sizes and times that the older version showed. */
function showsTheSame(reader: LibraryReader, answers: OlderAnswers): void {
  for (const [path, expected] of Object.entries(answers.files)) {
    let node = reader.node(ROOT_ID)!;
    for (const name of path.split("/").filter((name) => name !== "")) {
      node = reader.lookup(node.id, name)!.node;
      assert(node, path);
    }
    assert.equal(node.id, expected.ino, path);
    if (expected.size !== undefined) assert.equal(node.size, expected.size, path);
    assert.equal(node.mtime_s, Math.floor(expected.mtime_ms / 1000), path);
  }
}
