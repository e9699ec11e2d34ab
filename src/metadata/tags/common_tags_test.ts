import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DETAIL_BYTES_MAX,
  DETAIL_LIST_MAX,
  DETAIL_OTHER_MAX,
  DETAIL_TEXT_MAX,
} from "../../base/mod.ts";
import { Tag, type TagKind } from "../../formats/mod.ts";
import { commonTags } from "./common_tags.ts";

function tagOf(kind: TagKind, fields: Record<string, string | string[]>): Tag {
  const tag = new Tag(kind);
  for (const [name, values] of Object.entries(fields)) tag.add(name, ...[values].flat());
  return tag;
}

Deno.test("credits, ids and figures go by one name, whatever they are called in the file", () => {
  const expected = {
    ...{ albumartistsort: "S", originaldate: "1959-08-17", label: ["Blue Note"], isrc: ["X1"] },
    ...{ catalognumber: ["BN-1"], barcode: "123", mood: "Calm", bpm: 92.5, key: "Am" },
    ...{ conductor: ["C"], lyricist: ["W"], media: "CD", discsubtitle: "Side", grouping: "G" },
    ...{ replaygain_track_gain: -6.5, replaygain_track_peak: 0.98, copyright: "(c)" },
    ...{ musicbrainz_albumid: "m1", musicbrainz_artistid: ["a1", "a2"], acoustid_id: "q" },
  };
  const vorbis = tagOf("vorbis", {
    ...{ ALBUMARTISTSORT: "S", ORIGINALDATE: "1959-08-17", LABEL: "Blue Note", ISRC: "X1" },
    ...{ CATALOGNUMBER: "BN-1", BARCODE: "123", MOOD: "Calm", BPM: "92.5", KEY: "Am" },
    ...{ CONDUCTOR: "C", LYRICIST: "W", MEDIA: "CD", DISCSUBTITLE: "Side", GROUPING: "G" },
    ...{ REPLAYGAIN_TRACK_GAIN: "-6.50 dB", REPLAYGAIN_TRACK_PEAK: "0.98", COPYRIGHT: "(c)" },
    ...{ MUSICBRAINZ_ALBUMID: "m1", MUSICBRAINZ_ARTISTID: ["a1", "a2"], ACOUSTID_ID: "q" },
  });
  const id3 = tagOf("ID3v2", {
    ...{ TSO2: "S", TDOR: "1959-08-17", TPUB: "Blue Note", TSRC: "X1", TMOO: "Calm", TBPM: "92.5" },
    ...{ "TXXX:CATALOGNUMBER": "BN-1", "TXXX:BARCODE": "123", TKEY: "Am", TPE3: "C", TEXT: "W" },
    ...{ TMED: "CD", TSST: "Side", TIT1: "G", TCOP: "(c)", "TXXX:Acoustid Id": "q" },
    ...{ "TXXX:replaygain_track_gain": "-6.50 dB", "TXXX:replaygain_track_peak": "0.98" },
    ...{ "TXXX:MusicBrainz Album Id": "m1", "TXXX:MusicBrainz Artist Id": ["a1", "a2"] },
  });
  const own = (name: string) => `----:com.apple.iTunes:${name}`;
  const mp4 = tagOf("MP4", {
    ...{
      soaa: "S",
      [own("ORIGINALDATE")]: "1959-08-17",
      [own("LABEL")]: "Blue Note",
      tmpo: "92.5",
    },
    ...{ [own("ISRC")]: "X1", [own("CATALOGNUMBER")]: "BN-1", [own("BARCODE")]: "123" },
    ...{ [own("MOOD")]: "Calm", [own("initialkey")]: "Am", [own("CONDUCTOR")]: "C", cprt: "(c)" },
    ...{
      [own("LYRICIST")]: "W",
      [own("MEDIA")]: "CD",
      [own("DISCSUBTITLE")]: "Side",
      "\xa9grp": "G",
    },
    ...{ [own("replaygain_track_gain")]: "-6.50 dB", [own("replaygain_track_peak")]: "0.98" },
    ...{ [own("MusicBrainz Album Id")]: "m1", [own("MusicBrainz Artist Id")]: ["a1", "a2"] },
    [own("Acoustid Id")]: "q",
  });
  const asf = tagOf("ASF", {
    ...{ "WM/AlbumArtistSortOrder": "S", "WM/OriginalReleaseTime": "1959-08-17", Copyright: "(c)" },
    ...{
      "WM/Publisher": "Blue Note",
      "WM/ISRC": "X1",
      "WM/CatalogNo": "BN-1",
      "WM/Barcode": "123",
    },
    ...{ "WM/Mood": "Calm", "WM/BeatsPerMinute": "92.5", "WM/InitialKey": "Am", "WM/Media": "CD" },
    ...{ "WM/Conductor": "C", "WM/Writer": "W", "WM/SetSubTitle": "Side" },
    ...{ "WM/ContentGroupDescription": "G", REPLAYGAIN_TRACK_GAIN: "-6.50 dB", "Acoustid/Id": "q" },
    ...{ REPLAYGAIN_TRACK_PEAK: "0.98", "MusicBrainz/Album Id": "m1" },
    "MusicBrainz/Artist Id": ["a1", "a2"],
  });
  const ape = tagOf(
    "APEv2",
    Object.fromEntries(vorbis.fields.map(({ name }) => [
      name,
      vorbis.fields.filter((field) => field.name === name).map(({ value }) => value),
    ])),
  );
  for (const tag of [vorbis, id3, mp4, asf, ape]) {
    const { tags, details } = commonTags([tag]);
    assert.deepEqual(details.tags, expected, tag.kind);
    assert.deepEqual([{ ...tags }, details.other], [{}, undefined], tag.kind);
  }
});

