import type { FileBytes } from "./file_bytes.ts";
import { Tag } from "./tag.ts";
import type { TextReader } from "./text.ts";
import { pictureBlock, readVorbisComments } from "./vorbis_comment.ts";

/** More metadata blocks than any real file has. */
const BLOCKS_MAX = 1_024;
const BLOCK = { comment: 4, cueSheet: 5, picture: 6 } as const;
const PICTURE_HEAD_BYTES = 1_024;
const LAST = 0x80;

/** Reads the metadata blocks of a FLAC file (RFC 9639, 8). Of several comment blocks the first counts. */
export function readFlacTags(bytes: FileBytes, start: number, text: TextReader, tag: Tag): void {
  let hasComments = false;
  for (let at = start + 4, n = 0; n < BLOCKS_MAX; n++) {
    const [kind, a, b, c] = bytes.view(at, 4);
    if (c === undefined) return;
    const length = (a! << 16) | (b! << 8) | c;
    at += 4;
    const end = Math.min(at + length, bytes.size);
    const type = kind! & ~LAST;
    if (type === BLOCK.comment && !hasComments) {
      hasComments = true;
      const place = { placeOf: (position: number) => position, paged: false };
      readVorbisComments(bytes, at, end, { text, tag, place });
    } else if (type === BLOCK.picture) {
      const block = pictureBlock(bytes.view(at, Math.min(length, PICTURE_HEAD_BYTES)));
      if (block !== undefined) {
        const { dataAt, ...about } = block;
        const offset = at + dataAt;
        tag.pictures.push({ ...about, offset, length: Math.min(block.size, bytes.size - offset) });
      }
    } else if (type === BLOCK.cueSheet) {
      tag.cueSheet ??= { kind: "flac", offset: at, length };
    }
    at = end;
    if ((kind! & LAST) !== 0) return;
  }
}

/**
 * What STREAMINFO says of the sound (RFC 9639, 8.2); the number of samples is 0 when it was unknown. Undefined when
 * the file does not begin with a STREAMINFO.
 */
export function flacSound(
  bytes: FileBytes,
  start: number,
):
  | { sampleRate: number; channels: number; bits: number; samples: number; block: number }
  | undefined {
  const block = bytes.view(start + 4, 4 + 34);
  if (block.length < 38 || (block[0]! & ~LAST) !== 0) return undefined;
  const view = new DataView(block.buffer, block.byteOffset + 14);
  const packed = view.getUint32(0);
  const samples = (packed & 0xf) * 2 ** 32 + view.getUint32(4);
  return {
    sampleRate: packed >>> 12,
    channels: ((packed >>> 9) & 7) + 1,
    bits: ((packed >>> 4) & 31) + 1,
    samples,
    block: (block[4]! << 8) | block[5]!,
  };
}
