/** A file whose ranges can be looked at. Reading a range may throw; what was found before that counts. */
export interface FileBytes {
  /** The size in bytes. */
  readonly size: number;
  /** False for a file for which each look elsewhere costs a request to another machine. */
  readonly isNear?: boolean;
  /** A view of a range, which is shorter only at the end of the file. It must not be written to. */
  view(position: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Several ranges of a file as one: the bytes of an Ogg packet without the headers of its pages, for example. */
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

  /** The position in the file of a byte of the joined ranges. */
  placeOf(position: number): number {
    let start = 0;
    for (const { from, length } of this.#ranges) {
      if (position < start + length) return from + position - start;
      start += length;
    }
    return this.#bytes.size;
  }
}
