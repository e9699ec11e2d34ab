/**
 * Which picture is the cover of an album. Nothing is read for it but what the scan noted of pictures and of the files
 * beside the tracks.
 *
 * @module
 */
import type { PicturePlace } from "../../events/facts/files.ts";
import { foldCase, formatBytes, PICTURE_BYTES_MAX, type TrackId } from "../../src/base/mod.ts";

/** The extension of a cover's name by the kind of picture. Other kinds are no covers: players don't look for them. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["image/jpeg", "jpg"],
  ["image/png", "png"],
  ["image/webp", "webp"],
  ["image/gif", "gif"],
]);
/** The front cover, and icons of 32 pixels, as ID3v2 numbers the kinds of pictures. */
const FRONT = 3;
const ICONS: readonly number[] = [1, 2];

/** The names of picture files that are covers, the best first. */
const FILE_STEMS = ["cover", "folder", "front", "album"];
const FILE_EXTENSIONS = ["jpg", "jpeg", "png", "webp"];
const FILE_NAME = new RegExp(`^(${FILE_STEMS.join("|")})\\.(${FILE_EXTENSIONS.join("|")})$`, "i");

/** Either the extension of the name that a picture has as a cover, or why it is none. */
export type Fitness =
  | { readonly extension: string; readonly unfit?: undefined }
  | { readonly extension?: undefined; readonly unfit: string };

/** Whether a picture in a file of `fileBytes` bytes can be shown as it lies there. */
export function fitnessOf(picture: PicturePlace, fileBytes: number): Fitness {
  const { mime, claimed, encoding, paged, size, offset, length } = picture;
  if (encoding !== undefined) return { unfit: `it is encoded (${encoding})` };
  if (paged) return { unfit: "headers of Ogg pages lie between its bytes" };
  if (length === 0) return { unfit: "it is empty" };
  if (size !== undefined && size !== length || offset + length > fileBytes) {
    return { unfit: "it is cut off" };
  }
  if (length > PICTURE_BYTES_MAX) {
    return { unfit: `it has more than ${formatBytes(PICTURE_BYTES_MAX)}` };
  }
  const extension = claimed || mime === undefined ? undefined : EXTENSIONS.get(mime);
  if (extension !== undefined) return { extension };
  const isUnknown = claimed || mime === undefined;
  return { unfit: isUnknown ? "its bytes are of no known kind of picture" : `it is ${mime}` };
}

/** The pictures of a track. */
export interface Illustrated {
  readonly track: TrackId;
  /** The size of its file in bytes. */
  readonly size: number;
  readonly pictures: readonly PicturePlace[];
}

export interface EmbeddedCover<T extends Illustrated> {
  readonly track: T;
  /** The picture's place in the list of the track's pictures. */
  readonly index: number;
  readonly extension: string;
}

/**
 * Chooses among the pictures in tracks: front covers before others, icons last; then the picture that most tracks have;
 * then the one of the lowest track, and the first in it. Pictures of one kind and size are taken for the same: no byte
 * of them was read.
 */
export function chooseEmbedded<T extends Illustrated>(
  tracks: readonly T[],
): EmbeddedCover<T> | undefined {
  const found = new Map<string, EmbeddedCover<T> & { rank: number; tracks: Set<TrackId> }>();
  for (const track of tracks.toSorted((a, b) => a.track - b.track)) {
    for (const [index, picture] of track.pictures.entries()) {
      const { extension } = fitnessOf(picture, track.size);
      if (extension === undefined) continue;
      const rank = rankOf(picture.type);
      const key = `${rank} ${extension} ${picture.length}`;
      const known = found.get(key);
      if (known !== undefined) known.tracks.add(track.track);
      else found.set(key, { track, index, extension, rank, tracks: new Set([track.track]) });
    }
  }
  // Sorting is stable: what remains equal is in the order of the tracks.
  return [...found.values()]
    .sort((a, b) => a.rank - b.rank || b.tracks.size - a.tracks.size)[0];
}

function rankOf(type: number): number {
  if (type === FRONT) return 0;
  return ICONS.includes(type) ? 2 : 1;
}

/** A picture file, and how many of an album's tracks it is beside. */
export interface PictureFile {
  readonly number: number;
  readonly name: string;
  readonly size: number;
  readonly tracks: number;
}

/** Whether a file of this name can be a cover. */
export function isCoverName(name: string): boolean {
  return FILE_NAME.test(name);
}

/** An SQL condition that holds for every name with {@link isCoverName}. */
export function mayBeCover(column: string): string {
  return `(${FILE_STEMS.map((stem) => `${column} LIKE '${stem}.%'`).join(" OR ")})`;
}

/**
 * Chooses among picture files, each with a name that a cover can have: the one beside most tracks; then by stem and by
 * extension, in the order of the lists above; then the lowest number.
 */
export function chooseFile<F extends PictureFile>(
  files: readonly F[],
): { file: F; extension: string } | undefined {
  const fit = files.filter(({ size }) => size > 0 && size <= PICTURE_BYTES_MAX)
    .map((file) => {
      const [, stem, extension] = FILE_NAME.exec(file.name)!.map((part) => part.toLowerCase());
      return {
        ...{ file, extension: extension === "jpeg" ? "jpg" : extension! },
        order: [
          -file.tracks,
          FILE_STEMS.indexOf(stem!),
          FILE_EXTENSIONS.indexOf(extension!),
          file.number,
        ],
      };
    });
  return fit.sort((a, b) => ascending(a.order, b.order))[0];
}

function ascending(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at < 0 ? 0 : one[at]! - other[at]!;
}

/** Tells whether tracks are of one album. */
export class OneAlbum {
  /** The name of the album, regardless of case; undefined before the first track. */
  album: string | undefined;
  #artist = "";
  /** The names of the track before, as it spells them. */
  #last: readonly [album: string, artist: string] | undefined;

  /**
   * Adds a track. Returns false when it names no album, or another album or album artist than the tracks before. Not
   * every track of an album need name the album artist.
   */
  add(album: string, albumartist: string): boolean {
    if (album === "") return false;
    if (this.#last?.[0] === album && this.#last[1] === albumartist) return true;
    const name = foldCase(album);
    const artist = foldCase(albumartist);
    const isSame = (this.album === undefined || this.album === name) &&
      (this.#artist === "" || artist === "" || this.#artist === artist);
    this.album ??= name;
    if (this.#artist === "") this.#artist = artist;
    this.#last = isSame ? [album, albumartist] : undefined;
    return isSame;
  }
}
