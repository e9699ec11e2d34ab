import assert from "node:assert/strict";
import fc from "fast-check";
import { type IAudioMetadata, parseBuffer } from "music-metadata";
import {
  aiffFile,
  type AudioTags,
  flacFile,
  m4aFile,
  mp3File,
  opusFile,
  type SoundOptions,
  wavFile,
  wavHeader,
} from "./mod.ts";

const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (char) => char.charCodeAt(0),
);

const TAGS: AudioTags = {
  title: "Tïtle 曲",
  artist: "Björn Sæther",
  albumartist: "Various Artists",
  album: "Ω",
  track: 3,
  tracks: 12,
  disc: 1,
  discs: 2,
  year: 1999,
  genre: "Rock",
  composer: "Сергей Волков",
  compilation: true,
  picture: PNG,
};

type Builder = (tags: AudioTags, sound: SoundOptions) => Uint8Array<ArrayBuffer>;

const BUILDERS: Record<string, Builder> = {
  flac: flacFile,
  "mp3 with ID3v2.4": (tags, sound) => mp3File(tags, { ...sound, id3: "2.4" }),
  "mp3 with ID3v2.3 and v1": (tags, sound) => mp3File(tags, { ...sound, id3: "2.3", id3v1: true }),
  m4a: m4aFile,
  "m4a with its index last": (tags, sound) => m4aFile(tags, { ...sound, indexLast: true }),
  opus: opusFile,
  aiff: aiffFile,
};

const MIME: Record<string, string> = {
  flac: "audio/flac",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  opus: "audio/ogg",
  aiff: "audio/aiff",
  wav: "audio/wav",
};

function parse(name: string, bytes: Uint8Array): Promise<IAudioMetadata> {
  return parseBuffer(bytes, { mimeType: MIME[name.split(" ")[0]!]!, size: bytes.length }, {
    duration: true,
  });
}

for (const [name, build] of Object.entries(BUILDERS)) {
  Deno.test(`${name}: every tag comes back, and the length`, async () => {
    const { common, format } = await parse(name, build(TAGS, { seconds: 2.5 }));
    assert.equal(common.title, TAGS.title);
    assert.equal(common.artist, TAGS.artist);
    assert.equal(common.albumartist, TAGS.albumartist);
    assert.equal(common.album, TAGS.album);
    assert.equal(common.track.no, 3);
    assert.equal(common.disk.no, 1);
    assert.equal(common.track.of, 12);
    assert.equal(common.disk.of, 2);
    assert.equal(common.year, 1999);
    assert.deepEqual(common.genre, ["Rock"]);
    assert.deepEqual(common.composer, [TAGS.composer]);
    assert.equal(common.compilation, true);
    if (name !== "opus") assert.deepEqual(common.picture?.[0]?.data, PNG);
    assert.ok(Math.abs(format.duration! - 2.5) < 0.05, `${format.duration} s`);
  });

  Deno.test(`${name}: a file without tags is read, too`, async () => {
    const { common } = await parse(name, build({}, {}));
    assert.equal(common.title, undefined);
    assert.equal(common.artist, undefined);
  });

  Deno.test(`${name}: the same input gives the same bytes, another seed another sound`, () => {
    assert.deepEqual(build(TAGS, { seed: 4 }), build(TAGS, { seed: 4 }));
    assert.notDeepEqual(build({}, { seed: 4 }), build({}, { seed: 5 }));
  });

  Deno.test(`${name}: any text survives`, async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .map((value) => value.trim().replaceAll("\0", ""))
      .filter((value) => value.length > 0 && value.isWellFormed());
    await fc.assert(
      fc.asyncProperty(text, text, async (title, album) => {
        const { common } = await parse(name, build({ title, album }, { seconds: 0.1 }));
        assert.equal(common.title, title);
        assert.equal(common.album, album);
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("wav: tags in the LIST chunk and in the id3 chunk come back", async () => {
  const { common, format } = await parse("wav", wavFile(TAGS, { seconds: 2.5 }));
  assert.equal(common.title, TAGS.title);
  assert.equal(common.albumartist, TAGS.albumartist);
  assert.equal(common.track.no, 3);
  assert.equal(format.duration, 2.5);
});

Deno.test("wav: the header fits samples that are written elsewhere", async () => {
  const header = wavHeader({ title: "Long", artist: "One" }, 16_000);
  const { common, format } = await parse(
    "wav",
    new Uint8Array([...header, ...new Uint8Array(16_000)]),
  );
  assert.equal(common.title, "Long");
  assert.equal(format.duration, 1);
});

Deno.test("flac: padding is as long as was asked", () => {
  const short = flacFile(TAGS, { padding: 10 });
  const long = flacFile(TAGS, { padding: 1010 });
  assert.equal(long.length - short.length, 1000);
});

Deno.test("flac: a length that frame numbers do not reach is refused", () => {
  assert.throws(() => flacFile({}, { seconds: 7_000 }), /Cannot make 7000 s of FLAC/);
});
