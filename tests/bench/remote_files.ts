import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { mp3File, wavHeader } from "../../scripts/audio/mod.ts";

/** The amounts that a run of the remote groups looks at. */
export interface RemoteSize {
  /** Bytes of the file that is read from the cache. */
  cached: number;
  /** Bytes of a file that is read from its origin. */
  stream: number;
  /** Small tracks in the library that is scanned. */
  tracks: number;
  readers: number;
  /** Files that are open at the same time. */
  open: number;
}

export const REMOTE_FULL: RemoteSize = {
  ...{ cached: 2 ** 29, stream: 2 ** 28 },
  ...{ tracks: 10_000, readers: 100, open: 1_500 },
};
export const REMOTE_QUICK: RemoteSize = {
  ...{ cached: 2 ** 27, stream: 2 ** 25 },
  ...{ tracks: 1_000, readers: 100, open: 1_500 },
};

/** The path of a file below its origin, which is also its path below the mount. */
export function placeOf(genre: string, number: number): string {
  const album = `${genre} ${String(number).padStart(6, "0")}`;
  return `${genre}/Bench/${album}/01 - Alone.${genre === "scan" ? "mp3" : "wav"}`;
}

/**
 * Writes tracks with `bytes` bytes of noise. Each is the only track of its album, so no fetch for one brings another.
 */
export function makeFiles(root: string, genre: string, count: number, bytes: number): void {
  const block = new Uint8Array(2 ** 20);
  for (let number = 0; number < count; number++) {
    const file = openSync(prepared(root, genre, number), "w");
    writeSync(file, wavHeader(tagsOf(genre, number), bytes));
    for (let at = 0; at < bytes; at += block.length) {
      for (let i = 0; i < block.length; i += 2 ** 16) {
        crypto.getRandomValues(block.subarray(i, i + 2 ** 16));
      }
      writeSync(file, block, 0, Math.min(block.length, bytes - at));
    }
    closeSync(file);
  }
}

/** Writes tracks of a few KB, each the only one of its album. */
export function makeTracks(root: string, count: number): void {
  for (let number = 0; number < count; number++) {
    const content = mp3File(tagsOf("scan", number), { seconds: 1, seed: number + 1 });
    writeFileSync(prepared(root, "scan", number), content);
  }
}

function prepared(root: string, genre: string, number: number): string {
  const path = join(root, placeOf(genre, number));
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

function tagsOf(genre: string, number: number) {
  const album = `${genre} ${String(number).padStart(6, "0")}`;
  return { genre, artist: "Bench", albumartist: "Bench", album, title: "Alone", track: 1 };
}
