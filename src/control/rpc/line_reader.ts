/** A frame is longer than allowed. The frames behind it can't be told apart any more. */
export class FrameTooLong extends Error {
  override readonly name = "FrameTooLong";
}

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines without their newline. A last line without a newline is not returned. */
export class LineReader {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds bytes and yields the lines that are complete with them. @throws FrameTooLong */
  *push(bytes: Uint8Array): IterableIterator<Uint8Array> {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      this.#keep(bytes.subarray(start, end < 0 ? bytes.length : end));
      if (end < 0) return;
      const line = this.#take();
      if (line.length > 0) yield line;
      start = end + 1;
    }
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#bytesMax) {
      throw new FrameTooLong(`Cannot take a frame of more than ${this.#bytesMax} bytes`);
    }
    // The stream may reuse its buffer, so the bytes are copied.
    if (part.length > 0) this.#parts.push(part.slice());
  }

  #take(): Uint8Array {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
