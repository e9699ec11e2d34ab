/**
 * The contents of a file besides its sound: pictures with their places, chapters, cue sheets, and every tag under its
 * name.
 */
import assert from "node:assert/strict";
import type { FileDetails, PicturePlace } from "../../events/facts/files.ts";
import { aiffFile, type AudioTags, flacFile, m4aFile, mp3File } from "../../scripts/audio/mod.ts";
import { ParserPool } from "../../src/metadata/mod.ts";
import { needs } from "../support/needs.ts";

const PYTHON = "/usr/bin/python3";
const MUTAGEN = "/usr/lib/python3/dist-packages/mutagen/__init__.py";
const SCRIPT = beside("mutagen_picture.py");
const CUE_SCRIPT = beside("mutagen_cue.py");

/** A picture whose head says JPEG. It is larger than a page of Ogg. */
const PICTURE = Uint8Array.from({ length: 150_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
PICTURE.set([0xff, 0xd8, 0xff, 0xe0]);

function beside(script: string): string {
  return decodeURIComponent(new URL(`../support/${script}`, import.meta.url).pathname);
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function detailsOf(root: string, names: readonly string[]): Promise<FileDetails[]> {
  const pool = new ParserPool({ size: 1 });
  try {
    const listed = names.map((path) => ({ path, size: 0, mtime_s: 0, mtime_ns: 0 }));
    return (await pool.read(root, listed)).map((reading, i) => {
      assert.ok(!reading.vanished && reading.format, `${names[i]}: ${JSON.stringify(reading)}`);
      return reading.details ?? {};
    });
  } finally {
    await pool.close();
  }
}

/** The bytes of the picture at a place, taken out of the file as a program that shows it would. */
function taken(file: Uint8Array, place: PicturePlace): Uint8Array {
  let bytes: Uint8Array = file.slice(place.offset, place.offset + place.length);
  if (place.paged) bytes = withoutPages(file, place);
  if (place.encoding === "base64-flac") {
    const block = Uint8Array.from(
      atob(new TextDecoder().decode(bytes)),
      (char) => char.charCodeAt(0),
    );
    bytes = block.slice(block.length - place.size!);
  }
  return bytes;
}

/** The bytes of a range without the headers of Ogg pages in it. */
function withoutPages(
  file: Uint8Array,
  { offset, length }: Pick<PicturePlace, "offset" | "length">,
): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < file.length;) {
    const segments = file[at + 26]!;
    const dataAt = at + 27 + segments;
    const size = file.subarray(at + 27, dataAt).reduce((sum, lace) => sum + lace, 0);
    for (let i = dataAt; i < dataAt + size; i++) {
      if (i >= offset && i < offset + length) out.push(file[i]!);
    }
    at = dataAt + size;
  }
  return Uint8Array.from(out);
}

Deno.test({
  name: "a picture is at its reported place, in every format",
  ignore: !needs(PYTHON, MUTAGEN, "ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      const tags: AudioTags = { title: "T", picture: PICTURE };
      const built: Record<string, Uint8Array> = {
        "built.flac": flacFile(tags),
        "built-4.mp3": mp3File(tags),
        "built-3.mp3": mp3File(tags, { id3: "2.3" }),
        "built.m4a": m4aFile(tags),
        "built.aiff": aiffFile(tags),
      };
      for (const [name, bytes] of Object.entries(built)) {
        Deno.writeFileSync(`${directory}/${name}`, bytes);
      }
      Deno.writeFileSync(`${directory}/picture`, PICTURE);
      const written = ["flac", "mp3", "m4a", "ogg", "opus", "wma", "wv"].map((extension) =>
        `w.${extension}`
      );
      for (const name of written) {
        const sound = ["-f", "lavfi", "-i", "sine=d=0.5", "-ar", "48000"];
        await run("ffmpeg", "-v", "error", ...sound, `${directory}/${name}`);
      }
      const paths = written.map((name) => `${directory}/${name}`);
      await run(PYTHON, SCRIPT, `${directory}/picture`, ...paths);
      const sound = ["-f", "lavfi", "-i", "sine=d=0.5", "-attach", `${directory}/picture`];
      const about = ["-metadata:s:t", "mimetype=image/jpeg", "-metadata:s:t", "filename=cover.jpg"];
      await run("ffmpeg", "-v", "error", ...sound, ...about, `${directory}/w.mka`);
      const names = [...Object.keys(built), ...written, "w.mka"];
      for (const [i, { pictures = [] }] of (await detailsOf(directory, names)).entries()) {
        const name = names[i]!;
        assert.equal(pictures.length, 1, name);
        const [place] = pictures;
        assert.deepEqual(
          [place!.type, place!.mime, place!.size],
          [3, "image/jpeg", PICTURE.length],
          name,
        );
        const file = Deno.readFileSync(`${directory}/${name}`);
        assert.deepEqual(taken(file, place!), PICTURE, name);
      }
    }),
});

