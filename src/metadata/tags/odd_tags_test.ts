/** Tags as only some program wrote them; mutagen agrees on what they say (tests/integration/mutagen_test.ts). */
import assert from "node:assert/strict";
import { aiffFile, flacFile, mp3File, wavFile } from "../../../scripts/audio/mod.ts";
import { bigEndian, concat, latin1, littleEndian, utf8 } from "../../../scripts/audio/bytes.ts";
import {
  describedBody,
  type Id3Frame,
  type Id3Minor,
  id3TagOf,
  type Id3TagOptions,
  pictureBody,
  syncSafe,
  textBody,
} from "../../../tests/support/id3_builder.ts";
import { HEAD_BYTES } from "../../base/mod.ts";
import { SparseBytes } from "../bytes/sparse_bytes.ts";
import { readTags, type TagOptions, type TagReading } from "./tag_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const SOUND = mp3File({}, { id3: null });

/** Reads as parsers do, and counts what is read besides the head. */
async function read(
  file: Bytes,
  name = "x.mp3",
  options: Partial<TagOptions> = {},
): Promise<TagReading & { bytesRead: number }> {
  let bytesRead = 0;
  const bytes = new SparseBytes(file.length, file.slice(0, HEAD_BYTES), (into, offset) => {
    into.set(file.subarray(offset, offset + into.length));
    bytesRead += into.length;
    return into.length;
  });
  const reading = await readTags(bytes, name, { looksAtEnd: false, ...options });
  return { ...reading, bytesRead };
}

function mp3Of(version: Id3Minor, frames: readonly Id3Frame[], options?: Id3TagOptions): Bytes {
  return concat([id3TagOf(version, frames, options), SOUND]);
}

function textFrame(id: string, text: string): Id3Frame {
  return { id, body: textBody(text, 0) };
}

/** A JPEG by its head; every 256th byte is 255, as in a real one, and zeros follow some of them. */
function jpeg(length: number): Bytes {
  const picture = new Uint8Array(length);
  for (let i = 0; i < length; i++) picture[i] = (i * 97 + (i >> 8)) & 0xff;
  picture.set([0xff, 0xd8, 0xff, 0xe0]);
  return picture;
}

Deno.test("of two ID3v2 tags one behind the other the first counts, whole", async () => {
  const first = id3TagOf(4, [textFrame("TIT2", "First")]);
  const second = id3TagOf(3, [textFrame("TIT2", "Second"), textFrame("TPE1", "Somebody")]);
  const { tags } = await read(concat([first, second, SOUND]));
  assert.deepEqual(tags, { title: "First" });
});

Deno.test("ID3v1 adds what ID3v2 lacks when both name the same track, and nothing else", async () => {
  const long = "A title that is longer than thirty bytes";
  const v1 = (title: string) =>
    mp3File({ title, artist: "A", album: "L", year: 1999 }, { id3: null, id3v1: true });
  const tagsOf = async (title: string, old: string) =>
    (await read(concat([id3TagOf(4, [{ id: "TIT2", body: textBody(title) }]), v1(old)]))).tags;
  const more = { artist: "A", album: "L", year: 1999, date: "1999" };
  assert.deepEqual(await tagsOf(long, long.slice(0, 30)), { title: long, ...more });
  assert.deepEqual(await tagsOf("T", "T"), { title: "T", ...more });
  assert.deepEqual(await tagsOf("曲", "?"), { title: "曲", ...more });
  assert.deepEqual(await tagsOf("T", "Other"), { title: "T" });
  assert.deepEqual(await tagsOf("Title", "Tit"), { title: "Title" });
});

Deno.test("a tag that names nothing adds to the one that does", async () => {
  const gain = id3TagOf(4, [{
    id: "TXXX",
    body: describedBody("REPLAYGAIN_TRACK_GAIN", "-6.50 dB"),
  }]);
  const { tags, details } = await read(concat([gain, mp3File({ title: "T" }, { id3: "2.3" })]));
  assert.equal(tags!.title, "T");
  assert.equal(details!.tags!["replaygain_track_gain"], -6.5);
});

