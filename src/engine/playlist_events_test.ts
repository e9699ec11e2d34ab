import assert from "node:assert/strict";
import type { KnownPlaylist } from "../../projections/mod.ts";
import { foldCase, toFileId, toSeq, toTrackId, type TrackId } from "../base/mod.ts";
import { completed, deciding, type PlaylistContent, sorted } from "./playlist_events.ts";

interface Saved {
  readonly query: string | null;
  readonly tracks: readonly number[];
}

/** Collections by their names. */
function collections(all: Readonly<Record<string, Saved>>) {
  const byFolded = new Map(
    Object.entries(all).map(([name, it]) => [foldCase(name), { name, ...it }]),
  );
  const saved = (it: Saved & { name: string }) => ({ name: it.name, query: it.query, at: 0 });
  return {
    isFilling: false,
    all: () => [...byFolded.values()].map(saved),
    get(name: string) {
      const it = byFolded.get(foldCase(name));
      return it && saved(it);
    },
    tracks: (name: string) => byFolded.get(foldCase(name))!.tracks.map(toTrackId),
  };
}

const PLAYLIST: KnownPlaylist = {
  ...{ file: toFileId(1), origin: "nas", path: "Lists/Mix.m3u", found: toSeq(7) },
  ...{ collection: null, missing: 0, sought: [] },
};

function tracks(...numbers: number[]): TrackId[] {
  return numbers.map(toTrackId);
}

function list(...numbers: number[]): PlaylistContent {
  return { tracks: tracks(...numbers), missing: 0, sought: [] };
}

/** What is appended, in short. */
function appended(
  known: Readonly<Record<string, Saved>>,
  content: PlaylistContent,
  more: Partial<KnownPlaylist> & { title?: string } = {},
): unknown[] {
  const { title = null, ...rest } = more;
  const { events } = deciding(collections(known), { ...PLAYLIST, ...rest }, content, title);
  return events.map(({ type, data }) => {
    if (type === "PlaylistRead") return ["read", data.collection ?? data.problem];
    if (type === "CollectionSaved") return ["saved", data.name, data.query ?? data.tracks];
    assert.ok(type === "CollectionRemoved");
    return ["removed", data.name];
  });
}

const JAZZ = { query: "genre:jazz", tracks: [] };

Deno.test("deciding: a new playlist is a collection with its name, or that of the file", () => {
  assert.deepEqual(appended({}, list(1, 2, 1)), [["saved", "Mix", [1, 2, 1]], ["read", "Mix"]]);
  assert.deepEqual(appended({}, { query: "a" }, { title: " Été/2 " }), [
    ["saved", "Été_2", "a"],
    ["read", "Été_2"],
  ]);
  assert.deepEqual(appended({}, list()), [["read", undefined]]);
});

Deno.test("deciding: a name that another collection has gets more behind it", () => {
  const name = (known: Record<string, Saved>, more = {}) =>
    (appended(known, list(1), more)[0] as string[])[1];
  assert.equal(name({ mix: JAZZ }), "Mix (Lists)");
  assert.equal(name({ mix: JAZZ }, { path: "Mix.m3u" }), "Mix (nas)");
  assert.equal(name({ Mix: JAZZ, "Mix (Lists)": JAZZ }), "Mix (nas)");
  assert.equal(name({ Mix: JAZZ, "Mix (Lists)": JAZZ, "Mix (nas)": JAZZ }), "Mix (2)");
  assert.equal(name({}, { path: "Never Played.m3u" }), "Never Played (nas)");
  assert.equal(name({}, { path: "x/60s.m3u" }), "60s (x)");
  assert.equal(name({}, { path: "x/.m3u" }), "playlist");
  assert.equal(name({}, { path: "x/..hidden.m3u8.m3u" }), "_.hidden");
  const long = name({}, { path: `x/${"é".repeat(200)}.m3u` })!;
  assert.equal(new TextEncoder().encode(long).length, 250);
  const taken = { [long]: JAZZ };
  const longer = name(taken, { path: `${"d".repeat(240)}/${"é".repeat(200)}.m3u` })!;
  assert.ok(longer.startsWith("éé") && longer.includes(" (ddd"), longer);
});

Deno.test("deciding: a playlist keeps its collection, which has what the file has, or goes", () => {
  const own = { collection: "my mix" };
  const known = { "My mix": { query: null, tracks: [1, 2] }, Mix: JAZZ };
  assert.deepEqual(appended(known, list(1, 2), own), [["read", "My mix"]]);
  assert.deepEqual(appended(known, list(2), own), [["saved", "My mix", [2]], ["read", "My mix"]]);
  assert.deepEqual(appended(known, { query: "a" }, own), [["saved", "My mix", "a"], [
    "read",
    "My mix",
  ]]);
  assert.deepEqual(appended(known, { problem: "no list" }, own), [
    ["removed", "My mix"],
    ["read", "no list"],
  ]);
  assert.deepEqual(appended(known, list(), own), [["removed", "My mix"], ["read", undefined]]);
});

Deno.test("deciding: what can't be saved is a problem of the playlist", () => {
  const many = Object.fromEntries(Array.from({ length: 4_096 }, (_, i) => [`c${i}`, JAZZ]));
  const [[what, problem]] = appended(many, list(1)) as [[string, string]];
  assert.equal(what, "read");
  assert.match(problem, /4,096/);
});

Deno.test("sorted() and completed(): entries that mean a track later come to their place", () => {
  const entries = ["a", "b", "c", "d", "e"].map((text) => ({ text, raw: null }));
  const first = sorted(entries, [undefined, toTrackId(2), undefined, undefined, toTrackId(5)]);
  assert.deepEqual(first, {
    tracks: [2, 5],
    missing: 3,
    sought: [{ text: "a", after: 0 }, { text: "c", after: 1 }, { text: "d", after: 1 }],
  });
  const second = completed(first.tracks, first, [undefined, toTrackId(3), undefined]);
  assert.deepEqual(second, {
    tracks: [2, 3, 5],
    missing: 2,
    sought: [{ text: "a", after: 0 }, { text: "d", after: 2 }],
  });
  assert.deepEqual(completed(second.tracks, second, tracks(1, 4)), {
    ...{ tracks: [1, 2, 3, 4, 5], missing: 0, sought: [] },
  });
});
