import assert from "node:assert/strict";
import { toFileId, toSeq } from "../../src/base/mod.ts";
import type { TrackTags } from "../../events/mod.ts";
import { chunk, pinned, stored, unpinned } from "../../tests/support/content_events.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../../tests/support/music_events.ts";
import { given } from "../../tests/support/projection_spec.ts";
import { QueryError } from "../../src/query/mod.ts";
import { LibraryQueries } from "../mod.ts";
import { takingPlainIds } from "../../tests/support/plain_ids.ts";

const ALBUM = { artist: "Sigur Rós", album: "Ágætis byrjun" };

function tags(disc: number, no: number, more: TrackTags = {}): TrackTags {
  return { ...ALBUM, title: `T${no}`, disk: { no: disc, of: 2 }, track: { no, of: 9 }, ...more };
}

Deno.test("queries: the tracks after a track on its album, over discs, by number and path", async () => {
  const files = [
    flac(1024, "A/CD1/b.flac", tags(1, 2)),
    flac(1025, "A/CD1/a.flac", tags(1, 1)),
    flac(1026, "A/CD2/c.flac", tags(2, 1, { artist: "Guest", albumartist: ALBUM.artist })),
    flac(1027, "A/CD2/z.flac", { ...ALBUM, title: "no number", disk: { no: 2, of: 2 } }),
    flac(1028, "A/CD1/other.flac", tags(1, 3, { album: "Takk" })),
    flac(1029, "A/CD1/c.flac", tags(1, 2)),
    flac(1030, "elsewhere/d.flac", tags(2, 2)),
    flac(1031, "A/CD3/gone.flac", tags(3, 1)),
    flac(1032, "loose.flac", { title: "loose" }),
  ];
  for (const text of ["$artist/$album/$title.$format", "$title.$format"]) {
    const events = [
      template(text),
      configured("local", "/m"),
      observed(1, ...files),
      gone(2, 1031),
    ];
    await given(events, ({ projector }) => {
      const next = (track: number, limit = 9) =>
        takingPlainIds(projector().queries.listening).nextOnAlbum(track, limit);
      assert.deepEqual(next(1025), [1024, 1029, 1027, 1026, 1030]);
      assert.deepEqual(next(1025, 2), [1024, 1029]);
      assert.deepEqual(next(1024), [1029, 1027, 1026, 1030]);
      assert.deepEqual(next(1028), []);
      assert.deepEqual(next(1031), []);
      assert.deepEqual(next(1032), []);
      return Promise.resolve();
    });
  }
});

Deno.test("queries: a track is on its album once, however many copies it has", async () => {
  const files = [1, 2].map((no) => flac(1023 + no, `A/0${no}.flac`, tags(1, no)));
  const copies = files.map((file) => ({ ...file, file: file.file + 10 }));
  const events = [
    ...[configured("local", "/m"), configured("nas", "/n")],
    ...[observed(1, ...files), observedOn("nas", 2, ...copies)],
  ];
  await given(events, async ({ projector, when }) => {
    const next = () => takingPlainIds(projector().queries.listening).nextOnAlbum(1024, 9);
    assert.deepEqual(next(), [1025]);
    const found = [...projector().queries.listening.tracksMatching("agaetis t1")].flat();
    assert.deepEqual(found, [{ track: 1024, size: 100 }]);
    await when(gone(3, 1024, 1025));
    assert.deepEqual(next(), [1025]);
  });
});

