import { TAG_BYTES_MAX } from "../../base/mod.ts";

/** First read after a jump: a chunk header, an ID3v1 tag, the end of an Ogg stream. */
const JUMP_BYTES = 4 * 1024;
/** Reads that go on where the last one ended grow up to this. */
const WINDOW_BYTES_MAX = 256 * 1024;

/** Bytes of a file from an offset on. */
export interface FilePart {
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reads into `into` from `offset`; returns how many bytes, fewer than its length only at the end. */
export type ReadAt = (into: Uint8Array<ArrayBuffer>, offset: number) => number;

/** More would have to be read of one file than tags are worth. */
export class TagBytesExceeded extends Error {
  override readonly name = "TagBytesExceeded";

  constructor() {
    super(`Its tags lie beyond the first ${TAG_BYTES_MAX} bytes to be read`);
  }
}

/**
 * A file of which only the parts that are asked for are read: its head, which is there from the start, and
 * one window at a time elsewhere. A window is never reused, since parsers keep views into it.
 */
export class SparseBytes {
  readonly size: number;
  /** The array that {@link locate} found its range in. */
  found: Uint8Array<ArrayBuffer>;
  readonly #head: Uint8Array<ArrayBuffer>;
  readonly #readAt: ReadAt;
  #window: Uint8Array<ArrayBuffer>;
  #windowAt = 0;
  #read: number;

  constructor(size: number, head: Uint8Array<ArrayBuffer>, readAt: ReadAt) {
    this.size = size;
    this.found = head;
    this.#head = head;
    this.#readAt = readAt;
    this.#window = head;
    this.#read = head.length;
  }

  /** Bytes of it are cheap: they are on this machine. */
  get isNear(): boolean {
    return true;
  }

  /** How many bytes of it can still be read before it is more than tags are worth. */
  get left(): number {
    return TAG_BYTES_MAX - this.#read;
  }

  /** Makes a range of the file present and returns where in {@link found} it begins. */
  locate(position: number, length: number): number {
    if (position + length <= this.#head.length) {
      this.found = this.#head;
      return position;
    }
    const at = position - this.#windowAt;
    if (at < 0 || at + length > this.#window.length) {
      const { from, bytes } = this.load(position, length);
      this.#window = bytes;
      this.#windowAt = from;
    }
    this.found = this.#window;
    return position - this.#windowAt;
  }

  /** A view of a range of the file; shorter only at its end. */
  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    const present = Math.max(0, Math.min(length, this.size - position));
    const at = this.locate(position, present);
    return this.found.subarray(at, at + present);
  }

  /** A part of the file that holds the range, and perhaps more. */
  protected load(position: number, length: number): FilePart {
    const [from, wanted] = this.#range(position, length);
    const bytes = Math.min(wanted, this.size - from);
    this.#read += bytes;
    if (this.#read > TAG_BYTES_MAX) throw new TagBytesExceeded();
    const part = new Uint8Array(bytes);
    const n = this.#readAt(part, from);
    if (n < bytes) throw new Error("It became shorter while it was read");
    return { from, bytes: part };
  }

  /** What to read so that the range is there: more when reading goes on, the whole tail near the end. */
  #range(position: number, length: number): [number, number] {
    const tail = Math.max(this.#head.length, this.size - JUMP_BYTES);
    if (position >= tail) return [tail, this.size - tail];
    const goesOn = position <= this.#windowAt + this.#window.length && position >= this.#windowAt;
    const ahead = goesOn ? Math.min(2 * this.#window.length, WINDOW_BYTES_MAX) : JUMP_BYTES;
    return [position, Math.max(length, ahead)];
  }
}
