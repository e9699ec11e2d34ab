import assert from "node:assert/strict";
import type { SavedCollection } from "../../projections/mod.ts";
import {
  COLLECTION_EVENT_TRACKS,
  COLLECTION_NAME_BYTES_MAX,
  COLLECTION_TRACKS_MAX,
  COLLECTIONS_MAX,
  EXIT,
  foldCase,
  toTrackId,
  UserError,
} from "../base/mod.ts";
import { QueryError } from "../query/mod.ts";
import { removing, renaming, saving } from "./collection_events.ts";

function known(...names: string[]) {
  const all = names.map((name): SavedCollection => ({ name, query: "a", at: 1 }));
  return {
    isFilling: false,
    all: () => all,
    get: (name: string) => all.find((it) => foldCase(it.name) === foldCase(name)),
  };
}

/** That the change is refused for a reason, as wrong usage. */
function refused(change: () => unknown, why: RegExp): void {
  assert.throws(change, (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, EXIT.usage);
    assert.match(error.message, why);
    return true;
  });
}

Deno.test("saving(): a query and its name become an event as they were written", () => {
  assert.deepEqual(saving(known(), "Jazz", { query: "  genre:jazz sort:-year " }), [
    { type: "CollectionSaved", v: 1, data: { name: "Jazz", query: "genre:jazz sort:-year" } },
  ]);
  assert.equal(saving(known("Jazz"), "jazz", { query: "sort:title" }).length, 1);
  const [event] = saving(known(), "E\u0301te\u0301", { query: "a" });
  assert.deepEqual(event!.data, { name: "Été", query: "a" }, "the name is composed");
});

Deno.test("saving(): a long list is cut into several events", () => {
  const tracks = Array.from({ length: COLLECTION_EVENT_TRACKS + 1 }, (_, i) => toTrackId(i));
  const events = saving(known(), "Mix", { tracks });
  assert.deepEqual(events.map(({ data }) => data), [
    { name: "Mix", tracks: tracks.slice(0, -1) },
    { name: "Mix", tracks: tracks.slice(-1), from: COLLECTION_EVENT_TRACKS },
  ]);
  assert.deepEqual(saving(known(), "None", { tracks: [] }).map(({ data }) => data), [
    { name: "None", tracks: [] },
  ]);
  const long = new Array(COLLECTION_TRACKS_MAX + 1).fill(toTrackId(1));
  refused(() => saving(known(), "Mix", { tracks: long }), /at most 100,000 tracks/);
});

Deno.test("saving(), renaming(): a name that can't be shown, or is another's, is refused with its reason", () => {
  const long = "é".repeat(COLLECTION_NAME_BYTES_MAX / 2);
  const cases: [name: string, why: RegExp][] = [
    ["", /is empty/],
    ["  ", /is empty/],
    ["a/b", /no \/ and no NUL/],
    ["a\0b", /no \/ and no NUL/],
    [".", /begin with a dot/],
    ["..", /begin with a dot/],
    [".hidden", /begin with a dot/],
    ["Jazz.m3u8", /the playlist of another collection/],
    ["Jazz.M3U", /the playlist of another collection/],
    [`${long}x`, /at most 250 bytes/],
    [" Jazz", /without spaces at its ends/],
    ["Jazz\nRock", /one line of text/],
    ["\ud800", /one line of text/],
    ["never played", /always there/],
    ["60s", /always there/],
    ["2010S", /always there/],
  ];
  for (const [name, why] of cases) {
    refused(() => saving(known(), name, { query: "a" }), why);
    refused(() => saving(known(), name, { tracks: [] }), why);
    refused(() => renaming(known("Mine"), "Mine", name), why);
  }
  assert.equal(saving(known(), long, { query: "a" }).length, 1);
});

Deno.test("saving(): a query that can't be read, or has nothing, or other collections, is refused", () => {
  for (const query of ["", "   ", "()"]) {
    assert.throws(() => saving(known(), "Mine", { query }), UserError, query);
  }
  for (const query of ["a".repeat(10_000), "(((a", "year:sixties", `"`, "AND", "a OR"]) {
    assert.throws(() => saving(known(), "Mine", { query }), QueryError, query.slice(0, 20));
  }
  for (const query of ["collection:Mine", "a OR -(b Collection:x)", "playlist:x"]) {
    refused(() => saving(known(), "Mine", { query }), /can't be made of collections/);
  }
  const hostile = `'; DROP TABLE collections; -- \\" NEAR(a b) {x} : ^ *`;
  const made = (() => {
    try {
      return saving(known(), "Mine", { query: hostile });
    } catch (error) {
      assert.ok(error instanceof QueryError);
      return [];
    }
  })();
  for (const { data } of made) assert.equal((data as { query: string }).query, hostile);
});

Deno.test("renaming(): to another case, but not to the name of another one", () => {
  const both = known("Jazz", "Rock");
  const [event] = renaming(both, "jazz", "JAZZ");
  assert.deepEqual(event!.data, { name: "Jazz", to: "JAZZ" });
  refused(() => renaming(both, "Jazz", "rock"), /there is a collection Rock already/);
  assert.throws(() => renaming(both, "Blues", "x"), { exitCode: EXIT.notFound });
  refused(() => renaming(both, "Never Played", "x"), /always there/);
});

Deno.test("removing(): what is saved, and nothing else", () => {
  assert.deepEqual(removing(known("Jazz"), "JAZZ").map(({ data }) => data), [{ name: "Jazz" }]);
  assert.throws(() => removing(known("Jazz"), "Rock"), { exitCode: EXIT.notFound });
  refused(() => removing(known(), "Duplicates"), /always there/);
});

Deno.test("saving(), removing(): not before the collections are known, and not without end", () => {
  const filling = { ...known(), isFilling: true };
  assert.throws(() => saving(filling, "Mine", { query: "a" }), /still being made/);
  assert.throws(() => removing(filling, "Mine"), /still being made/);
  const many = known(...Array.from({ length: COLLECTIONS_MAX }, (_, i) => `C${i}`));
  refused(() => saving(many, "Mine", { query: "a" }), /4,096 already/);
  assert.equal(saving(many, "c7", { query: "b" }).length, 1, "another query for one of them");
});
