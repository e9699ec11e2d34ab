import { FileSystemError } from "../base/mod.ts";
import type { PendingRead } from "./pending_read.ts";
import type { FileSegment, ObjectSegment, Recipe } from "./recipe.ts";

/**
 * Fills `into` with bytes of a segment, `offset` bytes into the file or object that it is a range of; at once, or later.
 * Throws FileSystemError.
 */
export type ReadSegment<File> = (
  segment: FileSegment<File> | ObjectSegment,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
) => number | PendingRead;

/**
 * Fills `into` with bytes of a recipe from `offset`, or gives a read that waits for what some segments don't have at
 * hand. Fewer bytes than `into` holds are the end of the recipe. Throws FileSystemError: EIO when a segment has fewer
 * bytes than the recipe says, and what `read` throws.
 */
export function readRecipe<File>(
  recipe: Recipe<File>,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
  read: ReadSegment<File>,
): number | PendingRead {
  const length = Math.min(into.length, recipe.size - offset);
  if (length <= 0) return 0;
  const to = offset + length;
  let bytes = into;
  const waiting: Part[] = [];
  try {
    for (let index = recipe.indexAt(offset), at = offset; at < to; index++) {
      const segment = recipe.segments[index]!;
      const inside = at - recipe.startOf(index);
      const isInline = segment.kind === "bytes";
      const end = Math.min(
        to,
        at - inside + (isInline ? segment.bytes.length : segment.to - segment.from),
      );
      const target = bytes.subarray(at - offset, end - offset);
      if (isInline) target.set(segment.bytes.subarray(inside, inside + end - at));
      else {
        const count = read(segment, segment.from + inside, target);
        if (typeof count === "number") requireAll(count, target.length);
        else if (end - at === length) return new SegmentRead(count, length);
        else {
          // The reads that wait need memory that stays: `into` is others' as soon as this returns.
          if (bytes === into) bytes = into.slice(0, length);
          const from = at - offset;
          waiting.push({ read: count, target: bytes.subarray(from, from + target.length) });
        }
      }
      at = end;
    }
  } catch (error) {
    for (const part of waiting) part.read.cancel(new FileSystemError("EIO", "the read failed"));
    throw error;
  }
  return waiting.length === 0 ? length : new SegmentsRead(bytes, waiting);
}

/** A read of one segment. */
class SegmentRead implements PendingRead {
  readonly #read: PendingRead;
  readonly #length: number;

  constructor(read: PendingRead, length: number) {
    this.#read = read;
    this.#length = length;
  }

  ready(): Promise<void> {
    return this.#read.ready();
  }

  fill(into: Uint8Array<ArrayBuffer>): number | undefined {
    const count = this.#read.fill(into.subarray(0, this.#length));
    if (count !== undefined) requireAll(count, this.#length);
    return count;
  }

  cancel(error: FileSystemError): void {
    this.#read.cancel(error);
  }
}

interface Part {
  readonly read: PendingRead;
  readonly target: Uint8Array<ArrayBuffer>;
}

/** A read over several segments, some of which have to be waited for. */
class SegmentsRead implements PendingRead {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #waiting: Set<Part>;

  constructor(bytes: Uint8Array<ArrayBuffer>, waiting: readonly Part[]) {
    this.#bytes = bytes;
    this.#waiting = new Set(waiting);
  }

  async ready(): Promise<void> {
    try {
      await Promise.all([...this.#waiting].map(({ read }) => read.ready()));
    } catch (error) {
      const failed = error instanceof FileSystemError ? error : new FileSystemError("EIO");
      this.cancel(failed);
      throw error;
    }
  }

  fill(into: Uint8Array<ArrayBuffer>): number | undefined {
    try {
      for (const part of this.#waiting) {
        const count = part.read.fill(part.target);
        if (count === undefined) continue;
        this.#waiting.delete(part);
        requireAll(count, part.target.length);
      }
    } catch (error) {
      this.cancel(new FileSystemError("EIO", "the read failed"));
      throw error;
    }
    if (this.#waiting.size > 0) return undefined;
    into.set(this.#bytes);
    return this.#bytes.length;
  }

  cancel(error: FileSystemError): void {
    for (const { read } of this.#waiting) read.cancel(error);
  }
}

function requireAll(count: number, length: number): void {
  if (count !== length) throw new FileSystemError("EIO", "a segment is shorter than its recipe");
}
