import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { MusicEvent } from "../events/mod.ts";
import {
  FIRST_OTHER_FILE_ID,
  LISTING_START,
  type NodeId,
  ORIGINS_ID,
  toFileId,
} from "../src/base/mod.ts";
import { chunk, pinned, stored } from "../tests/support/content_events.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../tests/support/music_events.ts";
import { given } from "../tests/support/projection_spec.ts";
import {
  CacheQueries,
  type DirectoryReader,
  LibraryQueries,
  LibraryReader,
  ROOT_ID,
} from "./mod.ts";

const BOOKLET = toFileId(FIRST_OTHER_FILE_ID);
const FILES = [1024, 1025, 1026, 1034, BOOKLET].map(toFileId);

const events: MusicEvent[] = [
  template("$artist/$title.$format"),
  configured("local", "/srv/music"),
  configured("nas", "/srv/nas", 2),
  observed(1, flac(1024, "a/x.flac", { artist: "A", title: "X" }), flac(1025, "a/y.flac")),
  observedOn("nas", 2, flac(1034, "a/x.flac", { artist: "A", title: "X" })),
  {
    ...{ type: "OtherFilesObserved", v: 1 },
    data: {
      ...{ origin: "local", scan: 1 },
      files: [{ file: BOOKLET, path: "a/booklet.pdf", size: 70, mtime_s: 2000, mtime_ns: 5 }],
    },
  },
  observed(3, flac(1026, "a/z.flac"), flac(1024, "a/x.flac", { artist: "A", title: "X 2" })),
  gone(4, 1025),
  pinned("X", 1024),
];

/** The entries below a directory, at any depth, each with what a number and a look-up say, and where its bytes lie. */
function entriesBelow(reader: DirectoryReader, at: NodeId): unknown[] {
  return reader.children(at, LISTING_START, 1_000).flatMap((entry) => {
    const { id, kind } = entry.node;
    const said = [entry, reader.node(id), reader.lookup(at, entry.name), reader.location(id)];
    return kind === "directory" ? [said, ...entriesBelow(reader, id)] : [said];
  });
}

/** What readers of a library are told in which a version of a content or of a node takes part. */
function answersOf(directory: string, rows: string) {
  const tree = LibraryReader.open(directory)!;
  const queries = LibraryQueries.open(directory)!;
  const content = CacheQueries.open({ library: directory, cache: rows })!;
  try {
    return {
      roots: [tree.node(ROOT_ID), tree.origins.node(ORIGINS_ID)],
      tree: entriesBelow(tree, ROOT_ID),
      origins: entriesBelow(tree.origins, ORIGINS_ID),
      files: FILES.map((file) => queries.file(file)),
      formerly: queries.scanning.formerlyInDirectory("local", "a", true),
      at: queries.fileAt("local", "a/x.flac"),
      track: queries.trackAtVirtualPath("A/X 2.flac"),
      manifests: FILES.map((file) => content.manifestsOf(file)),
      superseded: content.superseded(10),
      missing: content.missingOfPins(),
    };
  } finally {
    for (const it of [tree, queries, content]) it.close();
  }
}

Deno.test("library_file: a library in which all versions are called alike gives the same answers", async () => {
  await given(events, async ({ directory, projector, stored: rows, when }) => {
    await when(
      stored(1024, 4, 0, chunk("a", 30)),
      stored(1024, 7, 0, chunk("b", 30)),
      stored(BOOKLET, 6, 0, chunk("c", 70)),
    );
    const path = `${directory}/${projector().file}`;
    const before = answersOf(directory, rows);
    assert.deepEqual([before.tree.length, before.origins.length], [4, 8]);
    assert.deepEqual(before.superseded, [1024]);
    assert.equal(before.missing.length, 1);
    await projector().close();
    const db = new DatabaseSync(path);
    for (const table of ["files", "other_files"]) {
      db.exec(`ALTER TABLE ${table} RENAME COLUMN content TO changed_seq`);
    }
    for (const table of ["nodes", "origin_directories"]) {
      db.exec(`ALTER TABLE ${table} RENAME COLUMN version TO changed_seq`);
    }
    db.exec("UPDATE library SET schema = 14");
    db.close();
    assert.deepEqual(answersOf(directory, rows), before);
  });
});
