import assert from "node:assert/strict";
import { flacFile, mp3File, opusFile, wavFile } from "../../../scripts/audio/mod.ts";
import type { AudioProperties } from "../../../events/facts/files.ts";
import { HEAD_BYTES } from "../../base/mod.ts";
import { SparseBytes } from "../bytes/sparse_bytes.ts";
import { readTags, type TagReading } from "../tags/tag_reader.ts";

async function read(file: Uint8Array<ArrayBuffer>, name: string): Promise<TagReading> {
  const bytes = new SparseBytes(file.length, file.slice(0, HEAD_BYTES), (into, offset) => {
    const part = file.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  });
  return await readTags(bytes, name, { looksAtEnd: true });
}

async function said(
  file: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<[TagReading["format"], AudioProperties | undefined]> {
  const { format, properties, unreadable } = await read(file, name);
  assert.equal(unreadable, undefined, name);
  return [format, properties];
}

/** Bytes of text, of numbers of 8 bits, and of those of 16 and 32 bits that are given with their width. */
function bytes(...parts: (string | number | [value: number, bits: 16 | 32])[]): number[] {
  return parts.flatMap((part) => {
    if (typeof part === "string") return [...part].map((char) => char.charCodeAt(0));
    if (typeof part === "number") return [part];
    return Array.from({ length: part[1] / 8 }, (_, i) => (part[0] >>> (8 * i)) & 0xff);
  });
}

function file(length: number, ...parts: Parameters<typeof bytes>): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(length);
  made.set(bytes(...parts));
  return made;
}

const u16 = (value: number): [number, 16] => [value, 16];
const u32 = (value: number): [number, 32] => [value, 32];

Deno.test("Monkey's Audio of any version says how long it is", async () => {
  const old = (version: number, level: number) =>
    file(
      10_000,
      ...["MAC ", u16(version), u16(level), u16(0), u16(2), u32(44_100)],
      ...[u32(0), u32(0), u32(10), u32(25_710)],
    );
  const known = { codec: "Monkey's Audio", sample_rate: 44_100, channels: 2, bits_per_sample: 16 };
  const blocks: [number, number, number][] = [
    [3800, 2000, 9_216],
    [3800, 4000, 73_728],
    [3900, 2000, 73_728],
    [3960, 2000, 294_912],
  ];
  for (const [version, level, each] of blocks) {
    const duration = (9 * each + 25_710) / 44_100;
    const properties = {
      ...known,
      duration_ms: Math.round(1000 * duration),
      bitrate: Math.round(80_000 / duration),
    };
    assert.deepEqual(await said(old(version, level), "x.ape"), ["ape", properties]);
  }
  const made = file(
    10_000,
    ...["MAC ", u16(3990), u16(0), u32(52), u32(24), ...Array<number>(40 - 4).fill(0)],
    ...[u16(2000), u16(0), u32(1000), u32(500), u32(3), u16(24), u16(1), u32(48_000)],
  );
  const [format, properties] = await said(made, "x.ape");
  assert.equal(format, "ape");
  assert.deepEqual(
    [properties?.sample_rate, properties?.channels, properties?.duration_ms],
    [48_000, 1, Math.round(2500 / 48)],
  );
});

function wavpack(
  { total, flags, samples = 0, index = 0 }: Record<string, number>,
  ...rest: Parameters<typeof bytes>
): number[] {
  const parts = bytes(...rest);
  return bytes(
    ...["wvpk", u32(24 + parts.length), u16(0x410), 0, 0, u32(total!), u32(index!)],
    ...[u32(samples!), u32(flags!), u32(0), ...parts],
  );
}

