/** What lies in a file besides its sound: pictures by their place, chapters, cue sheets, and every tag under its name. */
import assert from "node:assert/strict";
import type { FileDetails, PicturePlace } from "../../events/facts/files.ts";
import { aiffFile, type AudioTags, flacFile, m4aFile, mp3File } from "../../scripts/audio/mod.ts";
import { ParserPool } from "../../src/tags/mod.ts";
import { needs } from "../support/needs.ts";

const PYTHON = "/usr/bin/python3";
const MUTAGEN = "/usr/lib/python3/dist-packages/mutagen/__init__.py";
const SCRIPT = decodeURIComponent(
  new URL("../support/mutagen_picture.py", import.meta.url).pathname,
);

/** By its head a JPEG, larger than a page of Ogg. */
const PICTURE = Uint8Array.from({ length: 150_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
PICTURE.set([0xff, 0xd8, 0xff, 0xe0]);

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

/** The picture that a place says, as who shows it would take it out of the file. */
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

/** The bytes of a range without the headers of the Ogg pages in it. */
function withoutPages(file: Uint8Array, { offset, length }: PicturePlace): Uint8Array {
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
  name: "a picture lies where it is said to, in every format",
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
  name: "chapters are those that were written, in every format",
  ignore: !needs("ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      const chapter = (start: number, end: number, title: string) =>
        `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
      Deno.writeTextFileSync(
        `${directory}/chapters.txt`,
        `;FFMETADATA1\ntitle=Book\n${chapter(0, 1_000, "Önë")}${chapter(1_000, 2_000, "Two")}`,
      );
      const names = ["book.m4b", "book.mp3", "book.opus", "book.mka"];
      for (const name of names) {
        const inputs = ["-f", "lavfi", "-i", "sine=d=2", "-i", `${directory}/chapters.txt`];
        await run("ffmpeg", "-v", "error", ...inputs, "-map_metadata", "1", `${directory}/${name}`);
      }
      for (const [i, { chapters = [] }] of (await detailsOf(directory, names)).entries()) {
        const said = chapters.map(({ title, start_ms }) => [title, start_ms]);
        assert.deepEqual(said, [["Önë", 0], ["Two", 1_000]], names[i]!);
      }
    }),
});