Deno.test("ID3v2 counts before APEv2 in an MP3, APEv2 before ID3v1, and ID3v1 where nothing else is", async () => {
  const ape = apeTag({ Title: "Of APE", Album: "Of APE" });
  const id3v1 = mp3File({ title: "Of v1", artist: "v1" }, { id3: null, id3v1: true }).slice(-128);
  const v2 = id3TagOf(4, [textFrame("TIT2", "Of v2")]);
  const titles = async (...parts: Bytes[]) => (await read(concat(parts))).tags;
  assert.deepEqual(await titles(v2, SOUND, ape, id3v1), { title: "Of v2" });
  assert.deepEqual(await titles(SOUND, ape, id3v1), { title: "Of APE", album: "Of APE" });
  assert.deepEqual(await titles(SOUND, id3v1), { title: "Of v1", artist: "v1" });
});

Deno.test("an address of a podcast is read with and without the byte for its encoding", async () => {
  const address = "http://podcast.url/feed";
  for (const body of [textBody(address), textBody(address, 1), latin1(address)]) {
    const { details } = await read(mp3Of(4, [textFrame("TIT2", "T"), { id: "WFED", body }]));
    assert.equal(details!.tags!["podcasturl"], address);
  }
});

for (const version of [2, 3] as const) {
  Deno.test(`ID3v2.${version} that was made unsynchronised as a whole is read`, async () => {
    const [title, artist] = version === 2 ? ["TT2", "TP1"] : ["TIT2", "TPE1"];
    const frames = [
      { id: title, body: textBody("ÿ\u00e0Titleÿ", 0) },
      { id: artist, body: textBody("ÿ曲", 1) },
    ];
    const { tags } = await read(mp3Of(version, frames, { flags: 0x80, padding: 100 }));
    assert.deepEqual(tags, { title: "ÿ\u00e0Titleÿ", artist: "ÿ曲" });
  });
}

for (const version of [3, 4] as const) {
  Deno.test(`20 MB of art in an unsynchronised ID3v2.${version} are stepped over, and the tags read`, async () => {
    const picture = jpeg(20_000_000);
    const body = pictureBody(picture);
    const stuffed = concat([syncSafe(body.length), unsynchronisedFast(body)]);
    const frames: Id3Frame[] = [
      textFrame("TALB", "Before"),
      version === 3 ? { id: "APIC", body } : { id: "APIC", body: stuffed, flags: 0x03 },
      textFrame("TIT2", "Behind"),
      textFrame("TPE1", "Somebody"),
      textFrame("TRCK", "7/12"),
    ];
    const file = version === 4 ? mp3Of(4, frames) : concat([bigTag(frames), SOUND]);
    const { tags, details, bytesRead } = await read(file);
    assert.deepEqual(tags, {
      ...{ title: "Behind", artist: "Somebody", album: "Before", track: { no: 7, of: 12 } },
    });
    const [place] = details!.pictures!;
    assert.deepEqual([place!.size, place!.mime, place!.encoding], [
      picture.length,
      "image/jpeg",
      "unsynchronised",
    ]);
    const stored = file.subarray(place!.offset, place!.offset + place!.length);
    assert.deepEqual(synchronised(stored), picture);
    assert.ok(bytesRead < 2_000_000, `${bytesRead} bytes were read`);
  });
}

Deno.test("ID3v2.4 and 2.3 with an extended header are read", async () => {
  const frames = [textFrame("TIT2", "T")];
  const crc4 = concat([syncSafe(12), Uint8Array.of(1, 0x20, 5, 1, 2, 3, 4, 5)]);
  const crc3 = concat([
    bigEndian(10, 4),
    Uint8Array.of(0x80, 0),
    new Uint8Array(4),
    bigEndian(9, 4),
  ]);
  for (
    const [version, extended] of [
      [4, concat([syncSafe(6), Uint8Array.of(1, 0)])],
      [4, crc4],
      [3, concat([bigEndian(6, 4), new Uint8Array(6)])],
      [3, crc3],
      // Ableton sets the flag and writes no such header.
      [4, new Uint8Array()],
    ] as const
  ) {
    const { tags } = await read(mp3Of(version, frames, { flags: 0x40, extended }));
    assert.deepEqual(tags, { title: "T" }, `2.${version}, ${extended.length} bytes`);
  }
});

