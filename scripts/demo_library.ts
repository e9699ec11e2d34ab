import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, randomNumbers } from "./audio/bytes.ts";
import { wavHeader } from "./audio/mod.ts";
import { makeLibrary } from "./make_library.ts";

/** Bytes of the one long track: long enough to say something about speed. */
const LONG_TRACK_BYTES = 64 * 2 ** 20;

/** A small library in several formats, and one long track. */
export function makeDemoLibrary(directory: string): { files: number; bytes: number } {
  const made = makeLibrary(directory, { artists: 7, albums: 3, tracks: 8, seconds: 3 });
  const tags = {
    title: "An Hour of Rain",
    artist: "The Long Player",
    albumartist: "The Long Player",
    album: "Field Recordings",
    track: 1,
    year: 2011,
    genre: "Ambient",
  };
  const folder = join(directory, "The Long Player", "Field Recordings");
  mkdirSync(folder, { recursive: true });
  const content = concat([wavHeader(tags, LONG_TRACK_BYTES), noise(LONG_TRACK_BYTES)]);
  writeFileSync(join(folder, "An Hour of Rain.wav"), content);
  return { files: made.files + 1, bytes: made.bytes + content.length };
}

/** Quiet noise that never repeats within a MB. */
function noise(bytes: number): Uint8Array {
  const random = randomNumbers(17);
  const pattern = Int16Array.from({ length: 2 ** 19 - 1 }, () => random(1024) - 512);
  const out = new Int16Array(bytes / 2);
  for (let at = 0; at < out.length; at += pattern.length) {
    out.set(pattern.subarray(0, Math.min(pattern.length, out.length - at)), at);
  }
  return new Uint8Array(out.buffer);
}
