import assert from "node:assert/strict";
import { toFileId, toNodeId, toTrackId } from "../../src/base/mod.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { LibraryReader } from "../mod.ts";

const setting = [
  configured("local", "/srv/music"),
  template("$artist/$title.$format"),
  observed(1, flac(1024, "a/x.flac", { title: "X", artist: "A" }, { audio: "s1" })),
  observed(
    1,
    flac(1025, "a/b/y.flac", { title: "Y" }),
    flac(1026, "a0/z.flac", {}, { audio: "s1" }),
  ),
  observed(1, flac(1027, "top.flac")),
];

Deno.test("queries: the facts with which a rescan compares", async () => {
  await given(setting, async ({ projector, when }) => {
    const { queries } = projector();
    assert.deepEqual(queries.scanning.knownInDirectory("local", "a"), [
      {
        ...{ file: 1024, name: "x.flac", size: 100, mtime_s: 1000, mtime_ns: 0 },
        ...{ unreadable: undefined, unsettled: false },
      },
    ]);
    assert.deepEqual(
      queries.scanning.knownInDirectory("local", "").map(({ name }) => name),
      ["top.flac"],
    );
    assert.deepEqual(queries.scanning.knownInDirectory("nas", "a"), []);
    assert.deepEqual(queries.scanning.directoriesBelow("local", ""), ["a", "a/b", "a0"]);
    assert.deepEqual(queries.scanning.directoriesBelow("local", "a"), ["a/b"]);
    assert.deepEqual([...queries.liveFiles("local")], [1024, 1025, 1026, 1027]);
    await when(gone(2, 1025));
    assert.deepEqual(queries.scanning.directoriesBelow("local", "a"), []);
    assert.deepEqual(queries.scanning.knownInDirectory("local", "a/b"), []);
    assert.deepEqual([...queries.liveFiles("local")], [1024, 1026, 1027]);
  });
});

Deno.test("queries: a sound that many files have proves nothing, and its files are not read", async () => {
  const files = Array.from(
    { length: 65 },
    (_, i) => flac(2000 + i, `${i}.flac`, {}, { audio: "x" }),
  );
  await given([...setting, observed(2, ...files)], async ({ projector, when }) => {
    assert.deepEqual(projector().queries.scanning.filesWithAudio("x"), []);
    await when(observed(3, flac(2000, "0.flac", {}, { audio: "y" })));
    assert.equal(projector().queries.scanning.filesWithAudio("x").length, 64);
  });
});

Deno.test("queries: removed files are remembered by path and by sound", async () => {
  await given([...setting, gone(2, 1024, 1027)], async ({ projector, when }) => {
    const { queries } = projector();
    assert.equal(queries.fileAt("local", "a/x.flac")!.removed, true);
    assert.equal(queries.fileAt("local", "top.flac")!.file, 1027);
    assert.equal(queries.fileAt("local", "never.flac"), undefined);
    assert.deepEqual(
      queries.scanning.filesWithAudio("s1").map(({ file, removed }) => [file, removed]),
      [[1024, true], [1026, false]],
    );
    assert.equal(queries.scanning.nextFileNumber(), 1028);
    await when(observed(3, flac(1030, "a/x.flac")));
    assert.equal(queries.fileAt("local", "a/x.flac")!.file, 1030);
    assert.equal(queries.scanning.nextFileNumber(), 1031);
  });
});

Deno.test("queries: a track is found by its path in the tree and by its real one", async () => {
  await given(setting, async ({ projector, directory, when }) => {
    const { queries } = projector();
    const track = queries.trackAtVirtualPath("/A/X.flac")!;
    assert.deepEqual([track.file, track.root, track.path], [1024, "/srv/music", "a/x.flac"]);
    assert.equal(track.virtual_path, "A/X.flac");
    assert.deepEqual(track.tags, { title: "X", artist: "A" });
    assert.deepEqual(queries.trackAtRealPath("/srv/music/a/x.flac"), track);
    assert.equal(queries.trackAtRealPath("/srv/music/never"), undefined);
    assert.equal(queries.trackAtVirtualPath("A"), undefined);
    assert.equal(queries.trackAtVirtualPath("A/never"), undefined);
    assert.equal(queries.placing().template, "$artist/$title.$format");
    const reader = LibraryReader.open(directory)!;
    assert.deepEqual(reader.location(toNodeId(1024)), {
      audio_start: null,
      change: reader.lastChange(),
      ...{ node: 1024, track: 1024, file: 1024, others: 0, origin: "local", kind: "local" },
      ...{
        root: "/srv/music",
        path: "a/x.flac",
        size: 100,
        mtime_s: 1000,
        mtime_ns: 0,
        content: 3,
      },
      // The permissions were never observed.
      mode: 0o400,
    });
    await when(gone(2, 1024));
    assert.equal(reader.location(toNodeId(1024)), undefined);
    reader.close();
  });
});