Deno.test("ID3v2.4 with plain frame sizes, a picture first, is read as iTunes wrote it", async () => {
  for (const size of [200, 5_000, 70_000, 3_000_000]) {
    const frames: Id3Frame[] = [
      { id: "APIC", body: pictureBody(jpeg(size)), hasPlainSize: true },
      { ...textFrame("TIT2", "T".repeat(300)), hasPlainSize: true },
      { ...textFrame("TPE1", "A"), hasPlainSize: true },
    ];
    const { tags, details } = await read(mp3Of(4, frames, { padding: 64 }));
    assert.deepEqual(tags, { title: "T".repeat(300), artist: "A" }, `${size}`);
    assert.equal(details!.pictures![0]!.size, size);
  }
});

Deno.test("names of three letters in ID3v2.3 are those of 2.2", async () => {
  const frames = [
    textFrame("TT2", "T"),
    textFrame("TP1", "A"),
    textFrame("TAL", "L"),
    textFrame("TRK", "3/9"),
  ];
  const { tags } = await read(mp3Of(3, frames));
  assert.deepEqual(tags, { title: "T", artist: "A", album: "L", track: { no: 3, of: 9 } });
});

Deno.test("compressed and grouped frames are read, encrypted ones are not", async () => {
  const { deflateSync } = await import("node:zlib");
  const body = textBody("Compressed", 3);
  const deflated = new Uint8Array(deflateSync(body));
  const frames: Id3Frame[] = [
    { id: "TIT2", body: concat([syncSafe(body.length), deflated]), flags: 0x09 },
    { id: "TPE1", body: concat([Uint8Array.of(7), textBody("Grouped", 3)]), flags: 0x40 },
    { id: "TALB", body: concat([Uint8Array.of(1), textBody("Secret", 3)]), flags: 0x04 },
  ];
  assert.deepEqual((await read(mp3Of(4, frames))).tags, { title: "Compressed", artist: "Grouped" });
});

Deno.test("an APE tag of 131 bytes in which TAG stands where an ID3v1 tag would", async () => {
  const filler = 131 - 2 * 32 - 9 - "Title".length - "x".length;
  const ape = apeTag({ Title: `x${"y".repeat(filler)}` }, true);
  assert.equal(ape.length, 131);
  assert.equal(new TextDecoder().decode(ape.subarray(3, 6)), "TAG");
  const file = concat([SOUND, ape]);
  const { tags, audio_end } = await read(file);
  assert.deepEqual(tags, { title: `x${"y".repeat(filler)}` });
  assert.equal(audio_end, SOUND.length);
});

Deno.test("of a FLAC with two comment blocks the first counts", async () => {
  const file = flacFile({ title: "First" });
  const comments = vorbisComments(["TITLE=Second", "ARTIST=Somebody"]);
  const streamInfoEnd = 4 + 4 + 34;
  const firstEnd = streamInfoEnd + 4 + file[streamInfoEnd + 3]! + 256 * file[streamInfoEnd + 2]!;
  assert.equal(file[streamInfoEnd]! & 0x7f, 4, "the comments come behind STREAMINFO");
  const isLast = file[streamInfoEnd]! & 0x80;
  const first = file.slice(streamInfoEnd, firstEnd);
  first[0] = 4;
  const second = concat([Uint8Array.of(4 | isLast), bigEndian(comments.length, 3), comments]);
  const both = concat([file.slice(0, streamInfoEnd), first, second, file.slice(firstEnd)]);
  const { tags } = await read(both, "x.flac");
  assert.equal(tags!.title, "First");
  assert.equal(tags!.artist, undefined);
});

Deno.test("of a WAV's id3 chunk and INFO that disagree the first counts, whole, wherever it stands", async () => {
  const id3 = riffChunk("id3 ", id3TagOf(4, [textFrame("TIT2", "Of id3")]));
  const info = riffChunk(
    "LIST",
    concat([
      latin1("INFO"),
      riffChunk("INAM", latin1("Of INFO\0")),
      riffChunk("IART", latin1("Somebody\0")),
    ]),
  );
  const wav = wavFile({});
  for (const chunks of [[id3, info], [info, id3]]) {
    const { tags } = await read(concat([wav, ...chunks]), "x.wav");
    assert.deepEqual(tags, { title: "Of id3" });
  }
  assert.deepEqual((await read(concat([wav, info]), "x.wav")).tags, {
    title: "Of INFO",
    artist: "Somebody",
  });
});

