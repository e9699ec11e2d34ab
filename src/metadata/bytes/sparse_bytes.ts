import { TAG_BYTES_MAX } from "../../base/mod.ts";

/** The bytes of the first read after a jump: a chunk header, an ID3v1 tag, the end of an Ogg stream. */
const JUMP_BYTES = 4 * 1024;
/** Reads that continue where the last one ended grow up to this. */
const WINDOW_BYTES_MAX = 256 * 1024;

/** The bytes of a file from an offset on. */
export interface FilePart {
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads into `into` from `offset`. Returns the number of bytes, which is smaller than `into` only at the end of the
 * file.
 */
export type ReadAt = (into: Uint8Array<ArrayBuffer>, offset: number) => number;

/** A parser needs more bytes of one file than tags are worth. */
export class TagBytesExceeded extends Error {
  override readonly name = "TagBytesExceeded";

  constructor() {
    super(`Its tags lie beyond the first ${TAG_BYTES_MAX} bytes to be read`);
  }
}

/**
 * A file of which only the requested parts are read: its head, which is there from the start, and one window at a
 * time elsewhere. A window's memory is never reused, since parsers keep views of it.
 */
export class SparseBytes {
  readonly size: number;
  /** The array in which {@link locate} found its range. */
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

  /** Whether bytes are cheap because they are on this machine. */
  get isNear(): boolean {
    return true;
  }

  /** How many more bytes may be read before they are more than tags are worth. */
  get left(): number {
    return TAG_BYTES_MAX - this.#read;
  }

  /** Makes a range of the file present. Returns where in {@link found} it begins. */
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

  /** A view of a range of the file, which is shorter only at the file's end. */
  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    const present = Math.max(0, Math.min(length, this.size - position));
    const at = this.locate(position, present);
    return this.found.subarray(at, at + present);
  }

  /** A part of the file that contains the range, and perhaps more. */
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

  /** What to read for a range: more than the range when reads continue, the whole tail near the end. */
  #range(position: number, length: number): [number, number] {
    const tail = Math.max(this.#head.length, this.size - JUMP_BYTES);
    if (position >= tail) return [tail, this.size - tail];
    const goesOn = position <= this.#windowAt + this.#window.length && position >= this.#windowAt;
    const ahead = goesOn ? Math.min(2 * this.#window.length, WINDOW_BYTES_MAX) : JUMP_BYTES;
    return [position, Math.max(length, ahead)];
  }
}
