import type { FileBytes } from "./file_bytes.ts";

/** An ID3v2 tag in front of the audio (id3.org/id3v2.4.0-structure). */
export interface Id3Header {
  /** Minor version: 2, 3 or 4. */
  readonly version: number;
  readonly flags: number;
  /** The range of the frames, and the end of the whole tag. */
  readonly bodyAt: number;
  readonly bodyLength: number;
  readonly end: number;
}

export const ID3_HEADER_BYTES = 10;
export const ID3_FLAG = { unsynchronised: 0x80, extended: 0x40, footer: 0x10 } as const;

/** The tag at `position`; undefined when there is none. */
export function id3HeaderAt(bytes: FileBytes, position: number): Id3Header | undefined {
  const header = bytes.view(position, ID3_HEADER_BYTES);
  if (header.length < ID3_HEADER_BYTES) return undefined;
  if (header[0] !== 0x49 || header[1] !== 0x44 || header[2] !== 0x33 || header[3] === 0xff) {
    return undefined;
  }
  const bodyLength = syncSafe(header, 6);
  if (bodyLength === undefined) return undefined;
  const flags = header[5]!;
  const bodyAt = position + ID3_HEADER_BYTES;
  const footer = (flags & ID3_FLAG.footer) !== 0 ? ID3_HEADER_BYTES : 0;
  return { version: header[3]!, flags, bodyAt, bodyLength, end: bodyAt + bodyLength + footer };
}

/** A number of four bytes with seven bits each; undefined when a byte has its eighth bit set. */
export function syncSafe(bytes: Uint8Array, at: number): number | undefined {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  if (((a | b | c | d) & 0x80) !== 0) return undefined;
  return (a << 21) | (b << 14) | (c << 7) | d;
}