Deno.test("text that does not name its encoding is UTF-8 where it can be, and else of the setting", async () => {
  const cyrillic = Uint8Array.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
  const info = (title: Uint8Array) =>
    concat([
      wavFile({}),
      riffChunk(
        "LIST",
        concat([latin1("INFO"), riffChunk("INAM", concat([title, new Uint8Array(2)]))]),
      ),
    ]);
  const v1 = new Uint8Array(128);
  v1.set(latin1("TAG"));
  v1.set(cyrillic, 3);
  v1[127] = 85;
  const frame: Id3Frame = { id: "TIT2", body: concat([Uint8Array.of(0), cyrillic]) };
  const encoding = "windows-1251";
  assert.equal((await read(info(utf8("Tïtle")), "x.wav", { encoding })).tags!.title, "Tïtle");
  for (
    const [file, name] of [[info(cyrillic), "x.wav"], [concat([SOUND, v1]), "x.mp3"], [
      mp3Of(3, [frame]),
      "x.mp3",
    ]] as const
  ) {
    const set = await read(file, name, { encoding });
    assert.deepEqual([set.tags!.title, set.details!.encoding], ["Привет", encoding]);
    const unset = await read(file, name);
    assert.deepEqual([unset.tags!.title, unset.details!.encoding], ["Ïðèâåò", "windows-1252"]);
  }
  assert.deepEqual((await read(concat([SOUND, v1]))).tags!.genre, ["Bebop"]);
  const named = await read(mp3Of(3, [textFrame("TIT2", "ASCII")]), "x.mp3", { encoding });
  assert.equal(named.details, undefined, "no text was guessed at");
});

Deno.test("genres are those of the list, of its numbers and of text", async () => {
  const genres: Record<string, string[]> = {
    "17": ["Rock"],
    "(17)": ["Rock"],
    "(85)": ["Bebop"],
    "(4)(17)Eurodisco": ["Disco", "Rock", "Eurodisco"],
    "(17)Rock": ["Rock"],
    "(RX)(CR)": ["Remix", "Cover"],
    "((Foo)": ["(Foo)"],
    "Hard Rock/Metal": ["Hard Rock/Metal"],
    "191": ["Psybient"],
    "255": ["255"],
  };
  for (const [text, expected] of Object.entries(genres)) {
    assert.deepEqual((await read(mp3Of(3, [textFrame("TCON", text)]))).tags!.genre, expected, text);
  }
});

Deno.test("sides of a record are discs, and numbers are read as people write them", async () => {
  const numbers: Record<string, unknown[]> = {
    "A1": [{ no: 1, of: null }, { no: 1, of: null }],
    "B2": [{ no: 2, of: null }, { no: 2, of: null }],
    "c-12": [{ no: 12, of: null }, { no: 3, of: null }],
    "D": [{ no: 1, of: null }, { no: 4, of: null }],
    "7/12": [{ no: 7, of: 12 }, undefined],
    "07": [{ no: 7, of: null }, undefined],
    "3 of 9": [{ no: 3, of: 9 }, undefined],
    "/12": [{ no: null, of: 12 }, undefined],
    "300/400": [{ no: 300, of: 400 }, undefined],
    "Intro": [undefined, undefined],
  };
  for (const [text, [track, disk]] of Object.entries(numbers)) {
    const { tags } = await read(mp3Of(4, [textFrame("TRCK", text), textFrame("TIT2", "T")]));
    assert.deepEqual([tags!.track, tags!.disk], [track, disk], text);
  }
  const both = [textFrame("TRCK", "B2"), textFrame("TPOS", "3/4")];
  const { tags } = await read(mp3Of(4, both));
  assert.deepEqual([tags!.track, tags!.disk], [{ no: 2, of: null }, { no: 3, of: 4 }]);
});

Deno.test("album artists and compilations are known by any name of theirs", async () => {
  const names = ["ALBUM ARTIST", "ALBUM_ARTIST", "ALBUMARTIST", "album artist"];
  for (const name of names) {
    const frame = { id: "TXXX", body: describedBody(name, "AA") };
    assert.equal((await read(mp3Of(4, [frame]))).tags!.albumartist, "AA", `TXXX:${name}`);
    const flac = flacWith([`${name}=AA`]);
    assert.equal((await read(flac, "x.flac")).tags!.albumartist, "AA", name);
    const ape = concat([SOUND, apeTag({ [name]: "AA" })]);
    assert.equal((await read(ape)).tags!.albumartist, "AA", `APE ${name}`);
  }
  const both = [
    { id: "TXXX", body: describedBody("ALBUM ARTIST", "Other") },
    textFrame("TPE2", "AA"),
  ];
  const { tags, details } = await read(mp3Of(4, both));
  assert.equal(tags!.albumartist, "AA");
  assert.deepEqual(details!.other, { "TXXX:ALBUM ARTIST": "Other" });
  for (const value of ["1", "true", "TRUE", "yes"]) {
    assert.equal(
      (await read(flacWith([`COMPILATION=${value}`]), "x.flac")).tags!.compilation,
      true,
    );
  }
  for (const value of ["0", "false", ""]) {
    const { tags } = await read(flacWith([`COMPILATION=${value}`]), "x.flac");
    assert.equal(tags!.compilation, undefined);
  }
});

