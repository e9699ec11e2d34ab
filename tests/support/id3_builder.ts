/** Builds ID3v2 tags byte by byte: correct ones, and odd ones that only some program wrote. */
import { bigEndian, concat, latin1, utf16, utf8 } from "../../scripts/audio/bytes.ts";

export type Id3Minor = 2 | 3 | 4;
type Bytes = Uint8Array<ArrayBuffer>;

export interface Id3Frame {
  readonly id: string;
  readonly body: Bytes;
  /** The flags of the frame's header. */
  readonly flags?: number;
  /** In a 2.4 tag: writes the size as 2.3 does. */
  readonly hasPlainSize?: boolean;
}

export interface Id3TagOptions {
  readonly flags?: number;
  /** The extended header. */
  readonly extended?: Bytes;
  readonly padding?: number;
}

/** A whole tag. With the flag for it, a 2.2 or 2.3 tag is unsynchronised as a whole. */
export function id3TagOf(
  version: Id3Minor,
  frames: readonly Id3Frame[],
  { flags = 0, extended = new Uint8Array(), padding = 0 }: Id3TagOptions = {},
): Bytes {
  const plain = concat([
    extended,
    ...frames.map((frame) => frameBytes(version, frame)),
    new Uint8Array(padding),
  ]);
  const body = (flags & 0x80) !== 0 && version < 4 ? unsynchronised(plain) : plain;
  return concat([utf8("ID3"), Uint8Array.of(version, 0, flags), syncSafe(body.length), body]);
}

function frameBytes(
  version: Id3Minor,
  { id, body, flags = 0, hasPlainSize = false }: Id3Frame,
): Bytes {
  if (version === 2) return concat([latin1(id), bigEndian(body.length, 3), body]);
  const size = version === 4 && !hasPlainSize ? syncSafe(body.length) : bigEndian(body.length, 4);
  return concat([latin1(id.padEnd(4, "\0")), size, bigEndian(flags, 2), body]);
}

/** The body of a text frame, in Latin-1, UTF-16 with or without a mark, or UTF-8. */
export function textBody(text: string, encoding: 0 | 1 | 2 | 3 = 3): Bytes {
  return concat([Uint8Array.of(encoding), encoded(text, encoding)]);
}

/** The body of a TXXX frame. */
export function describedBody(
  description: string,
  text: string,
  encoding: 0 | 1 | 2 | 3 = 3,
): Bytes {
  const nul = new Uint8Array(encoding === 1 || encoding === 2 ? 2 : 1);
  return concat([
    Uint8Array.of(encoding),
    encoded(description, encoding),
    nul,
    encoded(text, encoding),
  ]);
}

/** The body of an APIC frame with a front cover. */
export function pictureBody(picture: Uint8Array): Bytes {
  return concat([Uint8Array.of(0), latin1("image/jpeg\0"), Uint8Array.of(3, 0), picture]);
}

export function syncSafe(value: number): Bytes {
  return Uint8Array.of((value >> 21) & 127, (value >> 14) & 127, (value >> 7) & 127, value & 127);
}

/** Unsynchronises: puts a zero behind every 255 that would look like the start of a frame, or that a zero follows. */
export function unsynchronised(bytes: Uint8Array): Bytes {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    out.push(bytes[i]!);
    const next = bytes[i + 1];
    if (bytes[i] === 0xff && (next === undefined || next === 0 || next >= 0xe0)) out.push(0);
  }
  return Uint8Array.from(out);
}

function encoded(text: string, encoding: 0 | 1 | 2 | 3): Bytes {
  if (encoding === 0) return latin1(text);
  if (encoding === 1) return utf16(text);
  if (encoding === 3) return utf8(text);
  const out = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) out.set(bigEndian(text.charCodeAt(i), 2), 2 * i);
  return out;
}
