import assert from "node:assert/strict";
import type { MusicEvent } from "../../events/mod.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import {
  FIRST_OTHER_FILE_ID,
  LISTING_START,
  nodeOfFile,
  nodeOfOtherFile,
  ORIGINS_ID,
  toFileId,
  toNodeId,
} from "../../src/base/mod.ts";
import { LibraryReader, type Node, type TreeReader } from "../mod.ts";
import { withIds } from "../../tests/support/plain_ids.ts";

const BOOKLET = toFileId(FIRST_OTHER_FILE_ID);
const LOG = toFileId(FIRST_OTHER_FILE_ID + 1);

function others(scan: number, files: Record<number, [path: string, size: number]>): MusicEvent {
  return {
    type: "OtherFilesObserved",
    v: 1,
    data: {
      ...{ origin: "local", scan },
      files: Object.entries(files).map(([file, [path, size]]) => ({
        ...{ file: toFileId(Number(file)), path, size, mtime_s: 2000, mtime_ns: 5, mode: 0o640 },
      })),
    },
  };
}

/**
 * Paths below `/.origins` with numbers and sizes of files. Asserts that look-ups agree with listings, which are read in
 * pages of two.
 */
function shown(tree: TreeReader): string[] {
  const reader = tree.origins;
  const lines: string[] = [];
  const walk = (directory: Node, path: string) => {
    for (let after = LISTING_START;;) {
      const page = reader.children(directory.id, after, 2);
      if (page.length === 0) return;
      for (const entry of page) {
        assert.ok(entry.cookie > after);
        after = entry.cookie;
        const { name, node } = entry;
        assert.deepEqual(reader.lookup(directory.id, name), entry);
        if (node.kind === "track") assert.deepEqual(tree.node(node.id), node, "as in the tree");
        if (node.kind === "directory") walk(node, `${path}${name}/`);
        else lines.push(`${path}${name} ${node.id} ${node.size}`);
        if (node.kind === "track") continue;
        assert.deepEqual(reader.node(node.id), node);
        assert.equal(node.kind === "directory", reader.location(node.id) === undefined);
      }
    }
  };
  walk(reader.node(ORIGINS_ID)!, "");
  return lines.sort();
}

Deno.test("origin_tree: music and other files are at their places, a track under its own number", async () => {
  const events = [
    template("$title.$format"),
    configured("local", "/srv/music", 1),
    observed(1, flac(1024, "a/x.flac", { title: "X" })),
    others(1, { [BOOKLET]: ["a/scans/booklet.pdf", 70], [LOG]: ["rip.log", 7] }),
  ];
  await given(events, async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    assert.deepEqual(shown(reader), [
      `local/a/scans/booklet.pdf ${BOOKLET} 70`,
      "local/a/x.flac 1024 100",
      `local/rip.log ${LOG} 7`,
    ]);
    assert.equal(reader.node(toNodeId(1024))!.id, 1024);
    const { path, content, mode, track } = reader.origins.location(nodeOfOtherFile(LOG))!;
    assert.deepEqual({ path, mode, track }, { path: "rip.log", mode: 0o640, track: null });
    await when(others(2, { [LOG]: ["rip.log", 8] }));
    assert.notEqual(reader.origins.location(nodeOfOtherFile(LOG))!.content, content);
    await when({
      type: "OtherFilesRemoved",
      v: 1,
      data: { origin: "local", scan: 3, files: [BOOKLET] },
    });
    assert.deepEqual(shown(reader), ["local/a/x.flac 1024 100", `local/rip.log ${LOG} 8`]);
    await when(gone(4, 1024));
    assert.deepEqual(shown(reader), [`local/rip.log ${LOG} 8`]);
    await when({ type: "OriginRemoved", v: 1, data: { origin: "local" } });
    assert.deepEqual(reader.origins.children(ORIGINS_ID, LISTING_START, 10), []);
    reader.close();
  });
});

Deno.test("origin_tree: lesser copies, and files that are no tracks, are nodes of their own", async () => {
  const events = [
    template("$title.$format"),
    configured("local", "/srv/music", 1),
    configured("nas", "/nas", 2),
    observedOn("local", 1, flac(1024, "x.flac", { title: "X" })),
    observedOn("nas", 2, flac(1025, "x.flac", { title: "X" })),
    observedOn("nas", 3, { ...flac(1026, "bad.flac"), unreadable: "no FLAC" }),
  ];
  await given(events, async ({ directory, when }) => {
    const reader = LibraryReader.open(directory)!;
    await when(withIds<MusicEvent>({
      type: "CopiesCompared",
      v: 1,
      data: {
        comparisons: [{
          ...{ file: 1024, version: 4, other: 1025, other_version: 5 },
          ...{ ranges: [{ from: 0, to: 100 }], shift: 0, alike: "bytes" },
        }],
        done: [],
      },
    }));
    assert.deepEqual(shown(reader), [
      "local/x.flac 1024 100",
      `nas/bad.flac ${nodeOfFile(toFileId(1026))} 100`,
      `nas/x.flac ${nodeOfFile(toFileId(1025))} 100`,
    ]);
    assert.equal(reader.origins.location(nodeOfFile(toFileId(1025)))!.origin, "nas");
    const from = reader.origins.lastChange();
    await when(gone(4, 1024));
    assert.deepEqual(shown(reader), [
      `nas/bad.flac ${nodeOfFile(toFileId(1026))} 100`,
      "nas/x.flac 1024 100",
    ], "the track goes on with the copy");
    const nas = reader.origins.lookup(ORIGINS_ID, "nas")!.node.id;
    const changes = reader.origins.changesSince(from, 100)!;
    assert.ok(changes.some(({ parent, name }) => parent === nas && name === "x.flac"));
    reader.close();
  });
});

Deno.test("origin_tree: a file that no directory can show has no entry, and hides no other", async () => {
  const events = [
    template("$title.$format"),
    configured("local", "/srv/music", 1),
    others(1, {
      [BOOKLET]: ["a//b.pdf", 1],
      [LOG]: [`${"x".repeat(256)}.log`, 1],
      [LOG + 1]: ["a", 1],
      [LOG + 2]: ["a/c.pdf", 1],
    }),
    observed(1, flac(1024, `${"y".repeat(300)}.flac`), flac(1025, "../z.flac")),
  ];
  await given(events, ({ directory }) => {
    const reader = LibraryReader.open(directory)!;
    assert.deepEqual(shown(reader), [`local/a/c.pdf ${LOG + 2} 1`]);
    reader.close();
    return Promise.resolve();
  });
});
