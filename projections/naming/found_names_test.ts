import assert from "node:assert/strict";
import fc from "fast-check";
import { NAME_BYTES_MAX, toTrackId } from "../../src/base/mod.ts";
import { foundNames, type FoundTrackFacts } from "./found_names.ts";

function track(number: number, facts: Partial<FoundTrackFacts> = {}): FoundTrackFacts {
  return {
    ...{ track: toTrackId(2_000 + number), title: `Song ${number}`, artist: "Ada" },
    ...{ album: "Engines", disc: 0, number, format: "flac", ...facts },
  };
}

Deno.test("foundNames: artist, album, number and title, of which each may be missing", () => {
  assert.deepEqual(
    foundNames([
      track(3),
      track(4, { album: "" }),
      track(0, { artist: "", album: "", title: "" }),
      track(5, { artist: "AC/DC", title: " a\nb", format: "mp3" }),
      track(0, { track: toTrackId(7), artist: ".hidden" }),
    ], "linux"),
    [
      "Ada - Engines - 03 - Song 3.flac",
      "Ada - 04 - Song 4.flac",
      "Unknown Title.flac",
      "AC_DC - Engines - 05 -  a_b.mp3",
      "_hidden - Engines - Song 0.flac",
    ],
  );
});

Deno.test("foundNames: the disc is named when a later one of the album is among them", () => {
  assert.deepEqual(
    foundNames([
      track(1, { disc: 1 }),
      track(2, { disc: 2 }),
      track(3, { disc: 1, album: "Other" }),
    ], "linux"),
    [
      "Ada - Engines - 1-01 - Song 1.flac",
      "Ada - Engines - 2-02 - Song 2.flac",
      "Ada - Other - 03 - Song 3.flac",
    ],
  );
});

Deno.test("foundNames: tracks that want one name get it in the order of their numbers, whatever the ranking", () => {
  const same = [9, 7, 8].map((it) => track(1, { track: toTrackId(it), title: "Same" }));
  assert.deepEqual(foundNames(same, "linux"), [
    "Ada - Engines - 01 - Same (3).flac",
    "Ada - Engines - 01 - Same.flac",
    "Ada - Engines - 01 - Same (2).flac",
  ]);
  const cases = [track(1, { title: "Who?" }), track(1, { track: toTrackId(1), title: "WHO?" })];
  assert.deepEqual(foundNames(cases, "linux"), [
    "Ada - Engines - 01 - Who?.flac",
    "Ada - Engines - 01 - WHO?.flac",
  ]);
  assert.deepEqual(foundNames(cases, "windows"), [
    "Ada - Engines - 01 - Who_ (2).flac",
    "Ada - Engines - 01 - WHO_.flac",
  ]);
});

Deno.test("foundNames: whatever the tags say, names are different and can be listed", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.constant("é".repeat(300)),
  );
  const facts = fc.record({ title: text, artist: text, album: text, number: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 20 }), (all) => {
      const tracks = all.map((each, i) => track(each.number, { ...each, track: toTrackId(i + 1) }));
      for (const system of ["linux", "windows"] as const) {
        const names = foundNames(tracks, system);
        assert.equal(new Set(names).size, tracks.length);
        for (const name of names) {
          assert.ok(new TextEncoder().encode(name).length <= NAME_BYTES_MAX, name);
          assert.doesNotMatch(name, /^\.|[/\0\n]/);
          assert.equal(name.normalize("NFC"), name);
        }
      }
    }),
    { numRuns: 30 },
  );
});
