import assert from "node:assert/strict";
import { createMemoryEventLog, type MusicEvent } from "../../events/mod.ts";
import {
  configured,
  flac,
  observed,
  othersGone,
  othersObserved,
} from "../../tests/support/music_events.ts";
import { withIds } from "../../tests/support/plain_ids.ts";
import { openLibrary, type PlaylistQueries, verifyLibrary } from "../mod.ts";

const FOUND = 2;

function lying(...files: readonly (readonly [file: number, path: string])[]): MusicEvent {
  const version = { size: 1, mtime_s: 1, mtime_ns: 0 };
  return othersObserved(1, ...files.map(([file, path]) => ({ file, path, ...version })));
}

function read(file: number, more: Record<string, unknown> = {}): MusicEvent {
  return withIds<MusicEvent>({
    ...{ type: "PlaylistRead", v: 1 },
    data: { origin: "local", file, found: FOUND, ...more },
  });
}

function saved(name: string): MusicEvent {
  return { type: "CollectionSaved", v: 1, data: { name, query: "jazz" } };
}

/** Folds the events behind one that configures the origin, and checks that a rebuild has the same rows. */
async function after(
  events: readonly MusicEvent[],
  check: (playlists: PlaylistQueries) => void | Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const log = createMemoryEventLog();
  const projector = await openLibrary({ directory, log });
  for (const event of [configured("local", "/srv/music"), ...events]) await log.append([event]);
  await projector.catchUp();
  await check(projector.queries.playlists);
  assert.equal((await verifyLibrary({ directory, log })).difference, null);
  await projector.close();
  await Deno.remove(directory, { recursive: true });
}

/** Numbers of the playlists that are to be read, that seek entries, and that are gone. */
function left(playlists: PlaylistQueries): [number[], number[], number[]] {
  const numbers = (all: readonly { file: number }[]) => all.map(({ file }) => file);
  return [
    numbers(playlists.unread(0, 9)),
    numbers(playlists.seeking(0, 9)),
    numbers(playlists.gone()),
  ];
}

Deno.test("playlists: a file with the name of one is to be read when it is found, and found again", async () => {
  const found = lying([1, "Lists/a.m3u"], [2, "b.NSP"], [3, "cover.jpg"], [4, "c.pls"]);
  await after([found], (playlists) => {
    assert.deepEqual(left(playlists), [[1, 2, 4], [], []]);
    assert.deepEqual(playlists.unread(1, 1).map(({ path }) => path), ["b.NSP"]);
  });
  const readAll = [found, read(1), read(2, { problem: "no" }), read(4)];
  await after(readAll, (playlists) => assert.deepEqual(left(playlists), [[], [], []]));
  await after([...readAll, lying([2, "b.NSP"])], (playlists) => {
    assert.deepEqual(left(playlists), [[2], [], []]);
  });
  // What was read was not what is there now.
  await after([found, lying([1, "Lists/a.m3u"]), read(1)], (playlists) => {
    assert.deepEqual(left(playlists), [[1, 2, 4], [], []]);
  });
});

Deno.test("playlists: one that is gone stays until its collection is gone too", async () => {
  const one = [lying([1, "a.m3u"], [2, "b.m3u"]), saved("A"), read(1, { collection: "A" })];
  await after([...one, othersGone(2, 1, 2)], (playlists) => {
    assert.deepEqual(left(playlists), [[], [], [1]]);
    assert.deepEqual(playlists.gone().map(({ collection }) => collection), ["a"]);
    assert.equal(playlists.get(1 as never), undefined);
  });
  const removed: MusicEvent = { type: "CollectionRemoved", v: 1, data: { name: "A" } };
  await after([...one, othersGone(2, 1, 2), removed], (playlists) => {
    assert.deepEqual(left(playlists), [[], [], []]);
  });
  await after([...one, { type: "OriginRemoved", v: 1, data: { origin: "local" } }], (playlists) => {
    assert.deepEqual(left(playlists), [[], [], [1]]);
  });
});

Deno.test("playlists: a collection that a person saves, removes or renames", async () => {
  const sought = [{ text: "x.mp3", after: 0 }];
  const one = [lying([1, "a.m3u"]), saved("A"), read(1, { collection: "A", missing: 1, sought })];
  const check = (events: readonly MusicEvent[], collection: string | null, seeks: boolean) =>
    after([...one, ...events], (playlists) => {
      const known = playlists.get(1 as never)!;
      assert.deepEqual([known.collection, known.sought.length > 0], [collection, seeks]);
      assert.deepEqual(left(playlists), [[], seeks ? [1] : [], []]);
    });
  await check([], "a", true);
  await check([saved("a")], null, false);
  await check([{ type: "CollectionRemoved", v: 1, data: { name: "a" } }], null, false);
  await check([{ type: "CollectionRenamed", v: 1, data: { name: "a", to: "B" } }], "b", true);
  await check([{ type: "CollectionRenamed", v: 1, data: { name: "A", to: "a" } }], "a", true);
  await check(
    [saved("B"), { type: "CollectionRenamed", v: 1, data: { name: "B", to: "A" } }],
    null,
    false,
  );
});

Deno.test("playlists: finds tracks by their place, and by names in any case", async () => {
  const files = [flac(1024, "A/Été.flac"), flac(1025, "x.flac"), flac(9000, "B/ÉTÉ.flac")];
  await after([observed(1, ...files)], (playlists) => {
    assert.equal(playlists.trackAt("local", "A/Été.flac"), 1024);
    assert.equal(playlists.trackAt("local", "x.flac"), 1025);
    assert.equal(playlists.trackAt("local", "A/x.flac"), undefined);
    assert.equal(playlists.trackAt("other", "x.flac"), undefined);
    const named = [...playlists.named(new Set(["été.flac"]))].flat();
    assert.deepEqual(named.map(({ path, track }) => [path, track]), [
      ["A/Été.flac", 1024],
      ["B/ÉTÉ.flac", 9000],
    ]);
  });
});