Deno.test("queries: tracks match by a path of the tree, else by a query", async () => {
  const events = [
    template("$artist/$album/$title.$format"),
    configured("local", "/m"),
    observed(
      1,
      flac(1024, "a.flac", tags(1, 1), { size: 5 }),
      flac(1025, "b.flac", tags(1, 2, { artist: "BJÖRK", title: "Jóga" }), { size: 6 }),
      flac(1026, "c.flac", { title: '100% "pure" ﬁne', artist: "x" }, { size: 7 }),
      { ...flac(1027, "d.flac", tags(1, 4)), unreadable: "it is empty" },
    ),
  ];
  await given(events, async ({ projector, when }) => {
    const found = (query: string) =>
      [...projector().queries.listening.tracksMatching(query)].flat();
    const numbers = (query: string) => found(query).map(({ track }) => track).sort();
    assert.deepEqual(found("/Sigur Rós/Ágætis byrjun/T1.flac"), [{ track: 1024, size: 5 }]);
    assert.deepEqual(numbers("BJÖRK"), [1025]);
    assert.deepEqual(numbers("Sigur Rós/"), [1024]);
    assert.deepEqual(numbers("/"), [1024, 1025, 1026]);
    assert.deepEqual(numbers("bjork JOGA"), [1025]);
    assert.deepEqual(numbers("byrjun"), [1024, 1025]);
    assert.deepEqual(numbers("byrjun ros"), [1024]);
    assert.deepEqual(numbers('100% "PURE" fine'), [1026]);
    assert.deepEqual(numbers("album:byrjun track:2..9"), [1025]);
    assert.deepEqual(numbers("artist:x OR title:jóga"), [1025, 1026]);
    assert.deepEqual(numbers("byrjun sort:-track limit:1"), [1025]);
    assert.throws(() => found("byrjun (jóga"), QueryError);
    for (const nothing of ["", "  ", "byrjun nobody", "/Sigur Rós/x"]) {
      assert.deepEqual(found(nothing), []);
    }
    await when(gone(2, 1025));
    assert.deepEqual(numbers("byrjun"), [1024]);
  });
});

Deno.test("queries: a track is pinned while any pin names it", async () => {
  const events = [
    configured("local", "/m"),
    observed(1, ...[1024, 1025, 1026].map((file) => flac(file, `${file}.flac`))),
  ];
  await given(events, async ({ projector, content, when, log, directory }) => {
    const state = () => {
      const listening = takingPlainIds(projector().queries.listening);
      const pinned = [1024, 1025, 1026].filter((track) => listening.isPinned(track));
      assert.equal(listening.pinnedTracks(), pinned.length);
      return { pinned, pins: listening.pins().map(({ query, tracks }) => [query, tracks]) };
    };
    await when(pinned("all", 1024, 1025, 1025), pinned("one", 1025), pinned("none"));
    assert.deepEqual(state(), { pinned: [1024, 1025], pins: [["all", 2], ["one", 1]] });
    await when(pinned("one", 1026), unpinned("all", 1024, 1025, 1026));
    assert.deepEqual(state(), { pinned: [1025, 1026], pins: [["one", 2]] });
    assert.deepEqual(projector().queries.listening.tracksOfPin("one"), [1025, 1026]);
    const stores = [1024, 1025].map((file) => stored(file, 2, 0, chunk("a", 9)));
    await when(...stores);
    const files = () => [...content().leastRecentlyUsed("metadata")].map((it) => it.file);
    assert.deepEqual(files(), [1024]);
    await when(unpinned("by another name", 1025));
    assert.deepEqual(state(), { pinned: [1026], pins: [["one", 1]] });
    assert.deepEqual(files(), [1024, 1025]);
    const own = LibraryQueries.open(directory)!;
    const [pin] = own.listening.pins();
    assert.equal(pin!.at, [...log.read({ from: toSeq(6), to: toSeq(6) })][0]!.at);
    own.close();
  });
});

Deno.test("queries: a pinned track stays pinned when it is merged into another one", async () => {
  const events = [
    ...[configured("local", "/m"), configured("nas", "/n", 2)],
    ...[observed(1, flac(1024, "a.flac")), observedOn("nas", 2, flac(1034, "b.flac"))],
  ];
  await given(events, async ({ projector, content, when }) => {
    await when(pinned("b", 1034));
    const isPinned = () =>
      [1024, 1034].filter((track) => takingPlainIds(projector().queries.listening).isPinned(track));
    assert.deepEqual(isPinned(), [1034]);
    await when(observedOn("nas", 3, { ...flac(1034, "a.flac"), moved_from: "b.flac" }));
    assert.equal(projector().queries.trackOf(toFileId(1034)), 1024);
    assert.ok(isPinned().includes(1024));
    await when(stored(1024, 3, 0, chunk("a", 9)), stored(1034, 4, 0, chunk("b", 9)));
    assert.deepEqual([...content().leastRecentlyUsed("metadata")], []);
  });
});
