import type { FileBytes } from "./file_bytes.ts";
import { GENRES } from "./genres.ts";
import { Tag } from "./tag.ts";
import { latin1, type TextReader } from "./text.ts";

export const ID3V1_BYTES = 128;
const TRACK_AT = 126;
const GENRE_AT = 127;

/**
 * Whether the last 128 bytes are an ID3v1 tag. The end of an APE tag may look like one, since its `APETAGEX` contains
 * `TAG`.
 */
export function hasId3v1(bytes: FileBytes): boolean {
  const at = bytes.size - ID3V1_BYTES;
  if (at < 0 || latin1(bytes.view(at, 3)) !== "TAG") return false;
  return latin1(bytes.view(bytes.size - 32, 8)) !== "APETAGEX";
}

/** The ID3v1 tag at the end of a file (id3.org/ID3v1). */
export function readId3v1(bytes: FileBytes, text: TextReader, tag: Tag): void {
  const all = bytes.view(bytes.size - ID3V1_BYTES, ID3V1_BYTES);
  const put = (name: string, at: number, length: number) => {
    const value = field(all.subarray(at, at + length), text);
    if (value !== "") tag.add(name, value);
  };
  put("title", 3, 30);
  put("artist", 33, 30);
  put("album", 63, 30);
  put("year", 93, 4);
  // ID3v1.1 puts a track number after a comment that ends with a NUL.
  const hasTrack = all[TRACK_AT - 1] === 0 && all[TRACK_AT] !== 0;
  put("comment", 97, hasTrack ? 28 : 30);
  if (hasTrack) tag.add("track", String(all[TRACK_AT]));
  const genre = GENRES[all[GENRE_AT]!];
  if (genre !== undefined) tag.add("genre", genre);
}

function field(bytes: Uint8Array, text: TextReader): string {
  const end = bytes.indexOf(0);
  return text.legacy(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}
