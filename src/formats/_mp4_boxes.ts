import type { FileBytes } from "./file_bytes.ts";
import { latin1 } from "./text.ts";

/** More boxes in one box than any real file has. */
const BOXES_MAX = 4_096;

/** A box of an MP4 or QuickTime file (ISO/IEC 14496-12). */
export interface Box {
  readonly name: string;
  /** The range of its content in the file. */
  readonly at: number;
  readonly end: number;
}

/** The first box of a name. */
export function findBox(bytes: FileBytes, within: Box, name: string): Box | undefined {
  for (const box of boxes(bytes, within)) if (box.name === name) return box;
  return undefined;
}

/** The boxes in a range, one after the other. */
export function* boxes(bytes: FileBytes, { at: from, end }: Box): Iterable<Box> {
  let at = from;
  for (let n = 0; n < BOXES_MAX && at + 8 <= end; n++) {
    const head = bytes.view(at, 8);
    let length = uint32(head, 0);
    let headerBytes = 8;
    if (length === 1) {
      const wide = bytes.view(at + 8, 8);
      if (wide.length < 8) return;
      length = uint32(wide, 0) * 2 ** 32 + uint32(wide, 4);
      headerBytes = 16;
    }
    if (length === 0) length = end - at;
    if (length < headerBytes) return;
    const next = at + length;
    yield { name: latin1(head.subarray(4, 8)), at: at + headerBytes, end: Math.min(next, end) };
    at = next;
  }
}

/** A number of four bytes; bytes beyond the end count as 0. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 2 ** 24 +
    (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}
