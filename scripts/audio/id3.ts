import { bigEndian, concat, latin1, utf16, utf8 } from "./bytes.ts";
import { type AudioTags, mimeType, numberOf } from "./tags.ts";

export type Id3Version = "2.3" | "2.4";

/** An ID3v2 tag: version 2.4 with UTF-8 text, or 2.3 with UTF-16 text and big endian frame sizes. */
export function id3Tag(
  tags: AudioTags,
  version: Id3Version = "2.4",
  padding = 0,
): Uint8Array<ArrayBuffer> {
  const text: [string, string | undefined][] = [
    ["TIT2", tags.title],
    ["TPE1", tags.artist],
    ["TPE2", tags.albumartist],
    ["TALB", tags.album],
    ["TRCK", numberOf(tags.track, tags.tracks)],
    ["TPOS", numberOf(tags.disc, tags.discs)],
    [version === "2.4" ? "TDRC" : "TYER", tags.year?.toString()],
    ["TCON", tags.genre],
    ["TCOM", tags.composer],
    ["TCMP", tags.compilation ? "1" : undefined],
  ];
  const frames = text
    .filter((field): field is [string, string] => field[1] !== undefined)
    .map(([id, value]) => frame(id, encoded(value, version), version));
  if (tags.picture !== undefined) frames.push(frame("APIC", attached(tags.picture), version));
  const body = concat([...frames, new Uint8Array(padding)]);
  const header = concat([
    utf8("ID3"),
    Uint8Array.of(version === "2.4" ? 4 : 3, 0, 0),
    synchsafe(body.length),
  ]);
  return concat([header, body]);
}

/** The 128 bytes at the end of an MP3 that the oldest players read. */
export function id3v1Tag(tags: AudioTags): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(128);
  const put = (at: number, length: number, text: string | undefined) => {
    out.set(latin1(text ?? "").subarray(0, length), at);
  };
  put(0, 3, "TAG");
  put(3, 30, tags.title);
  put(33, 30, tags.artist);
  put(63, 30, tags.album);
  put(93, 4, tags.year?.toString());
  out[126] = (tags.track ?? 0) & 0xff;
  out[127] = 255;
  return out;
}

function frame(id: string, body: Uint8Array, version: Id3Version): Uint8Array<ArrayBuffer> {
  const size = version === "2.4" ? synchsafe(body.length) : bigEndian(body.length, 4);
  return concat([utf8(id), size, new Uint8Array(2), body]);
}

function encoded(text: string, version: Id3Version): Uint8Array<ArrayBuffer> {
  return version === "2.4"
    ? concat([Uint8Array.of(3), utf8(text)])
    : concat([Uint8Array.of(1), utf16(text)]);
}

function attached(image: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([Uint8Array.of(0), latin1(mimeType(image)), Uint8Array.of(0, 3, 0), image]);
}

/** 28 bits in four bytes whose top bits are clear, so that no decoder takes them for a frame. */
function synchsafe(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of((value >> 21) & 127, (value >> 14) & 127, (value >> 7) & 127, value & 127);
}
