import { HEAD_BYTES } from "../../base/mod.ts";
import type { ByteRange } from "./file_parts.ts";
import { type FilePart, SparseBytes, TagBytesExceeded } from "./sparse_bytes.ts";

/** Each further step fetches as much as there is so far, but at most this: 24 steps reach the end of all tags. */
const AHEAD_BYTES_MAX = 1024 * 1024;
const NOTHING = new Uint8Array();

/** Ends a parse that needs bytes which are not there. */
class RangeNeeded extends Error {
  override readonly name = "RangeNeeded";
}

/** A file of which only some parts are there. The first range that is missed is remembered. */
export class PresentBytes extends SparseBytes {
  readonly #parts: readonly FilePart[];
  readonly #isLast: boolean;
  #missing: ByteRange | undefined;

  /** `parts` are sorted, no two touch, and the first begins the file. */
  constructor(size: number, parts: readonly FilePart[], isLast: boolean) {
    super(size, parts[0]?.bytes ?? NOTHING, () => 0);
    this.#parts = parts;
    this.#isLast = isLast;
  }

  override get isNear(): boolean {
    return false;
  }

  /** The range that has to be fetched. Everything that a parser concluded without it must be thrown away. */
  get missing(): ByteRange | undefined {
    return this.#missing;
  }

  protected override load(position: number, length: number): FilePart {
    const end = Math.min(position + length, this.size);
    if (position >= end) return { from: position, bytes: NOTHING };
    const part = this.#parts.find((part) => part.from <= position && end <= endOf(part));
    if (part !== undefined) return part;
    if (this.#isLast) throw new TagBytesExceeded();
    this.#missing ??= this.#toFetch(position, end);
    throw new RangeNeeded(`It is not there from ${position}`);
  }

  /** The missing part of a range, with the bytes behind it that will be wanted next. */
  #toFetch(position: number, end: number): ByteRange {
    const before = this.#parts.findLast(({ from }) => from <= position);
    const reached = before === undefined ? 0 : endOf(before);
    const goesOn = before !== undefined && reached >= position;
    const from = goesOn ? reached : position;
    const ahead = goesOn ? Math.min(before.bytes.length, AHEAD_BYTES_MAX) : HEAD_BYTES;
    const next = this.#parts.find((part) => part.from > position)?.from ?? this.size;
    return { from, length: Math.min(Math.max(end, from + ahead), next) - from };
  }
}

function endOf({ from, bytes }: FilePart): number {
  return from + bytes.length;
}
