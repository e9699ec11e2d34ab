import type { MusicEvent, ObservedFile } from "../../events/mod.ts";
import { FIRST_FILE_ID, OBSERVED_BATCH_FILES, toFileId } from "../../src/base/mod.ts";

const TRACKS_AN_ALBUM = 12;
const ALBUMS_AN_ARTIST = 5;
const GENRES = ["Rock", "Jazz", "Classical", "Electronic", "Folk"];

export interface SyntheticOptions {
  readonly origin?: string;
  readonly root?: string;
  readonly scan?: number;
  readonly template?: string;
  /** Makes a file by its index. */
  readonly file?: (i: number) => ObservedFile;
}

/** The events of a first scan that found `n` tagged files, with 12 tracks an album and 5 albums an artist. */
export function* syntheticEvents(
  n: number,
  options: SyntheticOptions = {},
): IterableIterator<MusicEvent> {
  const origin = options.origin ?? "local";
  const scan = options.scan ?? 1;
  const template = options.template ??
    "$artist/$album ($year) [$format_upper]/$track - $title.$format";
  const root = options.root ?? "/srv/music";
  const file = options.file ?? syntheticFile;
  yield { type: "TemplateChanged", v: 1, data: { template } };
  yield { type: "OriginConfigured", v: 1, data: { origin, kind: "local", root, priority: 1 } };
  yield { type: "ScanStarted", v: 1, data: { origin, scan, mode: "full" } };
  for (let from = 0; from < n; from += OBSERVED_BATCH_FILES) {
    const files: ObservedFile[] = [];
    for (let i = from; i < Math.min(n, from + OBSERVED_BATCH_FILES); i++) {
      files.push(file(i));
    }
    const position = files.at(-1)!.path;
    yield { type: "FilesObserved", v: 1, data: { origin, scan, position, files } };
  }
  yield {
    type: "ScanCompleted",
    v: 1,
    data: {
      ...{ origin, scan, mode: "full", listed: n, read: n, unreadable: 0, removed: 0 },
      ...{ unlisted: [], duration_ms: n / 5 },
    },
  };
}

/** File number `i` of the library. */
export function syntheticFile(i: number): ObservedFile {
  const album = Math.floor(i / TRACKS_AN_ALBUM);
  const artist = Math.floor(album / ALBUMS_AN_ARTIST);
  const no = i % TRACKS_AN_ALBUM + 1;
  const year = 1960 + album % 60;
  const artistName = `Artist ${String(artist).padStart(6, "0")}`;
  const albumName = `Album ${album % ALBUMS_AN_ARTIST + 1} of ${artistName}`;
  const title = `Song number ${no} of many`;
  return {
    file: toFileId(FIRST_FILE_ID + i),
    path: `${artistName}/${albumName}/${String(no).padStart(2, "0")} ${title}.flac`,
    size: 20_000_000 + i * 7919 % 20_000_000,
    mtime_s: 1_500_000_000 + album * 60 + no,
    mtime_ns: i * 1_000_003 % 1_000_000_000,
    format: "flac",
    audio: (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0").repeat(4),
    tags: {
      title,
      artist: artistName,
      artists: [artistName],
      albumartist: artistName,
      album: albumName,
      track: { no, of: TRACKS_AN_ALBUM },
      disk: { no: 1, of: 1 },
      year,
      date: `${year}-01-01`,
      genre: [GENRES[artist % GENRES.length]!],
    },
    properties: {
      codec: "FLAC",
      duration_ms: 180_000 + i % 120_000,
      bitrate: 900_000,
      sample_rate: 44_100,
      channels: 2,
      bits_per_sample: 16,
    },
  };
}