Deno.test("WavPack of any sampling rate, and one whose length was not known at first", async () => {
  const odd = 1 | 0x1800 | (15 << 23);
  const made = wavpack({ total: 3675, flags: odd, samples: 3675 }, 0x67, 2, u16(1000), 0, 0);
  const [format, properties] = await said(new Uint8Array(made), "x.wv");
  assert.equal(format, "wv");
  assert.deepEqual(
    [properties?.sample_rate, properties?.channels, properties?.duration_ms],
    [1000, 2, 3675],
  );
  const plain = 1 | 0x1804 | (9 << 23);
  const blocks = Array.from(
    { length: 4 },
    (_, i) =>
      wavpack(
        { total: 0xffff_ffff, flags: plain, samples: 22_050, index: 22_050 * i },
        ...Array<number>(20_000).fill(0),
      ),
  );
  const [, open] = await said(new Uint8Array(blocks.flat()), "x.wv");
  assert.deepEqual([open?.channels, open?.duration_ms, open?.sample_rate], [1, 2000, 44_100]);
  assert.ok(Math.abs(open!.bitrate! - 320_000) < 1000);
});

Deno.test("Musepack of every version, and the first ones by their name, also behind a tag", async () => {
  const sv7 = file(50_000, "MP+", 0x17, u32(1000), 0, 0, 1, 0);
  const sv5 = file(50_000, u32((5 << 11) | 1), u32(1000));
  const sv4 = file(50_000, u32((4 << 11) | 1), u16(0), u16(1000));
  const seconds = (samples: number, rate: number) => Math.round(1000 * samples / rate);
  const expected: [Uint8Array<ArrayBuffer>, string, number, number][] = [
    [sv7, "SV7", 48_000, seconds(1000 * 1152 - 576, 48_000)],
    [sv5, "SV5", 44_100, seconds(999 * 1152, 44_100)],
    [sv4, "SV4", 44_100, seconds(999 * 1152, 44_100)],
  ];
  const tag = mp3File({ title: "of the tag" }, { seconds: 0.1, id3: "2.3" });
  const tagBytes = 10 + ((tag[8]! << 7) | tag[9]!);
  for (const [bare, version, sample_rate, duration_ms] of expected) {
    const tagged = new Uint8Array([...tag.subarray(0, tagBytes), ...bare]);
    for (const whole of [bare, tagged]) {
      const [format, properties] = await said(whole, "x.mpc");
      const bitrate = Math.round(8 * 50_000 * 1000 / duration_ms);
      assert.equal(format, "mpc");
      assert.ok(Math.abs(properties!.bitrate! - bitrate) < 100);
      assert.deepEqual({ ...properties, bitrate: 0 }, {
        ...{ codec: `Musepack ${version}`, sample_rate, channels: 2, duration_ms, bitrate: 0 },
      });
    }
  }
  assert.equal(
    (await read(new Uint8Array([...tag.subarray(0, tagBytes), ...sv5]), "x.mpc")).tags
      ?.title,
    "of the tag",
  );
  const header = bytes("SH", 14, u32(0), 8, 0x82, 0xc0, 0x00, 0, 0x0b, 0x18);
  const [format, sv8] = await said(file(4_000, "MPCK", ...header, "AP", 3), "x.mpc");
  assert.equal(format, "mpc");
  assert.deepEqual(
    [sv8?.sample_rate, sv8?.channels, sv8?.duration_ms],
    [44_100, 2, seconds(2 * 128 * 128 + 64 * 128, 44_100)],
  );
});

/** AAC frames of a kind, each as long as is asked for. */
function adts(lengths: readonly number[], rate = 4, channels = 2): Uint8Array<ArrayBuffer> {
  return new Uint8Array(lengths.flatMap((length) => {
    const head = [
      ...[0xff, 0xf1, 0x40 | (rate << 2) | (channels >> 2)],
      ...[((channels & 3) << 6) | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f],
      0xfc,
    ];
    return [...head, ...Array<number>(length - 7).fill(0x21)];
  }));
}

