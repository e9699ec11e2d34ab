import { HEAD_BYTES } from "../../base/mod.ts";
import { OGG_TAIL_BYTES } from "../sound/ogg_end.ts";
import type { FilePart } from "./sparse_bytes.ts";

/** Where bytes lie in a file. */
export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

/** How much of the end most formats need: an ID3v1 tag, the footer of an APE tag, the end of the sound. */
const TAIL_BYTES = 4 * 1024;
const OGG_EXTENSIONS: ReadonlySet<string> = new Set(["ogg", "oga", "opus", "spx"]);

/**
 * The ranges that are read of every file before its contents are known: the head and, depending on the extension, the
 * tail.
 */
export function firstRanges(extension: string, size: number): ByteRange[] {
  if (size === 0) return [];
  const tail = OGG_EXTENSIONS.has(extension) ? OGG_TAIL_BYTES : TAIL_BYTES;
  if (size <= HEAD_BYTES + tail) return [{ from: 0, length: size }];
  return [{ from: 0, length: HEAD_BYTES }, { from: size - tail, length: tail }];
}

/** The parts with one more, sorted. Parts that touch become one. */
export function withPart(parts: readonly FilePart[], part: FilePart): FilePart[] {
  const joined: FilePart[] = [];
  for (const next of [...parts, part].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || last.from + last.bytes.length < next.from) joined.push(next);
    else joined[joined.length - 1] = join(last, next);
  }
  return joined;
}

function join(before: FilePart, behind: FilePart): FilePart {
  const at = behind.from - before.from;
  const bytes = new Uint8Array(Math.max(before.bytes.length, at + behind.bytes.length));
  bytes.set(before.bytes);
  bytes.set(behind.bytes, at);
  return { from: before.from, bytes };
}