Deno.test("the text chunks of AIFF stand behind its ID3 chunk", async () => {
  const name = concat([
    latin1("NAME"),
    bigEndian(7, 4),
    utf8("Tïtle"),
    latin1("!"),
    new Uint8Array(1),
  ]);
  const both = aiffFile({ title: "Of ID3" });
  const plain = concat([both.slice(0, 12), name, both.slice(12)]);
  assert.equal((await read(plain, "x.aiff")).tags!.title, "Of ID3");
});

/** An MP3 tag of 2.3 that is too large to be made byte by byte. */
function bigTag(frames: readonly Id3Frame[]): Bytes {
  const body = unsynchronisedFast(
    concat(
      frames.map(({ id, body }) =>
        concat([latin1(id), bigEndian(body.length, 4), new Uint8Array(2), body])
      ),
    ),
  );
  return concat([utf8("ID3"), Uint8Array.of(3, 0, 0x80), syncSafe(body.length), body]);
}

function unsynchronisedFast(bytes: Bytes): Bytes {
  const out = new Uint8Array(bytes.length * 2);
  let filled = 0;
  for (let i = 0; i < bytes.length; i++) {
    out[filled++] = bytes[i]!;
    const next = bytes[i + 1];
    if (bytes[i] === 0xff && (next === undefined || next === 0 || next >= 0xe0)) filled++;
  }
  return out.slice(0, filled);
}

function synchronised(bytes: Bytes): Bytes {
  const out = new Uint8Array(bytes.length);
  let filled = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0 && bytes[i] === 0 && bytes[i - 1] === 0xff) continue;
    out[filled++] = bytes[i]!;
  }
  return out.slice(0, filled);
}

function apeTag(items: Record<string, string>, hasHeader = false): Bytes {
  const body = concat(
    Object.entries(items).map(([key, value]) => {
      const text = utf8(value);
      return concat([littleEndian(text.length, 4), littleEndian(0, 4), latin1(`${key}\0`), text]);
    }),
  );
  const edge = (flags: number) =>
    concat([
      latin1("APETAGEX"),
      littleEndian(2_000, 4),
      littleEndian(body.length + 32, 4),
      littleEndian(Object.keys(items).length, 4),
      littleEndian(flags, 4),
      new Uint8Array(8),
    ]);
  const has = hasHeader ? 0x8000_0000 : 0;
  return concat([...hasHeader ? [edge(has + 0x2000_0000)] : [], body, edge(has)]);
}

function vorbisComments(comments: readonly string[]): Bytes {
  const texts = comments.map((comment) => utf8(comment));
  return concat([
    littleEndian(0, 4),
    littleEndian(texts.length, 4),
    ...texts.flatMap((text) => [littleEndian(text.length, 4), text]),
  ]);
}

/** A FLAC with these comments in place of its own. */
function flacWith(comments: readonly string[]): Bytes {
  const file = flacFile({});
  const streamInfoEnd = 4 + 4 + 34;
  const info = file.slice(0, streamInfoEnd);
  info[4] = 0;
  const body = vorbisComments(comments);
  let at = 4;
  for (let last = false; !last;) {
    last = (file[at]! & 0x80) !== 0;
    at += 4 + ((file[at + 1]! << 16) | (file[at + 2]! << 8) | file[at + 3]!);
  }
  return concat([info, Uint8Array.of(0x84), bigEndian(body.length, 3), body, file.slice(at)]);
}

function riffChunk(name: string, body: Uint8Array): Bytes {
  return concat([
    latin1(name),
    littleEndian(body.length, 4),
    body,
    new Uint8Array(body.length & 1),
  ]);
}
