import assert from "node:assert/strict";
import { type FileId, toFileId, toNodeId, toTrackId } from "../../src/base/mod.ts";
import type { Likeness, MusicEvent, ObservedFile, TrackTags } from "../../events/mod.ts";
import {
  configured,
  flac,
  gone,
  observedOn as observed,
  template,
} from "../../tests/support/music_events.ts";
import { given, treeOf, type World } from "../../tests/support/projection_spec.ts";
import { LibraryReader } from "../mod.ts";

const setting = [
  template("$title.$format"),
  configured("nas", "/nas", 1),
  configured("bucket", "s3://music", 2),
  configured("server", "sftp://host/music", 3),
];

/** The event that says that two files were compared in their present versions. */
function compared(
  { projector }: World,
  one: number,
  another: number,
  alike: Likeness = "bytes",
): MusicEvent {
  const [file, other] = [toFileId(one), toFileId(another)];
  const versionOf = (file: FileId) => projector().queries.file(file)!.content;
  const comparison = {
    ...{ file, version: versionOf(file), other, other_version: versionOf(other) },
    ...{ ranges: [{ from: 0, to: 5 }], shift: 0, alike },
  };
  return {
    type: "CopiesCompared",
    v: 1,
    data: { comparisons: [comparison], done: [{ file, version: versionOf(file) }] },
  };
}

/** The numbers of the copies of each existing track, the primary first. */
function tracksOf({ projector }: World): Record<number, number[]> {
  const { queries } = projector();
  const tracks: Record<number, number[]> = {};
  for (let number = 1024; number < queries.scanning.nextFileNumber(); number++) {
    const file = toFileId(number);
    const track = queries.trackOf(file);
    if (track !== undefined) tracks[track] = queries.copies(track).map((copy) => copy.file);
  }
  return tracks;
}

/** Name, number, size and time of each node. */
function namesOf({ directory }: World): string[] {
  return treeOf(directory).slice(1);
}

/** A file whose name in the tree is its title. */
function song(
  file: number,
  path: string,
  title: string,
  size: number,
  more: { audio?: string; mtime_s?: number; reader?: number; reread?: boolean } = {},
): ObservedFile {
  const tags: TrackTags = { title };
  return flac(file, path, tags, { size, ...more });
}

const proven = { audio: "s", reader: 1 };

Deno.test("tracks: files that look alike are two tracks until they are compared, then one", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5, proven)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "A", 5, proven)));
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025] });
    const { queries } = world.projector();
    assert.deepEqual(queries.uncompared(0, 10), [1025]);
    assert.deepEqual(
      queries.possibleCopies(queries.file(toFileId(1025))!).map(({ file }) => file),
      [1024],
    );
    await world.when(compared(world, 1025, 1024));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024] });
    assert.deepEqual(world.projector().queries.uncompared(0, 10), []);
    assert.equal(world.projector().queries.likeness(toFileId(1024), toFileId(1025)), "bytes");
  });
});

Deno.test("tracks: unlike files are two tracks, whatever else agrees", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5, proven)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "A", 5, proven)));
    await world.when(compared(world, 1024, 1025, "nothing"));
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025] });
    assert.deepEqual(namesOf(world).length, 2, "both are in the tree");
  });
});

Deno.test("tracks: a comparison of another version than the present one changes nothing", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5, proven)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "A", 5, proven)));
    const stale = compared(world, 1024, 1025);
    await world.when(observed("nas", 3, song(1025, "a.flac", "B", 5, proven)), stale);
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025] });
    assert.deepEqual(world.projector().queries.uncompared(0, 10), [1025]);
  });
});

Deno.test("tracks: a founder of another version keeps the number, the others continue without it", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5, proven)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "A", 5, proven)));
    await world.when(observed("server", 2, song(1026, "a.flac", "A", 5, proven)));
    await world.when(compared(world, 1024, 1025), compared(world, 1024, 1026));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024], 1026: [1026] }, "not each with each");
    await world.when(compared(world, 1026, 1025));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024, 1026] });
    await world.when(observed("bucket", 3, song(1024, "a.flac", "B", 6, proven)));
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025, 1026] });
    await world.when(observed("nas", 4, song(1025, "b.flac", "A", 5, proven)));
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025, 1026] }, "it only moved");
  });
});

