/** Other people's decoders and taggers accept what the builders write. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { needs } from "../../tests/support/needs.ts";
import { aiffFile, type AudioTags, flacFile, m4aFile, mp3File, opusFile, wavFile } from "./mod.ts";

const TAGS: AudioTags = {
  title: "Tïtle 曲",
  artist: "Björn Sæther",
  album: "Ω",
  track: 3,
  year: 1999,
  genre: "Rock",
};
const SECONDS = 2.5;

const FILES: Record<string, Uint8Array> = {
  "a.flac": flacFile(TAGS, { seconds: SECONDS }),
  "short.flac": flacFile(TAGS, { seconds: 0.01 }),
  "whole.flac": flacFile(TAGS, { seconds: 4096 * 3 / 44_100 }),
  "long.flac": flacFile(TAGS, { seconds: 300 }),
  "v24.mp3": mp3File(TAGS, { seconds: SECONDS, id3: "2.4" }),
  "v23.mp3": mp3File(TAGS, { seconds: SECONDS, id3: "2.3", id3v1: true }),
  "a.m4a": m4aFile(TAGS, { seconds: SECONDS }),
  "last.m4a": m4aFile(TAGS, { seconds: SECONDS, indexLast: true }),
  "a.opus": opusFile(TAGS, { seconds: SECONDS }),
  "a.wav": wavFile(TAGS, { seconds: SECONDS }),
  "a.aiff": aiffFile(TAGS, { seconds: SECONDS }),
};

interface Probed {
  format: { duration: string; tags?: Record<string, string> };
  streams: { tags?: Record<string, string> }[];
}

async function output(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, `${program} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

async function withFiles(use: (path: string, name: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(FILES)) {
      const path = join(directory, name);
      await Deno.writeFile(path, bytes);
      await use(path, name);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test({
  name: "generated files: ffprobe reads tags and length, ffmpeg decodes without an error",
  ignore: !needs("ffprobe", "ffmpeg"),
  async fn() {
    await withFiles(async (path, name) => {
      const entries = ["-show_entries", "format=duration:format_tags:stream_tags"];
      const probed: Probed = JSON.parse(
        await output("ffprobe", "-v", "error", "-of", "json", ...entries, path),
      );
      const found = Object.fromEntries(
        Object.entries({ ...probed.streams[0]?.tags, ...probed.format.tags })
          .map(([key, value]) => [key.toLowerCase(), value]),
      );
      assert.equal(found.title, TAGS.title, name);
      assert.equal(found.artist, TAGS.artist, name);
      assert.equal(found.album, TAGS.album, name);
      assert.equal(found.track, "3", name);
      assert.equal(found.date, "1999", name);
      if (name.startsWith("a.")) {
        assert.ok(Math.abs(Number(probed.format.duration) - SECONDS) < 0.05, name);
      }
      await output("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-");
    });
  },
});

Deno.test({
  name: "generated files: flac -t finds every checksum right",
  ignore: !needs("flac"),
  async fn() {
    await withFiles(async (path, name) => {
      if (name.endsWith(".flac")) await output("flac", "--test", "--silent", path);
    });
  },
});
