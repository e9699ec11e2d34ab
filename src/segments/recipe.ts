import { assert, CHUNK_BYTES_MAX } from "../base/mod.ts";

/** Bytes that are part of the recipe itself. */
export interface InlineSegment {
  readonly kind: "bytes";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes `from` to `to` (exclusive) of one version of an origin's file, which `File` identifies. */
export interface FileSegment<File> {
  readonly kind: "file";
  readonly file: File;
  readonly from: number;
  readonly to: number;
}

/**
 * Bytes `from` to `to` (exclusive) of an object of `size` bytes in the store. An object is one chunk: its name is the
 * SHA-256 of its bytes, and it has at most CHUNK_BYTES_MAX. Larger things, such as pictures, are several segments.
 */
export interface ObjectSegment {
  readonly kind: "object";
  readonly hash: string;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  /**
   * Has the object made again when it is gone from the store. Rejects with FileSystemError. Absent when nobody can make
   * it.
   */
  readonly again?: () => Promise<void>;
}

export type Segment<File> = InlineSegment | FileSegment<File> | ObjectSegment;

/** The bytes of a file: those of its segments, one after the other. Immutable. */
export class Recipe<File> {
  readonly segments: readonly Segment<File>[];
  /** The exact size in bytes, known before the first byte is read. */
  readonly size: number;
  /** The offset of each segment's first byte. */
  readonly #starts: readonly number[];

  /** Every segment has at least one byte; an empty list is an empty file. */
  constructor(segments: readonly Segment<File>[]) {
    const starts: number[] = [];
    let size = 0;
    for (const segment of segments) {
      const length = lengthOf(segment);
      assert(length > 0, "a segment has bytes");
      if (segment.kind === "object") {
        assert(segment.to <= segment.size, "an object has the range");
        assert(segment.size <= CHUNK_BYTES_MAX, "an object is one chunk");
      }
      starts.push(size);
      size += length;
    }
    this.segments = segments;
    this.#starts = starts;
    this.size = size;
  }

  /** The offset of a segment's first byte. */
  startOf(index: number): number {
    return this.#starts[index]!;
  }

  /** The index of the segment that holds the byte at `position`, which must be within the file. */
  indexAt(position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function lengthOf(segment: Segment<unknown>): number {
  return segment.kind === "bytes" ? segment.bytes.length : segment.to - segment.from;
}