Deno.test("AAC with a header in front, with one for each frame, and of one frame alone", async () => {
  // As an encoder writes it: 128 kbit/s, one front pair of channels, 48 kHz.
  const adif = file(4096, "ADIF", 0x00, 0x3e, 0x80, 0x00, 0x00, 0x00, 0x01, 0x98, 0x80, 0x00, 0x04);
  assert.deepEqual(await said(adif, "x.aac"), ["aac", {
    ...{ codec: "AAC", bitrate: 128_000, duration_ms: 256, sample_rate: 48_000, channels: 2 },
  }]);
  const lengths = Array.from({ length: 400 }, (_, i) => 100 + 37 * i % 301);
  const total = lengths.reduce((sum, length) => sum + length);
  const [format, whole] = await said(adts(lengths), "x.aac");
  const duration = 400 * 1024 / 44_100;
  assert.equal(format, "aac");
  assert.deepEqual([whole?.duration_ms, whole?.sample_rate, whole?.channels], [
    ...[Math.round(1000 * duration), 44_100, 2],
  ]);
  assert.ok(Math.abs(whole!.bitrate! - 8 * total / duration) < 2);
  assert.deepEqual(await said(adts([23], 11, 1), "x.aac"), ["aac", {
    ...{ codec: "AAC", duration_ms: 128, bitrate: 1438, sample_rate: 8_000, channels: 1 },
  }]);
});

Deno.test("what looks like one frame of AAC in front of something else is none", async () => {
  const mp3 = mp3File({}, { seconds: 2 });
  const sound = mp3.subarray(10 + ((mp3[8]! << 7) | mp3[9]!));
  for (const name of ["x.mp3", "x.aac"]) {
    const made = new Uint8Array([...adts([40, 50]), ...sound]);
    assert.equal((await read(made, name)).format, "mp3", name);
  }
  const junk = new Uint8Array([...adts([300]), ...new Uint8Array(5_000)]);
  assert.equal((await read(junk, "x.aac")).format, undefined);
});

/** MPEG-1 layer III frames at 48 kHz, mono, of the bit rates that are asked for. */
function mpegFrames(rates: readonly number[]): Uint8Array<ArrayBuffer> {
  const indexes = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
  return new Uint8Array(rates.flatMap((rate) => {
    const frame = new Array<number>(Math.floor(144 * rate / 48)).fill(0);
    [0xff, 0xfb, (indexes.indexOf(rate) << 4) | 4, 0xc0].forEach((byte, i) => frame[i] = byte);
    return frame;
  }));
}

Deno.test("an MP3 of many bit rates is as long as its frames, also where it does not say so", async () => {
  // Its beginning is that of a constant one.
  const rates = Array.from({ length: 1200 }, (_, i) => i < 100 ? 128 : [32, 96, 160, 320][i % 4]!);
  const made = mpegFrames(rates);
  const [format, properties] = await said(made, "x.mp3");
  assert.equal(format, "mp3");
  assert.deepEqual(properties, {
    codec: "MPEG 1 Layer 3",
    duration_ms: 1200 * 24,
    bitrate: Math.round(8 * made.length / 28.8),
    sample_rate: 48_000,
    channels: 1,
  });
  // All of a longer one is not read for that when it is far away.
  const long = mpegFrames(Array.from({ length: 20 }, () => rates).flat());
  const far = new SparseBytes(long.length, long.slice(0, HEAD_BYTES), (into, offset) => {
    into.set(long.subarray(offset, offset + into.length));
    return Math.min(into.length, long.length - offset);
  });
  Object.defineProperty(far, "isNear", { value: false });
  const before = far.left;
  const estimate = (await readTags(far, "x.mp3", { looksAtEnd: true })).properties!;
  assert.ok(before - far.left < 200_000, `${before - far.left} bytes were read`);
  const off = estimate.duration_ms! / (20 * 28_800);
  assert.ok(Math.abs(off - 1) < 0.1, `${off} times as long`);
  const constant = await said(mpegFrames(Array(1000).fill(64)), "x.mp3");
  assert.deepEqual([constant[1]?.duration_ms, constant[1]?.bitrate], [24_000, 64_000]);
});

