/** A file of which ranges can be looked at; reading one may throw, and what was found before that counts. */
export interface FileBytes {
  /** Bytes. */
  readonly size: number;
  /** False where each look elsewhere costs a question to another machine. */
  readonly isNear?: boolean;
  /** A view of a range, shorter only at the end of the file. It may not be written to. */
  view(position: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Ranges of a file put one behind the other: what remains of a packet without the headers of its pages. */
export class JoinedBytes implements FileBytes {
  readonly size: number;
  readonly #bytes: FileBytes;
  readonly #ranges: readonly { readonly from: number; readonly length: number }[];

  constructor(bytes: FileBytes, ranges: readonly { from: number; length: number }[]) {
    this.#bytes = bytes;
    this.#ranges = ranges;
    this.size = ranges.reduce((sum, { length }) => sum + length, 0);
  }

  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    const joined = new Uint8Array(wanted);
    let filled = 0;
    let start = 0;
    for (const range of this.#ranges) {
      const end = start + range.length;
      if (filled < wanted && position + filled < end) {
        const at = position + filled - start;
        const here = Math.min(range.length - at, wanted - filled);
        const part = this.#bytes.view(range.from + at, here);
        if (here === wanted) return part;
        joined.set(part, filled);
        filled += here;
      }
      start = end;
    }
    return joined;
  }

  /** Where a byte lies in the file. */
  placeOf(position: number): number {
    let start = 0;
    for (const { from, length } of this.#ranges) {
      if (position < start + length) return from + position - start;
      start += length;
    }
    return this.#bytes.size;
  }
}
