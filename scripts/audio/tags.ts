/** The tags of a generated file; an absent tag is left out of the file. */
export interface AudioTags {
  title?: string;
  artist?: string;
  albumartist?: string;
  album?: string;
  track?: number;
  tracks?: number;
  disc?: number;
  discs?: number;
  year?: number;
  genre?: string;
  composer?: string;
  compilation?: boolean;
  /** A front cover: the bytes of a JPEG or PNG image. */
  picture?: Uint8Array;
}

/** The sound of a generated file. The same options and tags give the same bytes. */
export interface SoundOptions {
  /** Length in seconds, rounded up to whole frames of the format; 0.25 when absent. */
  seconds?: number;
  /** Makes the audio of one file differ from another's of the same length; 1 when absent. */
  seed?: number;
}

/** `1` or `1/12`, as ID3 writes it; undefined when there is no number. */
export function numberOf(number: number | undefined, total: number | undefined) {
  return number === undefined
    ? undefined
    : total === undefined
    ? `${number}`
    : `${number}/${total}`;
}

export function mimeType(picture: Uint8Array): "image/png" | "image/jpeg" {
  return picture[0] === 0x89 ? "image/png" : "image/jpeg";
}