Deno.test("of names for one thing the best counts, and the others are kept as they are called", () => {
  const { tags, details } = commonTags([
    tagOf("vorbis", { YEAR: "1990", DATE: "2005", PUBLISHER: "P", LABEL: "L", "RIPPED BY": "me" }),
  ]);
  assert.deepEqual([tags.year, tags.date], [2005, "2005"]);
  assert.deepEqual(details.tags, { label: ["L"] });
  assert.deepEqual(details.other, { YEAR: "1990", PUBLISHER: "P", "RIPPED BY": "me" });
});

Deno.test("the day of a release, or of a recording, counts where no other date is told", () => {
  const podcast = commonTags([tagOf("ID3v2", { TDRL: "2020-06-29T00:00:00.000Z" })]);
  assert.equal(podcast.tags.year, 2020);
  assert.equal(podcast.details.tags!["releasedate"], "2020-06-29T00:00:00.000Z");
  assert.equal(commonTags([tagOf("ID3v2", { TDRL: "2020", TDRC: "1987" })]).tags.year, 1987);
  const recorder = tagOf("RIFF", { "bext:origination_date": "2017-01-16", ICRD: "2019" });
  assert.deepEqual(commonTags([recorder]).tags, { year: 2019, date: "2019" });
  recorder.fields.pop();
  assert.deepEqual(commonTags([recorder]).tags, { year: 2017, date: "2017-01-16" });
});

Deno.test("the number of a movement may come with how many there are", () => {
  const movements = (fields: Record<string, string>) => commonTags([tagOf("ID3v2", fields)]);
  assert.deepEqual(movements({ MVIN: "1/4" }).details.tags, {
    movementIndex: 1,
    movementTotal: 4,
  });
  assert.deepEqual(movements({ MVIN: "3" }).details.tags, { movementIndex: 3 });
});

Deno.test("a value that is not of its kind is kept under its own name", () => {
  const { details } = commonTags([tagOf("vorbis", { BPM: "fast", RATING: "good", TITLE: "T" })]);
  assert.deepEqual(details, { other: { BPM: "fast", RATING: "good" } });
});

Deno.test("what is kept of a file is bounded, and what was cut is named", () => {
  const long = commonTags([tagOf("vorbis", { LYRICS: "x".repeat(10_000), LABEL: "L" })]).details;
  assert.equal((long.tags!["lyrics"] as string[])[0]!.length, DETAIL_TEXT_MAX);
  assert.deepEqual([long.tags!["label"], long.cut], [["L"], ["lyrics"]]);
  const many = tagOf("vorbis", { LABEL: Array.from({ length: 100 }, (_, i) => `L${i}`) });
  for (let i = 0; i < 500; i++) many.add(`OWN${i}`, "v");
  const { details } = commonTags([many]);
  assert.equal((details.tags!["label"] as string[]).length, DETAIL_LIST_MAX);
  assert.equal(Object.keys(details.other!).length, DETAIL_OTHER_MAX);
  assert.ok(details.cut!.includes("label") && details.cut!.includes("OWN70"));
});

Deno.test("whatever the fields are, the details are within their bound and no name does harm", () => {
  const name = fc.oneof(
    fc.string({ maxLength: 2_000 }),
    fc.constantFrom("__proto__", "constructor", "TITLE", "LYRICS", "RATING", "TRACKNUMBER", "DATE"),
  );
  const kind = fc.constantFrom<TagKind>(
    "ID3v2",
    "APEv2",
    "vorbis",
    "MP4",
    "ASF",
    "Matroska",
    "RIFF",
  );
  const value = fc.string({ maxLength: 6_000, unit: "binary" });
  fc.assert(fc.property(
    kind,
    fc.array(fc.tuple(name, value), { maxLength: 80 }),
    fc.array(fc.nat(2 ** 30), { maxLength: 300 }),
    (kind, fields, places) => {
      const tag = new Tag(kind);
      for (const [name, value] of fields) tag.add(name, value);
      for (const offset of places) tag.pictures.push({ type: 3, offset, length: 10 });
      const { tags, details } = commonTags([tag]);
      const { cut = [], ...kept } = details;
      assert.ok(JSON.stringify(kept).length < DETAIL_BYTES_MAX + 1_000);
      assert.ok(cut.length <= DETAIL_OTHER_MAX && cut.every(({ length }) => length <= 64));
      assert.deepEqual(JSON.parse(JSON.stringify({ tags, details })), { tags, details });
    },
  ));
});

Deno.test("lists of long names are bounded as the details are, and keep their first values", () => {
  const long = Array.from({ length: DETAIL_LIST_MAX }, (_, i) => `${i} ${"x".repeat(1_000)}`);
  const { tags } = commonTags([tagOf("vorbis", { ARTIST: long, GENRE: long, COMPOSER: long })]);
  for (const values of [tags.artists, tags.genre, tags.composer]) {
    assert.equal(values![0], long[0]);
    assert.ok(values!.length > 10 && values!.join("").length <= DETAIL_BYTES_MAX);
  }
});
