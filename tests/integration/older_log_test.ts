/** A log of format 1, which the previous version wrote, is read by this version and means the same. */
import assert from "node:assert/strict";
import { ROOT_ID } from "../../src/base/mod.ts";
import { LOG_FORMAT } from "../../events/log/record_store.ts";
import { openEventLog } from "../../events/mod.ts";
import { LibraryReader, openLibrary } from "../../projections/mod.ts";
import { template } from "../contract/event_log_suite.ts";
import { unpackOlderLibrary } from "../support/older_library.ts";
import { takingPlainIds } from "../support/plain_ids.ts";

Deno.test("a log of the previous format projects to the same tree, pins and plays", async () => {
  const base = Deno.makeTempDirSync();
  try {
    const answers = await unpackOlderLibrary(base);
    const log = openEventLog(`${base}/state`, { readOnly: true });
    const directory = `${base}/projections`;
    const projector = await openLibrary({ directory, log });
    const reader = LibraryReader.open(directory)!;
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
    const content = takingPlainIds(projector.queries.listening);
    const queries = takingPlainIds(projector.queries);
    for (const { track, plays, pinned, copies } of answers.tracks) {
      const { count, last_at } = content.plays(track);
      assert.deepEqual({ count, last_at: count === 0 ? null : last_at }, plays);
      assert.equal(content.isPinned(track), pinned);
      for (const { file, changed_seq } of copies) {
        assert.equal(queries.file(file)!.changed_seq, changed_seq);
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