Deno.test("a WAV beyond 4 GiB, one that was never finished, and one whose first chunk is empty", async () => {
  const wav = wavFile({}, { seconds: 1 });
  const data = new TextDecoder("latin1").decode(wav).indexOf("data");
  const [, plain] = await said(wav, "x.wav");
  assert.equal(plain?.duration_ms, 1000);
  const length = new DataView(wav.buffer).getUint32(data + 4, true);
  const sizes = new Uint8Array(36);
  sizes.set(bytes("ds64", u32(28), u32(0), u32(0), u32(length)));
  const list = bytes("LIST", u32(4), "INFO");
  const large = new Uint8Array([...wav.subarray(0, 12), ...sizes, ...wav.subarray(12), ...list]);
  large.set(bytes("RF64", u32(0xffff_ffff)));
  large.set(bytes(u32(0xffff_ffff)), data + 36 + 4);
  const { format, properties, audio_start, audio_end } = await read(large, "x.wav");
  assert.deepEqual([format, properties], ["wav", plain]);
  assert.deepEqual([audio_start, audio_end], [data + 44, data + 44 + length]);
  for (const unknown of [0, 0xffff_ffff]) {
    const open = wav.slice(0, data + 8 + length);
    open.set(bytes(u32(unknown)), data + 4);
    assert.deepEqual(await said(open, "x.wav"), ["wav", plain]);
  }
  const empty = bytes("junk", u32(0));
  const behind = new Uint8Array([...wav.subarray(0, 12), ...empty, ...wav.subarray(12)]);
  assert.deepEqual(await said(behind, "x.wav"), ["wav", plain]);
});

Deno.test("modules and rare formats are tracks by what they begin with, without tags", async () => {
  const made: [name: string, format: string, file: Uint8Array<ArrayBuffer>][] = [
    ["x.xm", "xm", file(400, "Extended Module: Song")],
    ["x.it", "it", file(400, "IMPM")],
    ["x.mptm", "it", file(400, "IMPM")],
    ["x.s3m", "s3m", file(400, ...Array<number>(44).fill(1), "SCRM")],
    ["x.mod", "mod", file(2000, ...Array<number>(1080).fill(32), "M.K.")],
    ["x.mod", "mod", file(2000, ...Array<number>(1080).fill(32), "16CH")],
    ["x.669", "669", file(400, "if")],
    ["x.shn", "shn", file(400, "ajkg")],
    ["x.tak", "tak", file(400, "tBaK")],
    ["x.dts", "dts", file(400, 0x7f, 0xfe, 0x80, 0x01)],
    [
      "x.mp1",
      "mp1",
      new Uint8Array(Array(20).fill([0xff, 0xff, 0x44, 0xc0, ...Array(60).fill(0)]).flat()),
    ],
  ];
  for (const [name, format, bytes] of made) {
    assert.equal((await said(bytes, name))[0], format, name);
  }
  // What is called so and is something else, as a device tree or a film.
  for (const name of ["x.dts", "x.mod", "x.it", "x.669", "x.webm"]) {
    assert.match((await read(file(2000, "/dts-v1/;"), name)).unreadable!, /no audio format/, name);
  }
  assert.equal((await read(file(400, "if"), "x.bin")).format, undefined);
});

Deno.test("a FLAC whose encoder did not know its length has that of its last frame", async () => {
  const known = flacFile({}, { seconds: 3 });
  const open = known.slice();
  // The lower half of this byte, and four more, are the number of samples.
  open.set([open[8 + 13]! & 0xf0, 0, 0, 0, 0], 8 + 13);
  const [, right] = await said(known, "x.flac");
  assert.ok(right!.duration_ms! > 2900);
  assert.deepEqual((await said(open, "x.flac"))[1], right);
  const other = open.subarray(0, open.length - 40);
  assert.notEqual((await said(new Uint8Array(other), "x.flac"))[1]?.duration_ms, undefined);
});