Deno.test("queries: the details of a track list all its copies, whichever copy is queried", async () => {
  const copy = flac(1030, "a/x.flac", { title: "X" }, {
    etag: "v1",
    audio_start: 8,
    audio_end: 90,
  });
  await given(
    setting,
    async ({ projector, directory, when }) => {
      await when(configured("bucket", "s3://music", 2), observedOn("bucket", 1, copy));
      const { queries } = projector();
      const track = queries.trackAtVirtualPath("/A/X.flac")!;
      assert.deepEqual([track.file, track.track], [1024, 1024]);
      const version = { path: "a/x.flac", size: 100, mtime_s: 1000, mtime_ns: 0 };
      assert.deepEqual(track.copies, [
        {
          ...{ ...version, file: 1024, origin: "local", root: "/srv/music", etag: null },
          ...{ content: 3, priority: 1, primary: true },
        },
        {
          ...{ ...version, file: 1030, origin: "bucket", root: "s3://music", etag: "v1" },
          ...{ content: 7, priority: 2, primary: false },
        },
      ]);
      const other = queries.trackAtRealPath("s3://music/a/x.flac")!;
      assert.deepEqual([other.file, other.track, other.etag], [1030, 1024, "v1"]);
      assert.equal(other.virtual_path, "A/X.flac");
      assert.deepEqual(other.copies, track.copies);
      assert.deepEqual(queries.copies(toTrackId(1024)).map(({ file }) => file), [1024, 1030]);
      assert.deepEqual([queries.trackOf(toFileId(1030)), queries.trackOf(toFileId(9999))], [
        1024,
        undefined,
      ]);
      const { audio_start, audio_end } = queries.file(toFileId(1030))!;
      assert.deepEqual([audio_start, audio_end], [8, 90]);
      assert.equal(queries.scanning.knownInDirectory("bucket", "a")[0]!.etag, "v1");
      const reader = LibraryReader.open(directory)!;
      assert.equal(reader.location(toNodeId(1024))!.others, 1);
      assert.equal(reader.location(toNodeId(1030)), undefined);
      reader.close();
    },
  );
});

Deno.test("queries: the row of an origin from its first scan to its removal", async () => {
  await given([configured("local", "/srv/music")], async ({ projector, when }) => {
    const origin = () => projector().queries.origin("local")!;
    const data = { origin: "local", scan: 1, mode: "full" } as const;
    const ended = { listed: 2, read: 2, unreadable: 0, removed: 0, duration_ms: 5 };
    assert.deepEqual([origin().health, origin().last_scan_at], ["unknown", null]);
    assert.equal(projector().queries.scanning.nextScanNumber(), 1);
    await when({ type: "ScanStarted", v: 1, data });
    await when(observed(1, flac(1024, "a.flac"), flac(1025, "b.flac")));
    assert.deepEqual(projector().queries.openScans(), [{ ...data, position: "b.flac" }]);
    assert.equal(projector().queries.scanning.nextScanNumber(), 2);
    const unlisted = [{ path: "secret", reason: "Permission denied" }];
    const unknown = [{ extension: "vqf", files: 2 }];
    await when({ type: "ScanCompleted", v: 1, data: { ...data, ...ended, unlisted, unknown } });
    assert.deepEqual(origin().unknown, unknown);
    assert.deepEqual([origin().open_scan, origin().tracks], [null, 2]);
    assert.deepEqual([origin().last_scan_at, origin().unlisted], [1_700_000_006_000, unlisted]);

    const second = { ...data, scan: 2 };
    await when({ type: "ScanStarted", v: 1, data: second });
    const held = { origin: "local", scan: 2, missing: 2, known: 2 };
    await when({ type: "RemovalsHeld", v: 1, data: held });
    await when({ type: "ScanCompleted", v: 1, data: { ...second, ...ended, unlisted: [] } });
    assert.deepEqual([origin().held_missing, origin().confirmed], [2, false]);
    assert.deepEqual(origin().unknown, [], "an end without any says that there are none");
    await when({ type: "RemovalsConfirmed", v: 1, data: { origin: "local" } });
    assert.deepEqual([origin().held_missing, origin().confirmed], [2, true]);
    const third = { ...data, scan: 3 };
    await when({ type: "ScanStarted", v: 1, data: third }, gone(3, 1024, 1025));
    await when({ type: "ScanCompleted", v: 1, data: { ...third, ...ended, unlisted: [] } });
    assert.deepEqual([origin().held_missing, origin().confirmed, origin().tracks], [0, false, 0]);

    await when(
      { type: "ScanStarted", v: 1, data: { ...data, scan: 4 } },
      { type: "ScanFailed", v: 1, data: { origin: "local", scan: 4, reason: "gone" } },
      {
        type: "OriginHealthChanged",
        v: 1,
        data: { origin: "local", health: "down", reason: "gone" },
      },
    );
    assert.deepEqual([origin().failed_scan_reason, origin().open_scan], ["gone", null]);
    assert.deepEqual([origin().health, origin().reason], ["down", "gone"]);
    await when(observed(5, flac(1024, "a.flac")), observedOn("nas", 6, flac(1030, "a.flac")));
    await when({ type: "OriginRemoved", v: 1, data: { origin: "local" } });
    assert.deepEqual([origin().configured, origin().tracks], [false, 0]);
    assert.equal(projector().queries.totals().tracks, 1);
    assert.equal(projector().queries.fileAt("local", "a.flac")!.removed, true);
  });
});
