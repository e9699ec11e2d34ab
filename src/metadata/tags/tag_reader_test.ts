import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aiffFile,
  type AudioTags,
  flacFile,
  m4aFile,
  mp3File,
  opusFile,
  type SoundOptions,
  wavFile,
} from "../../../scripts/audio/mod.ts";
import { HEAD_BYTES } from "../../base/mod.ts";
import { SparseBytes } from "../bytes/sparse_bytes.ts";
import { readTags, type TagReading } from "./tag_reader.ts";

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
};
const OTHER_TAGS: AudioTags = {
  title: "Another title, and a longer one",
  artist: "Somebody",
  picture: new Uint8Array(300_000).fill(7),
};

type Builder = (tags: AudioTags, sound?: SoundOptions) => Uint8Array<ArrayBuffer>;

const BUILDERS: Record<string, { name: string; build: Builder }> = {
  flac: { name: "x.flac", build: flacFile },
  "mp3 with ID3v2.4": {
    name: "x.mp3",
    build: (tags, sound) => mp3File(tags, { ...sound, id3: "2.4" }),
  },
  "mp3 with ID3v2.3 and v1": {
    name: "x.mp3",
    build: (tags, sound) => mp3File(tags, { ...sound, id3: "2.3", id3v1: true }),
  },
  m4a: { name: "x.m4a", build: m4aFile },
  "m4a with its index last": {
    name: "x.m4a",
    build: (tags, sound) => m4aFile(tags, { ...sound, indexLast: true }),
  },
  opus: { name: "x.opus", build: opusFile },
  aiff: { name: "x.aiff", build: aiffFile },
};

/** Reads as the parsers do, and counts. */
async function read(
  file: Uint8Array<ArrayBuffer>,
  name: string,
  looksAtEnd: boolean = false,
): Promise<TagReading & { bytesRead: number }> {
  const head = file.slice(0, HEAD_BYTES);
  let bytesRead = head.length;
  const bytes = new SparseBytes(file.length, head, (into, offset) => {
    const part = file.subarray(offset, offset + into.length);
    into.set(part);
    bytesRead += part.length;
    return part.length;
  });
  return { ...await readTags(bytes, name, { looksAtEnd }), bytesRead };
}

/** An ID3v2 tag alone. */
function mp3Tag(): Uint8Array {
  const file = mp3File({ title: "of the tag" }, { seconds: 0.1, id3: "2.3" });
  return file.subarray(0, 10 + ((file[6]! << 21) | (file[7]! << 14) | (file[8]! << 7) | file[9]!));
}

