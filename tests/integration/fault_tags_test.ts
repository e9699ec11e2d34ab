/**
 * Files from other projects' bug reports whose tags were read wrongly. `shared/corpus/faults/README.md` states the
 * right tags.
 */
import assert from "node:assert/strict";
import type { TrackTags } from "../../events/facts/files.ts";
import { ParserPool } from "../../src/metadata/mod.ts";
import { needs } from "../support/needs.ts";

const FAULTS = Deno.env.get("MUSICFS_FAULTS") ??
  decodeURIComponent(new URL("../../../shared/corpus/faults/tags", import.meta.url).pathname);

const WHOLE: TrackTags = {
  title: "Tïtle",
  artist: "Ärtist",
  albumartist: "AlbÄrtist",
  album: "Älbum",
  track: { no: 3, of: 9 },
  disk: { no: 1, of: 2 },
  year: 2004,
  genre: ["Gënre"],
  composer: ["Cömposer"],
};
const REAL: TrackTags = {
  title: "Real title",
  artist: "Real artist",
  album: "Real album",
  track: { no: 7, of: 12 },
  disk: { no: 2, of: 2 },
  year: 2004,
};

/** The tags of each file; undefined for a tag that the file does not have. */
const RIGHT: Record<string, { [Name in keyof TrackTags]: TrackTags[Name] | undefined }> = {
  "a.mka": WHOLE,
  "a.oga": WHOLE,
  "frag.m4a": WHOLE,
  "album_multi.flac": {
    ...{ title: "T1", artist: "A", album: "L1", albumartist: "AA" },
    ...{ artists: ["A", "B"], genre: ["g1", "g2"] },
  },
  "date_dmy.flac": { year: 1995 },
  "year_only.flac": { year: 2005 },
  "multi.m4a": {
    ...{ track: { no: 300, of: 400 }, disk: { no: 1, of: 2 }, artists: ["A", "B"] },
    ...{ album: "L1", artist: "A", albumartist: "AA" },
  },
  "multi.wma": {
    ...{ artist: "A", artists: ["A", "B"], albumartist: "AA", title: "x", album: "L" },
    ...{ track: { no: 7, of: 12 }, year: 2004 },
  },
  "info.wav": { title: "Tïtle", artist: "Björk", album: "Ålbum" },
  "name.aiff": { title: "Tïtle" },
  "v23_acdc.mp3": {
    ...{ artist: "AC/DC", artists: undefined, albumartist: "AC/DC", title: "Back in Black" },
    ...{ genre: ["Hard Rock/Metal"], composer: ["Young/Young/Johnson"] },
  },
  "v23_slash_title.mp3": {
    ...{ title: "Either/Or", artist: "Sum/41", album: "9/11", track: { no: 300, of: 400 } },
  },
  "v23_v1_conflict.mp3": { ...REAL, genre: undefined },
  "v24_v1_conflict.mp3": { ...REAL, genre: undefined },
  "v24_multi.mp3": {
    ...{ title: "T1", artist: "A", album: "L1", albumartist: "AA", genre: ["Rock", "Pop"] },
    artists: ["A", "B"],
  },
  // This file's tags were right, but its figures were wrong: see below.
  "vbr_noxing.mp3": { title: undefined },
};

Deno.test({
  name: "every file of the corpus of faults gives the right tags",
  ignore: !needs(FAULTS),
  async fn(t) {
    const pool = new ParserPool({ size: 1 });
    try {
      for (const { name } of [...Deno.readDirSync(FAULTS)]) {
        await t.step(name, async () => {
          const right = RIGHT[name];
          assert.ok(right, "this test knows what is right");
          const [reading] = await pool.read(FAULTS, [{
            path: name,
            size: 0,
            mtime_s: 0,
            mtime_ns: 0,
          }]);
          assert.ok(reading && !reading.vanished && reading.tags, JSON.stringify(reading));
          for (const [field, value] of Object.entries(right)) {
            assert.deepEqual(reading.tags[field as keyof TrackTags], value, field);
          }
        });
      }
    } finally {
      await pool.close();
    }
  },
});

Deno.test({
  name: "an MP3 of many bit rates without a stated length is as long as a decoder plays it",
  ignore: !needs(FAULTS, "ffmpeg"),
  async fn() {
    const path = "vbr_noxing.mp3";
    const pool = new ParserPool({ size: 1 });
    try {
      const [reading] = await pool.read(FAULTS, [{ path, size: 0, mtime_s: 0, mtime_ns: 0 }]);
      assert.ok(reading && !reading.vanished);
      const { sample_rate, channels, duration_ms, bitrate } = reading.properties!;
      assert.deepEqual([sample_rate, channels], [48_000, 1]);
      const { code, stdout } = await new Deno.Command("ffmpeg", {
        args: ["-v", "error", "-i", `${FAULTS}/${path}`, "-f", "s16le", "-"],
      }).output();
      assert.equal(code, 0);
      // Readers that estimate by the bit rate of the first frames say 28.57 s. The last audible sample is at 30.02 s.
      assert.equal(duration_ms, stdout.length / 2 / 48);
      assert.equal(bitrate, 74_961);
    } finally {
      await pool.close();
    }
  },
});
