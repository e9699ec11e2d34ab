/**
 * Tags compared with another reader's. mutagen writes random tags into files of every format, and the test builds tags
 * byte by byte in every way that ID3v2 allows. Whatever mutagen reads, MusicFS reads.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { TrackTags } from "../../events/facts/files.ts";
import { bigEndian, concat } from "../../scripts/audio/bytes.ts";
import {
  aiffFile,
  flacFile,
  m4aFile,
  mp3File,
  opusFile,
  wavFile,
} from "../../scripts/audio/mod.ts";
import { ParserPool } from "../../src/metadata/mod.ts";
import {
  type Id3Frame,
  type Id3Minor,
  id3TagOf,
  syncSafe,
  textBody,
} from "../support/id3_builder.ts";
import { needs } from "../support/needs.ts";

const PYTHON = "/usr/bin/python3";
const MUTAGEN = "/usr/lib/python3/dist-packages/mutagen/__init__.py";
const SCRIPT = decodeURIComponent(new URL("../support/mutagen_tags.py", import.meta.url).pathname);
const CASES = Number(Deno.env.get("MUSICFS_TEST_RUNS") ?? 150);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));

type Fields = Record<string, string[]>;

async function mutagen<Result>(command: string, input: unknown): Promise<Result> {
  const child = new Deno.Command(PYTHON, {
    args: [SCRIPT, command],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { code, stdout } = await child.output();
  assert.equal(code, 0, `mutagen ${command}`);
  const text = new TextDecoder().decode(stdout);
  return (text === "" ? undefined : JSON.parse(text)) as Result;
}

/** Text with everything that a reader may split, strip or misread. */
const text = fc.array(
  fc.constantFrom(..."aB/;,&()\"'ÿéß曲Я\u{1f3b5}", " ", "feat. ", "\u0301", "17", "AC/DC"),
  { minLength: 1, maxLength: 12 },
).map((parts) => parts.join("").trim()).filter((it) => it !== "" && !it.startsWith("("));
const values = fc.uniqueArray(text, { minLength: 1, maxLength: 3 });
const genres = values.map((list) => list.map((genre) => `g${genre}`));
const number = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }))
  .map(([no, of]) => [`${no}/${of}`]);
const fields = fc.record({
  ...{ title: values, artist: values, albumartist: values, album: values, composer: values },
  ...{ genre: genres, track: number, disc: number, label: values, conductor: values },
  date: fc.constantFrom(["2004"], ["2004-05-06"], ["1987-12"]),
}, { requiredKeys: ["title"] }) as fc.Arbitrary<Fields>;

/** The tags that mutagen read, in our form. */
function expected(found: Fields): TrackTags {
  const first = (name: string) => found[name]?.[0];
  const unique = (name: string) => found[name] && [...new Set(found[name])];
  const position = (name: string) => {
    const pair = first(name)?.split("/").map(Number);
    return pair && { no: pair[0]!, of: pair[1] ?? null };
  };
  const artists = unique("artist") ?? [];
  const all = {
    ...{ title: first("title"), artist: artists[0], albumartist: first("albumartist") },
    artists: artists.length > 1 ? artists : undefined,
    ...{ album: first("album"), track: position("track"), disk: position("disc") },
    year: first("date") === undefined ? undefined : Number(first("date")!.slice(0, 4)),
    ...{ date: first("date"), genre: unique("genre"), composer: unique("composer") },
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function compare(
  root: string,
  names: readonly string[],
  notes: readonly string[] = [],
): Promise<void> {
  const found = await mutagen<Fields[]>("read", names.map((name) => `${root}/${name}`));
  const pool = new ParserPool({ size: 1 });
  try {
    const listed = names.map((path) => ({ path, size: 0, mtime_s: 0, mtime_ns: 0 }));
    for (const [i, reading] of (await pool.read(root, listed)).entries()) {
      assert.ok(!reading.vanished && reading.tags, `${names[i]}: ${JSON.stringify(reading)}`);
      const about = `${names[i]} ${notes[i] ?? ""}, MUSICFS_TEST_SEED=${SEED}`;
      assert.deepEqual({ ...reading.tags }, expected(found[i]!), about);
      for (const [name, value] of [["label", "label"], ["conductor", "conductor"]] as const) {
        const known = found[i]![value];
        assert.deepEqual(reading.details?.tags?.[name], known && [...new Set(known)], about);
      }
    }
  } finally {
    await pool.close();
  }
}

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function encoded(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { code } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-f", "lavfi", "-i", "sine=d=0.5", "-map_metadata", "-1", path],
  }).output();
  assert.equal(code, 0, path);
  return await Deno.readFile(path);
}

