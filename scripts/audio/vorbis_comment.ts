import { concat, littleEndian, utf8 } from "./bytes.ts";
import type { AudioTags } from "./tags.ts";

/** The comment block that FLAC, Vorbis and Opus share, without framing (Xiph, Vorbis I section 5). */
export function vorbisComment(tags: AudioTags): Uint8Array<ArrayBuffer> {
  const fields: [string, string | number | undefined][] = [
    ["TITLE", tags.title],
    ["ARTIST", tags.artist],
    ["ALBUMARTIST", tags.albumartist],
    ["ALBUM", tags.album],
    ["TRACKNUMBER", tags.track],
    ["TRACKTOTAL", tags.tracks],
    ["DISCNUMBER", tags.disc],
    ["DISCTOTAL", tags.discs],
    ["DATE", tags.year],
    ["GENRE", tags.genre],
    ["COMPOSER", tags.composer],
    ["COMPILATION", tags.compilation ? 1 : undefined],
  ];
  const comments = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => counted(utf8(`${name}=${value}`)));
  return concat([counted(utf8("MusicFS")), littleEndian(comments.length, 4), ...comments]);
}

function counted(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([littleEndian(bytes.length, 4), bytes]);
}