Deno.test("an Ogg stream that was cut out of a longer one is as long as what is there", async () => {
  const whole = opusFile({}, { seconds: 30 });
  const [, right] = await said(whole, "x.opus");
  const cut = whole.slice();
  const view = new DataView(cut.buffer);
  const text = new TextDecoder("latin1").decode(cut);
  for (let at = text.indexOf("OggS"); at >= 0; at = text.indexOf("OggS", at + 1)) {
    const granule = view.getBigInt64(at + 6, true);
    if (granule > 0n) view.setBigInt64(at + 6, granule + 48_000n * 3600n * 24n * 30n, true);
  }
  const [, properties] = await said(cut, "x.opus");
  const off = Math.abs(properties!.duration_ms! - right!.duration_ms!);
  assert.ok(off < 50, `${properties!.duration_ms} ms, not ${right!.duration_ms}`);
});

/** Numbers of so many bits each, one behind the other. */
function packed(
  first: "highest" | "lowest",
  ...numbers: readonly (readonly [value: number, width: number])[]
): number[] {
  const bits = numbers.flatMap(([value, width]) => {
    const digits = [...value.toString(2).padStart(width, "0")].map(Number);
    return first === "highest" ? digits : digits.reverse();
  });
  while (bits.length % 8 !== 0) bits.push(0);
  return Array.from({ length: bits.length / 8 }, (_, i) => {
    const byte = bits.slice(8 * i, 8 * i + 8);
    if (first === "lowest") byte.reverse();
    return Number.parseInt(byte.join(""), 2);
  });
}

Deno.test("TAK says in its header how long it is", async () => {
  const seconds = 100_000;
  const info = packed(
    "lowest",
    ...[[2, 6], [3, 4], [5, 4], [44_100 * seconds, 35], [0, 3], [44_100 - 6_000, 18]] as const,
    ...[[16, 5], [1, 4], [0, 1]] as const,
  );
  // A block of another kind, with one bit set that says nothing, stands in front.
  const header = [...bytes("tBaK", 0x84, 3, 0, 0, 1, 2, 3, 1, info.length, 0, 0), ...info];
  const [format, properties] = await said(file(1_000_000, ...header), "x.tak");
  assert.deepEqual([format, properties], ["tak", {
    ...{ codec: "TAK", sample_rate: 44_100, channels: 2, bits_per_sample: 24 },
    ...{ duration_ms: 1000 * seconds },
  }]);
  assert.deepEqual((await said(file(100, "tBaK", 0, 0, 0, 0), "x.tak"))[1], { codec: "TAK" });
});

Deno.test("Shorten is as long as the WAV whose header it keeps", async () => {
  const rice = (value: number, width: number) =>
    [[1, (value >>> width) + 1], [value % 2 ** width, width]] as const;
  const number = (value: number) => [...rice(12, 2), ...rice(value, 12)];
  const wave = bytes(
    ...["RIFF", u32(36 + 1_764_000), "WAVEfmt ", u32(16), u16(1), u16(2), u32(44_100)],
    ...[u32(176_400), u16(4), u16(16), "data", u32(1_764_000)],
  );
  const head = [
    ...[5, 2, 256, 0, 4, 0].flatMap(number),
    ...[...rice(9, 2), ...rice(wave.length, 5)],
    ...wave.flatMap((byte) => rice(byte, 8)),
  ];
  const made = file(600_000, "ajkg", 2, ...packed("highest", ...head));
  assert.deepEqual(await said(made, "x.shn"), ["shn", {
    ...{ codec: "Shorten", sample_rate: 44_100, channels: 2, bits_per_sample: 16 },
    ...{ duration_ms: 10_000, bitrate: 480_000 },
  }]);
  for (const version of [0, 2, 9]) {
    const empty = await said(file(400, "ajkg", version), "x.shn");
    assert.deepEqual(empty, ["shn", { codec: "Shorten" }]);
  }
});
