import type { SparseBytes } from "./sparse_bytes.ts";

/** An ID3v2 tag in front of the audio (id3.org/id3v2.4.0-structure). */
export interface Id3Tag {
  /** Minor version: 2, 3 or 4. */
  readonly version: number;
  readonly flags: number;
  /** Where the frames lie, and where the whole tag ends. */
  readonly bodyAt: number;
  readonly bodyLength: number;
  readonly end: number;
}

const HEADER_BYTES = 10;
const FLAG_UNSYNCHRONISED = 0x80;
const FLAG_EXTENDED = 0x40;
const FLAG_FOOTER = 0x10;
/** A frame above this is a picture, an object or lyrics, none of which is wanted. */
const FRAME_BYTES_MAX = 8 * 1024;

/** The tag at `position`, undefined when there is none. */
export function id3TagAt(bytes: SparseBytes, position: number): Id3Tag | undefined {
  const header = bytes.view(position, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return undefined;
  if (header[0] !== 0x49 || header[1] !== 0x44 || header[2] !== 0x33 || header[3] === 0xff) {
    return undefined;
  }
  const bodyLength = syncSafe(header, 6);
  if (bodyLength === undefined) return undefined;
  const flags = header[5]!;
  const bodyAt = position + HEADER_BYTES;
  const footer = (flags & FLAG_FOOTER) !== 0 ? HEADER_BYTES : 0;
  return { version: header[3]!, flags, bodyAt, bodyLength, end: bodyAt + bodyLength + footer };
}

/**
 * The frames of a tag without the large ones and without the padding, so that neither has to be read or
 * parsed. Undefined when the tag isn't plain enough to be sure where its frames begin.
 */
export function smallFrames(bytes: SparseBytes, tag: Id3Tag): Uint8Array<ArrayBuffer> | undefined {
  if ((tag.flags & (FLAG_UNSYNCHRONISED | FLAG_EXTENDED)) !== 0) return undefined;
  const headerBytes = tag.version === 2 ? 6 : HEADER_BYTES;
  const end = tag.bodyAt + tag.bodyLength;
  const kept: [number, number][] = [];
  let keptBytes = 0;
  let at = tag.bodyAt;
  while (at + headerBytes <= end) {
    const offset = bytes.locate(at, headerBytes);
    const header = bytes.found;
    if (header[offset] === 0) break;
    const length = frameLength(header, offset, tag.version);
    if (length === undefined || at + headerBytes + length > end) return undefined;
    if (length <= FRAME_BYTES_MAX) {
      const last = kept.at(-1);
      if (last !== undefined && last[1] === at) last[1] = at + headerBytes + length;
      else kept.push([at, at + headerBytes + length]);
      keptBytes += headerBytes + length;
    }
    at += headerBytes + length;
  }
  const only = kept[0];
  if (kept.length === 1 && only !== undefined) return bytes.view(only[0], only[1] - only[0]);
  const frames = new Uint8Array(keptBytes);
  let filled = 0;
  for (const [from, to] of kept) {
    frames.set(bytes.view(from, to - from), filled);
    filled += to - from;
  }
  return frames;
}

/** Length of the frame whose header is at `at`; undefined when that is no frame header. */
function frameLength(bytes: Uint8Array, at: number, version: number): number | undefined {
  const idBytes = version === 2 ? 3 : 4;
  for (let i = at; i < at + idBytes; i++) {
    const byte = bytes[i]!;
    if (!((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39))) return undefined;
  }
  if (version === 2) return (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  if (version === 4) return syncSafe(bytes, at + 4);
  return bytes[at + 4]! * 2 ** 24 +
    ((bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!);
}

/** Four bytes of seven bits each; undefined when a byte has its eighth bit set. */
function syncSafe(bytes: Uint8Array, at: number): number | undefined {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  if (((a | b | c | d) & 0x80) !== 0) return undefined;
  return (a << 21) | (b << 14) | (c << 7) | d;
}
