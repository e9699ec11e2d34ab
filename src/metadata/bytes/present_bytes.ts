import { HEAD_BYTES } from "../../base/mod.ts";
import type { ByteRange } from "./file_parts.ts";
import { type FilePart, SparseBytes, TagBytesExceeded } from "./sparse_bytes.ts";

/** Reading that goes on fetches as much as it has so far, up to this: 24 steps lead to the end of all tags. */
const AHEAD_BYTES_MAX = 1024 * 1024;
const NOTHING = new Uint8Array();

/** Ends a parse that came to bytes which are not there. */
class RangeNeeded extends Error {
  override readonly name = "RangeNeeded";
}

/** A file of which some parts are there and no more can be read; the first that is missed is remembered. */
export class PresentBytes extends SparseBytes {
  readonly #parts: readonly FilePart[];
  readonly #isLast: boolean;
  #missing: ByteRange | undefined;

  /** `parts` are in order, none touches the next, and the first begins the file. */
  constructor(size: number, parts: readonly FilePart[], isLast: boolean) {
    super(size, parts[0]?.bytes ?? NOTHING, () => 0);
    this.#parts = parts;
    this.#isLast = isLast;
  }

  override get isNear(): boolean {
    return false;
  }

  /** What has to be fetched; everything that was concluded without it is to be thrown away. */
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

  /** The part of a range that is not there, and what lies behind it and will be wanted next. */
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
