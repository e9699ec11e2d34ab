/**
 * Figures of the sound beside those of ffprobe: for every sample of the corpus that ffprobe reads, and for files made
 * by ffmpeg, of the kinds that were read wrongly.
 */
import assert from "node:assert/strict";
import { basename } from "node:path";
import type { AudioProperties } from "../../events/facts/files.ts";
import { isAudioName } from "../../src/base/mod.ts";
import { LocalOrigin, type OriginFile } from "../../src/origins/mod.ts";
import { type FileReading, ParserPool, RemoteReader } from "../../src/metadata/mod.ts";
import { CountedOrigin } from "../support/counted_origin.ts";
import { run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const CORPUS = [
  Deno.env.get("MUSICFS_CORPUS") ?? beside("audio"),
  beside("faults/tags"),
  beside("faults/unreadable"),
];
/** A duration is right when it is within this share or this time of one that ffprobe names. */
const DURATION_SHARE = 0.01;
const DURATION_MS = 100;
/** A bit rate is right within this share, since programs differ about what counts as sound. */
const BITRATE_SHARE = 0.15;
/** Samples for which ffprobe is wrong, or means something else. */
const UNLIKE: Readonly<Record<string, string>> = {
  "asf.wma": "most of it is missing, and ffprobe counts what is there",
  "issue_70.ogg": "cut out of a longer stream: its pages do not begin at 0",
  "ogg-multipagemetadata-bug.ogg": "cut out of a longer stream: its pages do not begin at 0",
  "02-Yeahs-It's Blitz! 2.mp3": "a tag that is longer than the file, in which ffprobe sees frames",
  "issue-100.mp3": "a picture behind the first frames, in which ffprobe sees more of them",
  "pr-544-id3v24.mp3": "three frames at the end, of which ffprobe sees more",
  "no-duration.webm": "it does not say how long it is, and nor do we",
  "pr-544.m4a": "ffprobe heeds its edit list",
  "bach-goldberg-variatians-05.sv8.mpc": "its one packet holds more than what is heard",
  "DSD64.dff": "cut off: ffprobe tells what it says of itself",
  "2L-110_stereo-5644k-1b_04_0.1-sec.dsf": "cut off: ffprobe tells what it says of itself",
};

interface Probe {
  readonly format: Record<string, string>;
  readonly streams: readonly Record<string, string | number>[];
  readonly packets: readonly { readonly duration_time?: string }[];
}

interface Figures {
  readonly rate: number;
  readonly channels: number;
  readonly durations: readonly number[];
  readonly bitrates: readonly number[];
}

function beside(path: string): string {
  return decodeURIComponent(
    new URL(`../../../shared/corpus/${path}`, import.meta.url).pathname,
  );
}

/** The figures that ffprobe gives for a file's first sound; undefined when it finds none. */
async function probed(path: string): Promise<Figures | undefined> {
  const { code, stdout } = await run([
    ...["ffprobe", "-v", "quiet", "-of", "json", "-show_format", "-show_streams"],
    ...["-show_packets", "-select_streams", "a:0", "-show_entries", "packet=duration_time", path],
  ]);
  if (code !== 0) return undefined;
  const { format = {}, streams = [], packets = [] } = JSON.parse(stdout) as Partial<Probe>;
  const sound = streams[0];
  if (sound === undefined || Number(sound["sample_rate"]) === 0) return undefined;
  const played = packets.reduce((sum, packet) => sum + Number(packet.duration_time ?? 0), 0);
  // For sound with one bit a sample, ffmpeg counts bytes.
  const isDsd = String(sound["codec_name"]).startsWith("dsd") ||
    sound["codec_tag_string"] === "DSD";
  const seconds = [sound["duration"], format["duration"], played].map(Number);
  const durations = seconds.filter((value) => value > 0);
  const size = Number(format["size"]);
  return {
    rate: Number(sound["sample_rate"]) * (isDsd ? 8 : 1),
    channels: Number(sound["channels"]),
    durations,
    bitrates: [sound["bit_rate"], format["bit_rate"], ...durations.map((time) => 8 * size / time)]
      .map(Number).filter((value) => value > 0),
  };
}

function assertAlike(said: AudioProperties, right: Figures, name: string): void {
  const { sample_rate, channels, duration_ms = 0, bitrate = 0 } = said;
  const isDsd = sample_rate === 8 * right.rate;
  if (!isDsd) assert.equal(sample_rate, right.rate, `${name}: rate`);
  assert.equal(channels, right.channels, `${name}: channels`);
  const unlike = UNLIKE[name];
  if (unlike !== undefined) return;
  const isRight = right.durations.length === 0 ||
    right.durations.some((seconds) =>
      Math.abs(duration_ms - 1000 * seconds) <= Math.max(DURATION_MS, DURATION_SHARE * duration_ms)
    );
  assert.ok(isRight, `${name}: ${duration_ms} ms, ffprobe: ${right.durations} s`);
  if (bitrate === 0) return;
  // ffprobe counts pictures and tags as sound. Missing parts of a file count for neither program.
  const [least, most] = [Math.min(...right.bitrates), Math.max(...right.bitrates)];
  assert.ok(bitrate <= most * (1 + BITRATE_SHARE), `${name}: ${bitrate} bit/s, ${right.bitrates}`);
  if (least / most < 1 - BITRATE_SHARE) return;
  const isPossible = bitrate >= least * (1 - BITRATE_SHARE) || holdsMore(name);
  assert.ok(isPossible, `${name}: ${bitrate} bit/s, ${right.bitrates}`);
}

/** Whether the format is one for which ffprobe counts everything as sound. */
function holdsMore(name: string): boolean {
  return /\.(flac|ape|wv|mpc|mka|webm|aiff?|opus|ogg|oga|m4a|m4b)$/i.test(name);
}

async function readings(root: string): Promise<Map<string, FileReading>> {
  const files = [...walk(root)].filter(isAudioName)
    .map((path) => ({ path, size: 0, mtime_s: 0, mtime_ns: 0 }));
  const pool = new ParserPool({ size: 1 });
  try {
    const all = await pool.read(root, files);
    return new Map(files.map(({ path }, i) => [path, all[i]!]));
  } finally {
    await pool.close();
  }
}

function* walk(root: string, below = ""): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${below}`)) {
    if (isDirectory) yield* walk(root, `${below}${name}/`);
    else yield below + name;
  }
}

Deno.test({
  name: "figures of the corpus equal those of ffprobe, and none is impossible",
  ignore: !needs("ffprobe", ...CORPUS),
  async fn() {
    let compared = 0;
    const wrong: string[] = [];
    for (const root of CORPUS) {
      for (const [path, reading] of await readings(root)) {
        if (reading.vanished || reading.unreadable !== undefined) continue;
        const right = await probed(`${root}/${path}`);
        if (right === undefined) continue;
        try {
          assertAlike(reading.properties!, right, basename(path));
        } catch (error) {
          wrong.push((error as Error).message.split("\n")[0]!);
        }
        compared++;
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(compared > 150, `${compared} files`);
  },
});

/** Files by name, with the arguments by which ffmpeg makes them from two seconds of a tone. */
const MADE: Readonly<Record<string, { format: string; args: readonly string[]; hz?: number }>> = {
  "a.oga": { format: "ogg", args: ["-c:a", "flac", "-f", "ogg"] },
  "b.flac": { format: "ogg", args: ["-c:a", "flac", "-f", "ogg"] },
  "c.wav": { format: "wav", args: ["-rf64", "always"] },
  "d.aac": { format: "aac", args: ["-c:a", "aac", "-f", "adts"] },
  "e.mka": { format: "mka", args: ["-c:a", "flac"] },
  "f.m4a": { format: "m4a", args: ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"] },
  "g.m4a": {
    format: "m4a",
    args: ["-c:a", "aac", "-movflags", "empty_moov+default_base_moof", "-frag_duration", "200000"],
  },
  "h.mp3": { format: "mp3", args: ["-c:a", "libmp3lame", "-q:a", "5", "-write_xing", "0"] },
  "i.wv": { format: "wv", args: ["-c:a", "wavpack", "-ar", "37000"], hz: 37_000 },
  "j.opus": { format: "opus", args: ["-c:a", "libopus", "-ar", "48000"], hz: 48_000 },
  "k.spx": { format: "spx", args: ["-c:a", "libspeex", "-ar", "16000"], hz: 16_000 },
  "l.mp2": { format: "mp2", args: ["-c:a", "mp2", "-b:a", "128k"] },
  "n.tta": { format: "tta", args: ["-c:a", "tta"] },
  "o.ac3": { format: "ac3", args: ["-c:a", "ac3"] },
  "u.eac3": { format: "eac3", args: ["-c:a", "eac3"] },
  "p.webm": { format: "webm", args: ["-c:a", "libopus", "-ar", "48000"], hz: 48_000 },
};

/** Files as in {@link MADE}, with more than one channel. */
const WIDE: Readonly<Record<string, { format: string; args: readonly string[] }>> = {
  "q.eac3": { format: "eac3", args: ["-c:a", "eac3", "-ac", "6", "-ar", "48000"] },
  "r.dts": { format: "dts", args: ["-c:a", "dca", "-strict", "-2", "-ac", "2", "-ar", "48000"] },
  "s.dts": { format: "dts", args: ["-c:a", "dca", "-strict", "-2", "-ac", "6"] },
  "t.ac3": { format: "ac3", args: ["-c:a", "ac3", "-ac", "6"] },
};

/** DTS as on a disc: each 16 bits hold 14, the highest of which is repeated. A frame begins with such a word. */
function inWordsOf14(bytes: Uint8Array): Uint8Array {
  const frameBytes = (((bytes[5]! & 3) << 12) | (bytes[6]! << 4) | (bytes[7]! >> 4)) + 1;
  const out: number[] = [];
  let held = 0;
  let count = 0;
  for (const [i, byte] of bytes.entries()) {
    if (i % frameBytes === 0 && count > 0) {
      out.push(...[(held << (14 - count)) >> 8, (held << (14 - count)) & 0xff]);
      [held, count] = [0, 0];
    }
    held = (held << 8) | byte;
    count += 8;
    if (count < 14) continue;
    count -= 14;
    const word = (held >> count) & 0x3fff;
    held &= (1 << count) - 1;
    const filled = (word & 0x2000) === 0 ? word : word | 0xc000;
    out.push(filled >> 8, filled & 0xff);
  }
  return Uint8Array.from(out);
}

Deno.test({
  name: "files that ffmpeg makes are tracks of the right format and length",
  ignore: !needs("ffmpeg", "ffprobe"),
  async fn() {
    const root = await Deno.makeTempDir();
    try {
      for (const [name, { args }] of Object.entries({ ...MADE, ...WIDE })) {
        const made = await run([
          ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=2:r=44100", ...args],
          ...["-metadata", "title=Tïtle", `${root}/${name}`],
        ]);
        assert.equal(made.code, 0, `${name}: ${made.stderr}`);
      }
      // A video stream that begins before the sound beside it.
      const cover = await run([
        ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64:d=0.2"],
        ...["-f", "lavfi", "-i", "sine=d=2:r=44100", "-map", "0", "-map", "1"],
        ...["-c:v", "libtheora", "-c:a", "libvorbis", "-f", "ogg", `${root}/m.ogg`],
      ]);
      assert.equal(cover.code, 0, cover.stderr);
      // The other encodings of DTS.
      const dts = Deno.readFileSync(`${root}/r.dts`);
      Deno.writeFileSync(`${root}/swapped.dts`, dts.map((_, i) => dts[i ^ 1]!));
      Deno.writeFileSync(`${root}/narrow.dts`, inWordsOf14(dts));
      const all = await readings(root);
      assert.equal(all.size, Object.keys({ ...MADE, ...WIDE }).length + 3);
      for (const [name, reading] of all) {
        assert.ok(!reading.vanished, name);
        assert.equal(reading.unreadable, undefined, name);
        const other = { format: name.endsWith(".dts") ? "dts" : "ogg" };
        const { format, hz } = { ...MADE[name] ?? WIDE[name] ?? other } as {
          format: string;
          hz?: number;
        };
        assert.equal(reading.format, format, name);
        assertAlike(reading.properties!, (await probed(`${root}/${name}`))!, name);
        if (WIDE[name] !== undefined || format === "dts") continue;
        const { duration_ms, bitrate, sample_rate, channels } = reading.properties!;
        assert.ok(Math.abs(duration_ms! - 2000) < DURATION_MS, `${name}: ${duration_ms} ms`);
        assert.deepEqual([sample_rate, channels], [hz ?? 44_100, 1], name);
        const { size } = Deno.statSync(`${root}/${name}`);
        assert.ok(bitrate! > 0 && bitrate! <= 8 * size / 1.9, `${name}: ${bitrate} bit/s`);
      }
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

Deno.test({
  name: "an MP4 in fragments is identified by more than the first, a remote one by a few of them",
  ignore: !needs("ffmpeg"),
  async fn() {
    const root = await Deno.makeTempDir();
    const pool = new ParserPool({ size: 1 });
    try {
      // The sounds are equal for a second, and differ after that.
      for (const hz of [440, 880]) {
        const made = await run([
          ...["ffmpeg", "-v", "error", "-f", "lavfi"],
          ...["-i", `aevalsrc='if(lt(t,1),0,sin(2*PI*${hz}*t))':d=60:s=44100`, "-c:a", "aac"],
          ...["-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000"],
          `${root}/${hz}.m4a`,
        ]);
        assert.equal(made.code, 0, made.stderr);
      }
      const origin = new CountedOrigin(new LocalOrigin("local", root));
      const files: OriginFile[] = [];
      for await (const batch of origin.list()) {
        for (const entry of batch) if (entry.kind === "file") files.push(entry);
      }
      const near = await pool.read(root, files);
      const far = await new RemoteReader(origin, pool).read(files, new AbortController().signal);
      const audios = near.map((reading) => reading.vanished ? undefined : reading.audio);
      assert.notEqual(audios[0], audios[1]);
      for (const [i, reading] of [...near, ...far].entries()) {
        assert.ok(!("skipped" in reading) && !reading.vanished);
        assert.equal(reading.audio, audios[i % 2]);
        assert.equal(reading.audio_end, undefined);
        const off = reading.properties!.duration_ms! / 60_000 - 1;
        assert.ok(Math.abs(off) < 0.01, `${reading.properties!.duration_ms} ms`);
      }
      assert.ok(origin.reads <= 2 * 12, `${origin.reads} reads`);
    } finally {
      await pool.close();
      await Deno.remove(root, { recursive: true });
    }
  },
});
