import { type AudioTags, type Id3Version } from "./audio/mod.ts";
import { randomNumbers } from "./audio/bytes.ts";
import { albumTitle, artistName, genreName, personName, trackTitle } from "./library_names.ts";

export const FORMATS = ["flac", "mp3", "m4a", "opus", "wav", "aiff"] as const;
export type Format = (typeof FORMATS)[number];

export interface LibraryOptions {
  /** Numbers of artists, of albums each, of tracks on each album. 8, 3 and 10 when absent. */
  artists?: number;
  albums?: number;
  tracks?: number;
  /** Stop after this many files. */
  files?: number;
  /** The formats that albums have in turn; when absent, mostly FLAC and MP3. */
  formats?: readonly Format[];
  /** The length of each track in seconds; 0.25 when absent. */
  seconds?: number;
  /** The same seed gives the same library. 1 when absent. */
  seed?: number;
}

/** A file of the library before it is made. */
export interface PlannedFile {
  /** The path below the directory of the library. */
  path: string;
  format: Format;
  tags: AudioTags;
  /** The version of the ID3v2 tag, for MP3. */
  id3: Id3Version | null;
  seed: number;
}

const USUAL_FORMATS: readonly Format[] = [
  "flac",
  "mp3",
  "flac",
  "m4a",
  "mp3",
  "opus",
  "wav",
  "aiff",
];

/**
 * The files of a library, album by album. Among plain albums there are double ones (`CD1`, `CD2`), every
 * tenth is a compilation of many artists, and every eighth album lacks some of its tags.
 */
export function* libraryPlan(options: LibraryOptions = {}): Generator<PlannedFile> {
  const { artists = 8, albums = 3, files = Infinity } = options;
  const random = randomNumbers(options.seed ?? 1);
  const planned = new Set<string>();
  for (let artist = 0; artist < artists; artist++) {
    const name = artistName(artist, random);
    for (let album = 0; album < albums; album++) {
      for (const file of albumFiles(artist * albums + album, name, options, random)) {
        if (planned.size >= files) return;
        if (planned.has(file.path)) continue;
        planned.add(file.path);
        yield file;
      }
    }
  }
}

function* albumFiles(
  number: number,
  artist: string,
  options: LibraryOptions,
  random: (below: number) => number,
): Generator<PlannedFile> {
  const formats = options.formats ?? USUAL_FORMATS;
  const tracks = options.tracks ?? 10;
  const format = formats[number % formats.length]!;
  const title = albumTitle(random);
  const compilation = number % 10 === 7;
  const discs = number % 9 === 4 ? 2 : 1;
  const perDisc = Math.ceil(tracks / discs);
  const untidy = number % 8 === 6;
  const shared: AudioTags = {
    album: title,
    albumartist: compilation ? "Various Artists" : artist,
    year: 1962 + random(63),
    genre: genreName(random),
    composer: personName(random),
    tracks: perDisc,
    discs,
    ...(compilation ? { compilation } : {}),
  };
  const folders = compilation ? ["Compilations", title] : [artist, `${shared.year} - ${title}`];
  for (let index = 0; index < tracks; index++) {
    const disc = Math.floor(index / perDisc) + 1;
    const track = index % perDisc + 1;
    const performer = compilation ? personName(random) : artist;
    const song = trackTitle(random);
    const tags: AudioTags = { ...shared, title: song, artist: performer, track, disc };
    if (untidy) forget(tags, index);
    const label = compilation ? `${performer} - ${song}` : song;
    const parts = [
      ...folders,
      ...(discs > 1 ? [`CD${disc}`] : []),
      `${String(track).padStart(2, "0")} ${label}.${format}`,
    ];
    yield {
      path: parts.map((part) => part.replaceAll("/", "_")).join("/"),
      format,
      tags,
      id3: untidy && index % 4 === 3 ? null : number % 2 === 0 ? "2.3" : "2.4",
      seed: (number + 1) * 1000 + index + (options.seed ?? 1) * 7_919_000,
    };
  }
}

/** Removes tags as careless collections lack them: from some files the year or the number, from others everything. */
function forget(tags: AudioTags, index: number): void {
  const lost: (keyof AudioTags)[][] = [
    ["year", "albumartist"],
    ["track", "disc", "genre"],
    ["artist", "albumartist"],
    Object.keys(tags) as (keyof AudioTags)[],
  ];
  for (const name of lost[index % lost.length]!) delete tags[name];
}
