import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { flacFile, mp3File, wavHeader } from "../../scripts/audio/mod.ts";

/** The amounts that a run of the bench looks at. */
export interface BenchSize {
  /** Small tagged files in folders of ten. */
  tree: number;
  /** Files in one folder. */
  wide: number;
  /** Bytes of one long file. */
  big: number;
  /** Tracks of the synthetic library that has no files. */
  synthetic: number;
  /** Tracks of another one, which is only mounted. */
  many: number;
}

export const FULL: BenchSize = {
  ...{ tree: 20_000, wide: 100_000, big: 2 ** 30 },
  ...{ synthetic: 1_000_000, many: 10_000_000 },
};
export const QUICK: BenchSize = {
  ...{ tree: 2_000, wide: 10_000, big: 2 ** 27 },
  ...{ synthetic: 50_000, many: 100_000 },
};

/** Places the same file at the same path below an origin and in the virtual tree. */
export const BENCH_TEMPLATE = "$genre/$artist/$album/$track - $title.$format";
export const TREE = "tree";
export const WIDE = "wide/Wide/Wide";
export const BIG = "big/Big/Big/01 - Big.wav";

/** Makes the files once; later runs find them. Returns the directory that holds them. */
export function benchLibrary(cache: string, size: BenchSize): string {
  const directory = join(cache, `library-1-${size.tree}-${size.wide}-${size.big}`);
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  for (let index = 0; index < size.tree; index += 10) makeAlbum(unfinished, index);
  makeWide(join(unfinished, WIDE), size.wide);
  makeBig(join(unfinished, BIG), size.big);
  renameSync(unfinished, directory);
  return directory;
}

/** Makes ten tracks. Ten albums make an artist; albums are FLAC and MP3 in turn. */
function makeAlbum(root: string, first: number): void {
  const number = first / 10;
  const artist = `Artist ${String(Math.floor(number / 10)).padStart(4, "0")}`;
  const album = `Album ${number % 10}`;
  const directory = join(root, TREE, artist, album);
  mkdirSync(directory, { recursive: true });
  for (let track = 1; track <= 10; track++) {
    const title = `Track ${track}`;
    const tags = { genre: TREE, artist, albumartist: artist, album, title, track, year: 2001 };
    const sound = { seconds: 2, seed: first + track };
    const [format, content] = number % 2 === 0
      ? ["flac", flacFile(tags, { ...sound, padding: 2048 })] as const
      : ["mp3", mp3File(tags, { ...sound, padding: 512 })] as const;
    writeFileSync(
      join(directory, `${String(track).padStart(2, "0")} - ${title}.${format}`),
      content,
    );
  }
}

function makeWide(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let index = 0; index < count; index++) {
    const title = `Track ${String(index).padStart(6, "0")}`;
    const tags = { genre: "wide", artist: "Wide", album: "Wide", title, track: 1 };
    const content = mp3File(tags, { seconds: 0.02, seed: index + 1 });
    writeFileSync(join(directory, `01 - ${title}.mp3`), content);
  }
}

function makeBig(path: string, bytes: number): void {
  mkdirSync(join(path, ".."), { recursive: true });
  const tags = { genre: "big", artist: "Big", album: "Big", title: "Big", track: 1 };
  const file = openSync(path, "w");
  const header = wavHeader(tags, bytes);
  writeSync(file, header);
  const block = new Uint8Array(2 ** 20);
  for (let at = 0; at < bytes; at += block.length) {
    for (let i = 0; i < block.length; i += 4096) crypto.getRandomValues(block.subarray(i, i + 64));
    writeSync(file, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(file);
}