Deno.test("tracks: copies that a former program united stay one track until they are compared", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "B", 5)));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024] });
    assert.deepEqual(world.projector().queries.uncompared(0, 10), [1025]);
    // This program reads the files again, unchanged.
    await world.when(observed(
      "nas",
      3,
      song(1025, "a.flac", "C", 5, {
        ...proven,
        reread: true,
      }),
    ));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024] });
    await world.when(compared(world, 1024, 1025, "nothing"));
    assert.deepEqual(tracksOf(world), { 1024: [1024], 1025: [1025] });
  });
});

Deno.test("tracks: the same path and size on two origins are one track, shown as the better origin has it", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "Bucket", 5, { mtime_s: 7 })));
    await world.when(observed("nas", 2, song(1025, "a.flac", "Nas", 5, { mtime_s: 9 })));
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024] });
    assert.deepEqual(namesOf(world), ["Nas.flac 1024 5 9.0"]);
    const { queries } = world.projector();
    assert.equal(queries.totals().tracks, 1);
    assert.deepEqual(queries.origins().map(({ id, tracks }) => [id, tracks]), [
      ["nas", 1],
      ["bucket", 1],
      ["server", 0],
    ]);
  });
});

Deno.test("tracks: another size at the same path is another track, the same sound elsewhere is not", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5, { audio: "s" })));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "B", 6)));
    await world.when(observed("bucket", 2, song(1026, "z.flac", "C", 7, { audio: "s" })));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1026], 1025: [1025] });
  });
});

Deno.test("tracks: path and size weigh more than the sound, then the lowest track is taken", async () => {
  await given(setting, async (world) => {
    const first = song(1024, "a.flac", "A", 5, { audio: "s" });
    const second = song(1025, "b.flac", "B", 5, { audio: "s" });
    await world.when(observed("nas", 1, first, second));
    await world.when(observed("bucket", 2, song(1026, "b.flac", "B", 5, { audio: "s" })));
    await world.when(observed("server", 3, song(1027, "c.flac", "C", 9, { audio: "s" })));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1027], 1025: [1025, 1026] });
  });
});

Deno.test("tracks: one origin never has two copies of a track", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5, { audio: "s" })));
    const twins = [1025, 1026].map((file) => song(file, `${file}.flac`, "A", 5, { audio: "s" }));
    await world.when(observed("bucket", 2, ...twins));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1025], 1026: [1026] });
  });
});

Deno.test("tracks: when the primary is removed its node stays, with the bytes of the next copy", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5, { audio: "s" })));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "Other", 8, { audio: "s" })));
    const reader = LibraryReader.open(world.directory)!;
    const from = reader.lastChange();
    await world.when(gone(3, 1024));
    assert.deepEqual(namesOf(world), ["Other.flac 1024 8 1000.0"]);
    const changes = reader.changesSince(from, 10)!.map(({ kind, name }) => `${kind} ${name}`);
    assert.deepEqual(changes.slice(0, 3), [
      "removed A.flac",
      "added Other.flac",
      "content Other.flac",
    ]);
    const { file, others, origin } = reader.location(toNodeId(1024))!;
    assert.deepEqual([file, others, origin], [1025, 0, "bucket"]);
    await world.when(gone(4, 1025));
    assert.deepEqual(namesOf(world), []);
    assert.equal(reader.location(toNodeId(1024)), undefined);
    reader.close();
  });
});

Deno.test("tracks: a change of priorities changes the primary, a change of health does not", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "Nas", 5)));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "Bucket", 5)));
    const health = { origin: "nas", health: "down", reason: "no route" } as const;
    await world.when({ type: "OriginHealthChanged", v: 1, data: health });
    assert.deepEqual(namesOf(world), ["Nas.flac 1024 5 1000.0"]);
    await world.when(configured("bucket", "s3://music", 0));
    assert.deepEqual(namesOf(world), ["Bucket.flac 1024 5 1000.0"]);
    assert.deepEqual(tracksOf(world), { 1024: [1025, 1024] });
    await world.when(configured("bucket", "s3://other", 1));
    assert.deepEqual(namesOf(world), ["Bucket.flac 1024 5 1000.0"], "equal: by the origin's id");
    await world.when(configured("bucket", "s3://other", 2));
    assert.deepEqual(namesOf(world), ["Nas.flac 1024 5 1000.0"]);
  });
});

Deno.test("tracks: a change of a copy with a lower priority does not change the tree", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5, { audio: "s" })));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "A", 5, { audio: "s" })));
    const reader = LibraryReader.open(world.directory)!;
    const from = reader.lastChange();
    await world.when(observed("bucket", 3, song(1025, "a.flac", "B", 9, { audio: "s" })));
    assert.equal(reader.lastChange(), from);
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1025] });
    reader.close();
  });
});