Deno.test({
  name: "whatever mutagen writes, in any format, is read as mutagen reads it",
  ignore: !needs(PYTHON, MUTAGEN, "ffmpeg"),
  fn: () =>
    inDirectory(async (directory) => {
      const bases: [extension: string, bytes: Uint8Array, version?: number][] = [
        ...[["flac", flacFile({})], ["mp3", mp3File({}, { id3: null })]] as [string, Uint8Array][],
        ["mp3", mp3File({}, { id3: null }), 3],
        ...[["m4a", m4aFile({})], ["opus", opusFile({})]] as [string, Uint8Array][],
        ...[["wav", wavFile({})], ["aiff", aiffFile({})]] as [string, Uint8Array][],
      ];
      for (const extension of ["ogg", "wma", "wv"]) {
        bases.push([extension, await encoded(`${directory}/base.${extension}`)]);
      }
      const samples = fc.sample(fields, { seed: SEED, numRuns: CASES });
      const cases = samples.map((fields, i) => {
        const [extension, bytes, version = 4] = bases[i % bases.length]!;
        const name = `${i}.${extension}`;
        Deno.writeFileSync(`${directory}/${name}`, bytes);
        // 2.3 has no lists, so mutagen joins several values. Therefore only the first value is written.
        const fit = version === 3
          ? Object.fromEntries(Object.entries(fields).map(([key, list]) => [key, list.slice(0, 1)]))
          : fields;
        return { name, path: `${directory}/${name}`, fields: fit, version };
      });
      await mutagen("write", cases);
      await compare(directory, cases.map(({ name }) => name));
      console.log(`${cases.length} files, seed ${SEED}`);
    }),
});

const NAMES: Record<Id3Minor, Record<string, string>> = {
  2: {
    title: "TT2",
    artist: "TP1",
    albumartist: "TP2",
    album: "TAL",
    composer: "TCM",
    genre: "TCO",
  },
  3: {
    title: "TIT2",
    artist: "TPE1",
    albumartist: "TPE2",
    album: "TALB",
    composer: "TCOM",
    genre: "TCON",
  },
  4: {
    title: "TIT2",
    artist: "TPE1",
    albumartist: "TPE2",
    album: "TALB",
    composer: "TCOM",
    genre: "TCON",
  },
};

const tagBytes = fc.record({
  version: fc.constantFrom(2, 3, 4) as fc.Arbitrary<Id3Minor>,
  encoding: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>,
  fields: fc.record({
    ...{ title: text, artist: text, albumartist: text, album: text, composer: text },
    genre: fc.constantFrom(
      "17",
      "(17)",
      "(4)(17)Euro",
      "Rock",
      "(85)Bebop",
      "RX",
      "Hard Rock/Metal",
      "191",
    ),
  }, { requiredKeys: ["title"] }) as fc.Arbitrary<Record<string, string>>,
  isUnsynchronised: fc.boolean(),
  isExtended: fc.boolean(),
  hasPlainSizes: fc.boolean(),
  hasShortNames: fc.boolean(),
  hasSecondTag: fc.boolean(),
  hasId3v1: fc.boolean(),
  picture: fc.constantFrom(0, 100, 3_000, 100_000),
  padding: fc.constantFrom(0, 1, 500),
});

Deno.test({
  name: "ID3v2 in every form that is written is read as mutagen reads it",
  ignore: !needs(PYTHON, MUTAGEN),
  fn: () =>
    inDirectory(async (directory) => {
      const names: string[] = [];
      const notes: string[] = [];
      for (const [i, it] of fc.sample(tagBytes, { seed: SEED, numRuns: CASES }).entries()) {
        const { version } = it;
        // 2.2 and 2.3 have only Latin-1 and UTF-16.
        const encoding = version === 4 ? it.encoding : it.encoding === 0 ? 0 : 1;
        const hasPlainSize = version === 4 && it.hasPlainSizes;
        const isShort = version === 3 && it.hasShortNames;
        const ids = NAMES[isShort ? 2 : version];
        const frames: Id3Frame[] = Object.entries(it.fields).map(([name, value]) => ({
          id: ids[name]!,
          body: textBody(encoding === 0 ? latin(value) : value, encoding),
          hasPlainSize,
        }));
        if (version > 2 && it.picture > 0) {
          const noise = Uint8Array.from({ length: it.picture }, (_, at) => (at * 89 + i) & 0xff);
          const body = concat([new TextEncoder().encode("\0image/png\0\x03\0"), noise]);
          frames.unshift({ id: "APIC", body, hasPlainSize });
        }
        const isExtended = it.isExtended && version > 2;
        // With both flags set, mutagen reads beyond the tag into the sound, and treats the tag as a plain one.
        const isUnsynchronised = it.isUnsynchronised && version < 4 && !isExtended;
        const flags = (isUnsynchronised ? 0x80 : 0) | (isExtended ? 0x40 : 0);
        const extended = !isExtended
          ? new Uint8Array()
          : version === 4
          ? concat([syncSafe(6), Uint8Array.of(1, 0)])
          : concat([bigEndian(6, 4), new Uint8Array(6)]);
        const tag = id3TagOf(version, frames, { flags, extended, padding: it.padding });
        const second = it.hasSecondTag
          ? id3TagOf(4, [{ id: "TALB", body: textBody("Of the second tag") }])
          : new Uint8Array();
        const old = { title: "Of ID3v1", artist: "Of ID3v1", album: "Of ID3v1" };
        const sound = mp3File(old, { id3: null, id3v1: it.hasId3v1 });
        names.push(`${i}.mp3`);
        notes.push(JSON.stringify(it));
        Deno.writeFileSync(`${directory}/${i}.mp3`, concat([tag, second, sound]));
      }
      await compare(directory, names, notes);
      console.log(`${names.length} tags, seed ${SEED}`);
    }),
});

/** The text without characters that Latin-1 lacks. */
function latin(value: string): string {
  return value.replace(/[^\x20-\xff]/gu, "x");
}
