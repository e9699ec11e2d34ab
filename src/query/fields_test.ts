import assert from "node:assert/strict";
import { DETAIL_KINDS } from "../base/mod.ts";
import { dateNumber, fieldKey, fieldNamed, FIELDS } from "./mod.ts";

Deno.test("fieldNamed: a field is found by its name, its aliases, and any spelling of them", () => {
  for (
    const [name, found] of [
      ["albumartist", "albumartist"],
      ["ALBUM_ARTIST", "albumartist"],
      ["album artist", "albumartist"],
      ["album-artist", "albumartist"],
      ["publisher", "label"],
      ["play_count", "plays"],
      ["playcounter", "playcounter"],
      ["MusicBrainz_AlbumId", "musicbrainz_albumid"],
      ["tvShow", "tvshow"],
      ["performer", "performer"],
    ] as const
  ) {
    assert.equal(fieldNamed(name).name, found, name);
    assert.equal(fieldNamed(name).isOwn, false, name);
  }
});

Deno.test("fieldNamed: any other name is a text field of the user's own, named as its tag is", () => {
  const { name, kind, isOwn, tags } = fieldNamed("Ripped_By");
  assert.deepEqual([name, kind, isOwn, tags], ["ripped_by", "text", true, []]);
  for (const tag of ["RIPPED BY", "TXXX:Ripped By", "----:com.apple.iTunes:ripped-by"]) {
    assert.equal(fieldKey(tag), fieldKey(name), tag);
  }
  assert.equal(fieldKey("_"), "_");
  assert.equal(fieldKey("TXXX:"), "txxx:");
  assert.equal(fieldNamed("__proto__").isOwn, true);
});

Deno.test("FIELDS: every tag that is kept is one field, and no two fields have a name in common", () => {
  const tags = FIELDS.flatMap(({ tags }) => tags);
  for (const tag of DETAIL_KINDS.keys()) {
    assert.equal(tags.filter((it) => it === tag).length, 1, tag);
  }
  const keys = FIELDS.flatMap(({ name, aliases }) => [name, ...aliases]).map(fieldKey);
  assert.deepEqual(keys.filter((key, i) => keys.indexOf(key) < i), []);
  for (const { name } of FIELDS) assert.equal(name, name.toLowerCase());
});

Deno.test("dateNumber: a date of a tag as a number in which missing parts are 00", () => {
  for (
    const [text, number] of [
      ["1994", 19_940_000],
      ["1994-03", 19_940_300],
      ["1994-03-21", 19_940_321],
      ["1994-03-21T10:00:00Z", 19_940_321],
      ["1994/3/1", 19_940_301],
      ["19940321", 19_940_321],
      ["1994-00-00", 19_940_000],
      ["1994-13-01", 19_940_000],
      ["1994-03-99", 19_940_300],
      ["199", undefined],
      ["19945", undefined],
      ["March 1994", undefined],
      ["", undefined],
    ] as const
  ) assert.equal(dateNumber(text), number, text);
});
