/**
 * Makes a music library to try things with: valid, tagged files in several formats, without an encoder.
 *
 *     deno run -A scripts/make_library.ts DIR [--files N] [--artists N] [--albums N] [--tracks N]
 *         [--formats flac,mp3,…] [--seconds S] [--seed N]
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import {
  aiffFile,
  type AudioTags,
  flacFile,
  m4aFile,
  mp3File,
  opusFile,
  wavFile,
} from "./audio/mod.ts";
import { FORMATS, type LibraryOptions, libraryPlan, type PlannedFile } from "./library_plan.ts";

export interface MadeTrack {
  /** Below the directory of the library. */
  path: string;
  bytes: number;
  tags: AudioTags;
}

export interface MadeLibrary {
  files: number;
  bytes: number;
  tracks: MadeTrack[];
}

/** Writes the library into the directory, which is made when it is not there. */
export function makeLibrary(directory: string, options: LibraryOptions = {}): MadeLibrary {
  const tracks: MadeTrack[] = [];
  const made = new Set<string>();
  for (const file of libraryPlan(options)) {
    const content = fileContent(file, options.seconds ?? 0.25);
    const path = join(directory, file.path);
    const parent = dirname(path);
    if (!made.has(parent)) {
      mkdirSync(parent, { recursive: true });
      made.add(parent);
    }
    writeFileSync(path, content);
    tracks.push({ path: file.path, bytes: content.length, tags: file.tags });
  }
  return {
    files: tracks.length,
    bytes: tracks.reduce((sum, track) => sum + track.bytes, 0),
    tracks,
  };
}

function fileContent(file: PlannedFile, seconds: number): Uint8Array<ArrayBuffer> {
  const sound = { seconds, seed: file.seed };
  switch (file.format) {
    case "flac":
      return flacFile(file.tags, sound);
    case "mp3":
      return mp3File(file.tags, { ...sound, id3: file.id3, id3v1: file.id3 === "2.3" });
    case "m4a":
      return m4aFile(file.tags, { ...sound, indexLast: file.seed % 2 === 0 });
    case "opus":
      return opusFile(file.tags, sound);
    case "wav":
      return wavFile(file.tags, sound);
    case "aiff":
      return aiffFile(file.tags, sound);
  }
}

function optionsFrom(values: Record<string, string | undefined>): LibraryOptions {
  const options: Record<string, unknown> = {};
  for (const name of ["files", "artists", "albums", "tracks", "seconds", "seed"]) {
    const value = values[name];
    if (value === undefined) continue;
    if (!(Number(value) > 0)) throw new Error(`Cannot use --${name} ${value}: expected a number`);
    options[name] = Number(value);
  }
  if (values.formats !== undefined) {
    options.formats = values.formats.split(",");
    for (const name of options.formats as string[]) {
      if (!FORMATS.some((format) => format === name)) {
        throw new Error(`Cannot make ${name}: known formats are ${FORMATS.join(", ")}`);
      }
    }
  }
  // A number of files alone means as many artists as it takes to reach it.
  if (values.files !== undefined && values.artists === undefined) options.artists = Infinity;
  return options;
}

if (import.meta.main) {
  const string = { type: "string" } as const;
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        files: string,
        artists: string,
        albums: string,
        tracks: string,
        formats: string,
        seconds: string,
        seed: string,
      },
    });
    const [directory] = positionals;
    if (directory === undefined) throw new Error("Cannot make a library without a directory");
    const { files, bytes } = makeLibrary(directory, optionsFrom(values));
    console.log(`${files} files, ${bytes} bytes in ${directory}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(2);
  }
}