Deno.test("tracks: an origin that is retagged first and its mirror later keep their numbers", async () => {
  for (
    const [first, second] of [[["nas", 1024], ["bucket", 1025]], [["bucket", 1025], [
      "nas",
      1024,
    ]]] as const
  ) {
    await given(setting, async (world) => {
      await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5)));
      await world.when(observed("bucket", 2, song(1025, "a.flac", "A", 5)));
      await world.when(observed(first[0], 3, song(first[1], "a.flac", "B", 6)));
      assert.deepEqual(Object.keys(tracksOf(world)), ["1024", "1025"]);
      await world.when(observed(second[0], 4, song(second[1], "a.flac", "B", 6)));
      assert.deepEqual(tracksOf(world), { 1024: [1024, 1025] });
    });
  }
});

Deno.test("tracks: a founder that comes back as another song gets a free number, not its former one", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5)));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "A", 5)));
    await world.when(gone(3, 1024));
    await world.when(observed("nas", 4, song(1024, "a.flac", "New", 6)));
    assert.deepEqual(tracksOf(world), { 1024: [1025], 1025: [1024] });
    await world.when(observed("bucket", 5, song(1025, "a.flac", "Newer", 7)));
    assert.deepEqual(tracksOf(world), { 1024: [1025], 1025: [1024] });
    await world.when(observed("bucket", 6, song(1025, "a.flac", "New", 6)));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1025] });
  });
});

Deno.test("tracks: a file that was the last copy comes back under its former number", async () => {
  await given(setting, async (world) => {
    await world.when(observed("nas", 1, song(1024, "a.flac", "A", 5)));
    await world.when(observed("bucket", 2, song(1025, "a.flac", "A", 5)));
    await world.when(gone(3, 1024));
    await world.when({ type: "OriginRemoved", v: 1, data: { origin: "bucket" } });
    assert.deepEqual(tracksOf(world), {});
    await world.when(observed("bucket", 4, song(1025, "a.flac", "A", 5)));
    assert.deepEqual(namesOf(world), ["A.flac 1024 5 1000.0"]);
  });
});

Deno.test("tracks: files that swap their places on both origins stay together", async () => {
  await given(setting, async (world) => {
    const places = (files: number[], paths: string[]) =>
      files.map((file, i) => song(file, paths[i]!, paths[i]!, 5 + file % 2));
    await world.when(observed("nas", 1, ...places([1024, 1025], ["a.flac", "b.flac"])));
    await world.when(observed("bucket", 2, ...places([1026, 1027], ["a.flac", "b.flac"])));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1026], 1025: [1025, 1027] });
    await world.when(observed("nas", 3, ...places([1024, 1025], ["b.flac", "a.flac"])));
    await world.when(observed("bucket", 4, ...places([1026, 1027], ["b.flac", "a.flac"])));
    assert.deepEqual(tracksOf(world), { 1024: [1024, 1026], 1025: [1025, 1027] });
  });
});

Deno.test("tracks: a template places each track once, by its primary", async () => {
  await given(setting, async (world) => {
    await world.when(observed("bucket", 1, song(1024, "a.flac", "A", 5)));
    await world.when(observed("nas", 2, song(1025, "a.flac", "B", 5)));
    await world.when(template("$artist/$title.$format"));
    assert.deepEqual(
      namesOf(world).filter((line) => line.includes(".flac")),
      ["Unknown Artist/B.flac 1024 5 1000.0"],
    );
  });
});

Deno.test("tracks: of thousands removed with an origin, those with another copy stay in the tree", async () => {
  const files = Array.from({ length: 2_500 }, (_, i) => 1024 + i);
  const on = (from: number, every: number) =>
    files.filter((file) => file % every === 0)
      .map((file) => song(from + file, `${file}.flac`, `${file}`, file));
  await given(
    [...setting, observed("nas", 1, ...on(0, 1)), observed("bucket", 2, ...on(5_000, 2))],
    async (world) => {
      await world.when({ type: "OriginRemoved", v: 1, data: { origin: "nas" } });
      assert.equal(world.projector().queries.totals().tracks, 1_250);
      assert.deepEqual(world.projector().queries.copies(toTrackId(1024)).map(({ file }) => file), [
        6_024,
      ]);
    },
  );
});