Deno.test({
  name:
    "an Ogg with a Theora cover is the sound in it, with its own tags and the picture among them",
  ignore: !needs(PYTHON, MUTAGEN, "ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      Deno.writeFileSync(`${directory}/picture`, PICTURE);
      const inputs = ["-f", "lavfi", "-i", "color=red:s=64x64:d=0.2"];
      inputs.push("-f", "lavfi", "-i", "sine=d=2:r=44100", "-map", "0", "-map", "1");
      const names = ["vorbis", "flac"].map((codec) => `${codec}.ogg`);
      for (const name of names) {
        const codecs = ["-c:v", "libtheora", "-c:a", name === "vorbis.ogg" ? "libvorbis" : "flac"];
        const tags = ["-metadata:s:a", "title=Tïtle", "-metadata:s:a", "artist=A"];
        tags.push("-metadata:s:v", "title=Cover", "-metadata:s:v", "artist=Nobody");
        await run("ffmpeg", "-v", "error", ...inputs, ...codecs, ...tags, `${directory}/${name}`);
      }
      await run(PYTHON, SCRIPT, `${directory}/picture`, `${directory}/vorbis.ogg`);
      const pool = new ParserPool({ size: 1 });
      try {
        const listed = names.map((path) => ({ path, size: 0, mtime_s: 0, mtime_ns: 0 }));
        for (const [i, reading] of (await pool.read(directory, listed)).entries()) {
          const name = names[i]!;
          assert.ok(!reading.vanished && reading.format === "ogg", JSON.stringify(reading));
          assert.deepEqual([reading.tags!.title, reading.tags!.artist], ["Tïtle", "A"], name);
          assert.ok(Math.abs(reading.properties!.duration_ms! - 2_000) < 100, name);
          assert.equal(reading.properties!.channels, 1);
          if (name !== "vorbis.ogg") continue;
          const [place] = reading.details!.pictures!;
          const file = Deno.readFileSync(`${directory}/${name}`);
          assert.deepEqual(taken(file, place!), PICTURE);
        }
      } finally {
        await pool.close();
      }
    }),
});

Deno.test({
  name: "a cue sheet is at its reported place, in every format",
  ignore: !needs(PYTHON, MUTAGEN, "ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      const track = (_: unknown, i: number) =>
        `  TRACK ${i + 1} AUDIO\n    TITLE "Tïtle"\n    INDEX 01 00:00:00\n`;
      // The sheet is longer than a page of Ogg.
      const sheet = `FILE "a.wav" WAVE\n${Array.from({ length: 1_200 }, track).join("")}`;
      assert.ok(sheet.length > 65_536);
      const short = sheet.slice(0, 20_000);
      const names = ["flac", "ogg", "opus", "mp3", "m4a", "wv"].map((extension) =>
        `c.${extension}`
      );
      const paths = names.map((name) => `${directory}/${name}`);
      for (const text of [short, sheet]) {
        Deno.writeTextFileSync(`${directory}/sheet.cue`, text);
        for (const path of paths) {
          const sound = ["-f", "lavfi", "-i", "sine=d=0.5", "-ar", "48000", "-y"];
          await run("ffmpeg", "-v", "error", ...sound, path);
        }
        await run(PYTHON, CUE_SCRIPT, `${directory}/sheet.cue`, ...paths);
        const sound = ["-f", "lavfi", "-i", "sine=d=0.5", "-metadata", `CUESHEET=${text}`, "-y"];
        await run("ffmpeg", "-v", "error", ...sound, `${directory}/c.mka`);
        const all = [...names, "c.mka"];
        const found = await detailsOf(directory, all);
        for (const [i, { cue_sheet: place, other }] of found.entries()) {
          const name = all[i]!;
          assert.ok(place, name);
          assert.equal(other?.["CUESHEET"], undefined, name);
          const file = Deno.readFileSync(`${directory}/${name}`);
          const bytes = place.paged
            ? withoutPages(file, place)
            : file.subarray(place.offset, place.offset + place.length);
          const said = new TextDecoder().decode(bytes);
          // A frame of ID3v2 begins with its encoding and its name.
          assert.equal(place.kind, name === "c.mp3" ? "id3" : "text");
          assert.equal(
            place.kind === "id3" ? said.replace("\x03CUESHEET\0", "").replace(/\0$/, "") : said,
            text,
            name,
          );
        }
      }
    }),
});

Deno.test({
  name: "chapters are read as they were written, in every format",
  ignore: !needs("ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      const chapter = (start: number, end: number, title: string) =>
        `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
      Deno.writeTextFileSync(
        `${directory}/chapters.txt`,
        `;FFMETADATA1\ntitle=Book\n${chapter(0, 1_000, "Önë")}${chapter(1_000, 2_000, "Two")}`,
      );
      const names = ["book.m4b", "book.mp3", "book.opus", "book.mka", "iTunes.m4b"];
      for (const name of names.slice(0, -1)) {
        const inputs = ["-f", "lavfi", "-i", "sine=d=2", "-i", `${directory}/chapters.txt`];
        await run("ffmpeg", "-v", "error", ...inputs, "-map_metadata", "1", `${directory}/${name}`);
      }
      // The file is stripped of the list of Nero, which ffmpeg writes as well.
      const book = Deno.readFileSync(`${directory}/book.m4b`);
      const list = new TextDecoder("latin1").decode(book).indexOf("chpl");
      book.set(new TextEncoder().encode("free"), list);
      Deno.writeFileSync(`${directory}/iTunes.m4b`, book);
      for (const [i, { chapters = [] }] of (await detailsOf(directory, names)).entries()) {
        const said = chapters.map(({ title, start_ms }) => [title, start_ms]);
        assert.deepEqual(said, [["Önë", 0], ["Two", 1_000]], names[i]!);
      }
    }),
});