for (const [format, { name, build }] of Object.entries(BUILDERS)) {
  Deno.test(`${format}: every tag is read back exactly`, async () => {
    const reading = await read(build(TAGS, { seconds: 3 }), name);
    assert.equal(reading.unreadable, undefined);
    assert.equal(reading.format, name.slice(2));
    const { date: _, ...tags } = reading.tags!;
    assert.deepEqual(tags, {
      title: TAGS.title,
      artist: TAGS.artist,
      albumartist: TAGS.albumartist,
      album: TAGS.album,
      track: { no: 3, of: 12 },
      disk: { no: 1, of: 2 },
      year: 1999,
      genre: ["Rock"],
      composer: [TAGS.composer],
      compilation: true,
    });
    assert.ok(Math.abs(reading.properties!.duration_ms! - 3000) < 150, "it lasts three seconds");
    assert.ok(reading.properties!.sample_rate! > 0);
  });

  Deno.test(`${format}: the identity is that of the sound`, async () => {
    const one = await read(build(TAGS, { seconds: 3, seed: 1 }), name);
    const retagged = await read(build(OTHER_TAGS, { seconds: 3, seed: 1 }), name);
    const other = await read(build(TAGS, { seconds: 3, seed: 2 }), name);
    assert.notEqual(retagged.tags!.title, one.tags!.title);
    assert.ok(one.audio);
    assert.equal(retagged.audio, one.audio);
    assert.notEqual(other.audio, one.audio);
  });

  Deno.test(`${format}: where the sound is said to lie, other tags leave it as it is`, async () => {
    const files = [build(TAGS, { seconds: 3 }), build(OTHER_TAGS, { seconds: 3 })];
    const sounds = await Promise.all(files.map(async (file) => {
      const { audio_start, audio_end } = await read(file, name, true);
      return audio_start === undefined ? undefined : file.subarray(audio_start, audio_end);
    }));
    // Pages of an Ogg stream are numbered anew.
    assert.equal(sounds[0] === undefined, format === "opus");
    assert.deepEqual(sounds[0], sounds[1]);
    assert.ok(sounds[0] === undefined || sounds[0].length > 0.9 * files[0]!.length - 8192);
  });

  Deno.test(`${format}: pictures and audio are not read`, async () => {
    const picture = new Uint8Array(3_000_000).fill(9);
    const reading = await read(build({ ...TAGS, picture }, { seconds: 60 }), name);
    assert.equal(reading.tags!.title, TAGS.title);
    // Ogg has to put pages together around a picture, and AIFF keeps the whole tag in one chunk.
    if (format !== "opus" && format !== "aiff") {
      assert.ok(reading.bytesRead < 100_000, `${reading.bytesRead} were read`);
    }
  });

  Deno.test(`${format}: truncated anywhere, it gives tags or a reason`, async () => {
    const file = build(TAGS, { seconds: 0.5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: file.length }), async (length) => {
        const reading = await read(file.slice(0, length), name);
        assert.ok((reading.format === undefined) !== (reading.unreadable === undefined));
      }),
      { numRuns: 100 },
    );
  });

  Deno.test(`${format}: damaged anywhere, it gives tags or a reason`, async () => {
    const file = build(TAGS, { seconds: 0.5 });
    const damage = fc.array(
      fc.tuple(fc.integer({ min: 0, max: Math.min(file.length, 4096) - 1 }), fc.nat(255)),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const damaged = file.slice();
        for (const [at, value] of bytes) damaged[at] = value;
        const reading = await read(damaged, name);
        assert.ok((reading.format === undefined) !== (reading.unreadable === undefined));
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("wav: silence at both ends is no identity", async () => {
  const [one, other, again] = await Promise.all([1, 2, 1].map((seed) => {
    const bytes = wavFile({}, { seed, seconds: 2 });
    const sound = bytes.subarray(new TextDecoder("latin1").decode(bytes).indexOf("data") + 8);
    sound.fill(0, 0, 8 * 1024);
    sound.fill(0, 24 * 1024, 32_000);
    return read(bytes, "x.wav");
  }));
  assert.notEqual(one!.audio, other!.audio);
  assert.equal(one!.audio, again!.audio);
});

Deno.test("mp3: frames of silence at both ends, as encoders make them, are no identity", async () => {
  const [one, other, again] = await Promise.all([1, 2, 1].map((seed) => {
    const bytes = mp3File({}, { seed, seconds: 5 });
    // The sound begins behind the ID3v2 tag; 26 values, as in silence of LAME.
    const start = bytes.findIndex((byte, i) => byte === 0xff && (bytes[i + 1]! & 0xe0) === 0xe0);
    for (let i = start + 512; i < start + 8 * 1024; i++) bytes[i] = i % 26;
    for (let i = bytes.length - 4 * 1024; i < bytes.length; i++) bytes[i] = i % 26;
    return read(bytes, "x.mp3");
  }));
  assert.notEqual(one!.audio, other!.audio);
  assert.equal(one!.audio, again!.audio);
});

Deno.test("wav: the audio tells its identity", async () => {
  const [one, other] = await Promise.all(
    [1, 2].map((seed) => read(wavFile({}, { seed }), "x.wav")),
  );
  assert.equal(one!.format, "wav");
  assert.notEqual(one!.audio, other!.audio);
});

Deno.test("the sound of a FLAC lies between its tags, also those that do not belong there", async () => {
  const plain = flacFile(TAGS, { seconds: 1 });
  const id3v1 = new Uint8Array(128);
  id3v1.set(new TextEncoder().encode("TAG"));
  const file = new Uint8Array([...mp3Tag(), ...plain, ...id3v1]);
  const { audio_start, audio_end } = await read(file, "x.flac", true);
  const within = await read(plain, "x.flac", true);
  assert.deepEqual(
    file.subarray(audio_start, audio_end),
    plain.subarray(within.audio_start, within.audio_end),
  );
  assert.equal(within.audio_end, plain.length);
  assert.equal(plain[within.audio_start!], 0xff, "a frame begins there");
  const local = await read(file, "x.flac");
  assert.deepEqual([local.audio_start, local.audio_end], [audio_start, undefined]);
});

Deno.test("the content decides over the extension", async () => {
  assert.equal((await read(flacFile(TAGS), "x.mp3")).format, "flac");
  assert.equal((await read(mp3File(TAGS), "x.flac")).format, "mp3");
  assert.equal((await read(m4aFile(TAGS), "x.mp3")).format, "m4a");
  assert.equal((await read(m4aFile(TAGS), "x.m4b")).format, "m4b");
  assert.equal((await read(opusFile(TAGS), "x.ogg")).format, "opus");
});

Deno.test("what holds no audio is unreadable, with a reason", async () => {
  const random = crypto.getRandomValues(new Uint8Array(50_000)).map((byte) => byte & 0x7f);
  const contents: [Uint8Array<ArrayBuffer>, RegExp][] = [
    [new Uint8Array(), /Empty/],
    [new Uint8Array(100_000), /no audio format/],
    [random, /no audio format/],
    [new TextEncoder().encode("<html><body>404 Not Found</body></html>"), /no audio format/],
    [new TextEncoder().encode("fLaC"), /Cannot read it as flac/],
  ];
  for (const [content, reason] of contents) {
    for (const name of ["x.flac", "x.mp3", "x.m4a", "x.ogg"]) {
      assert.match((await read(content, name)).unreadable!, reason);
    }
  }
});

Deno.test("an ID3v2 tag in front of a FLAC is passed over", async () => {
  const flac = flacFile({ title: "of the FLAC" });
  const file = new Uint8Array([...mp3Tag(), ...flac]);
  const reading = await read(file, "x.flac");
  assert.equal(reading.format, "flac");
  assert.equal(reading.tags!.title, "of the FLAC");
  assert.equal(reading.audio, (await read(flac, "x.flac")).audio);
});

Deno.test("a file whose tags are out of reach is unreadable", async () => {
  const file = new Uint8Array(new ArrayBuffer(40 * 1024 * 1024));
  file.set(new TextEncoder().encode("fLaC"));
  file.set([0x00, 0xff, 0xff, 0xff], 4);
  const reading = await read(file, "x.flac");
  assert.ok(reading.unreadable);
  assert.ok(reading.bytesRead < 17 * 1024 * 1024);
});

Deno.test("a FLAC with a million comments is a track without them", async () => {
  const file = flacFile({});
  const count = 1_000_000;
  const comments = new Uint8Array(4 + 8 + 7 * count);
  const view = new DataView(comments.buffer);
  view.setUint32(0, 0x8400_0000 | (comments.length - 4));
  view.setUint32(8, count, true);
  for (let at = 12; at < comments.length; at += 7) {
    view.setUint32(at, 3, true);
    comments.set([0x41, 0x3d, 0x42], at + 4);
  }
  const streamInfo = file.subarray(0, 42);
  const bytes = new Uint8Array(await new Blob([streamInfo, comments]).arrayBuffer());
  const began = performance.now();
  const { format, tags, properties } = await read(bytes, "x.flac");
  assert.deepEqual([format, tags, properties?.sample_rate], ["flac", {}, 44_100]);
  assert.ok(performance.now() - began < 10_000, "linear, where a square would take minutes");
});

Deno.test("a FLAC that claims more comments than it has room for is a track without them", async () => {
  const vendor = new TextEncoder().encode("vendor");
  for (const count of [0xffff_ffff, 10_000_000, 3]) {
    for (const room of [0, 8, 900_000]) {
      const comments = new Uint8Array(4 + 4 + vendor.length + 4 + room);
      const view = new DataView(comments.buffer);
      view.setUint32(0, 0x8400_0000 | (comments.length - 4));
      view.setUint32(4, vendor.length, true);
      comments.set(vendor, 8);
      view.setUint32(8 + vendor.length, count, true);
      const head = flacFile({}).subarray(0, 42);
      const bytes = new Uint8Array(await new Blob([head, comments]).arrayBuffer());
      const { format, tags, properties } = await read(bytes, "x.flac");
      assert.deepEqual([format, tags, properties?.sample_rate], ["flac", {}, 44_100]);
    }
  }
});
