import { WrappedOrigin } from "./guards/wrapped_origin.ts";
import type { Origin, ReadOptions } from "./origin.ts";
import { versionText } from "./version.ts";

/** How many bytes are remembered of all origins together: the heads of some 800 files. */
const BYTES_MAX = 16 * 1024 * 1024;

interface RecentRead {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Remembers bytes that were read lately. What a scan read for the tags need not be read again when the file is
 * fetched next; of a retagged file that is most of what is new. The oldest read is forgotten first.
 */
export class RecentReads {
  readonly #bytesMax: number;
  /** Reads by origin, path and version; the newest is last. */
  readonly #reads = new Map<string, RecentRead[]>();
  #bytes = 0;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** An origin that remembers every read of a named version that reaches its end. */
  remembering(origin: Origin): Origin {
    return new Remembering(origin, (...read) => this.#remember(...read));
  }

  /** An origin that reads remembered bytes from memory and asks only for the rest. */
  recalling(origin: Origin): Origin {
    return new Recalling(origin, (key) => this.#reads.get(key) ?? []);
  }

  #remember(key: string, offset: number, pieces: readonly Uint8Array[]): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length === 0 || length > this.#bytesMax) return;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const known = this.#reads.get(key) ?? [];
    this.#reads.delete(key);
    this.#reads.set(key, [...known, { offset, bytes }]);
    this.#bytes += length;
    for (const [oldest, reads] of this.#reads) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#reads.delete(oldest);
      for (const { bytes } of reads) this.#bytes -= bytes.length;
    }
  }
}

function keyOf(origin: Origin, path: string, { version }: ReadOptions): string | undefined {
  return version && `${origin.id}/${path}/${versionText(version)}`;
}

class Remembering extends WrappedOrigin {
  readonly #remember: (key: string, offset: number, pieces: readonly Uint8Array[]) => void;

  constructor(
    inner: Origin,
    remember: (key: string, offset: number, pieces: readonly Uint8Array[]) => void,
  ) {
    super(inner);
    this.#remember = remember;
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.inner.read(path, offset, length, options)) {
      // The caller may transfer the piece's memory, so a copy is kept.
      pieces.push(piece.slice());
      yield piece;
    }
    const key = keyOf(this.inner, path, options);
    if (key !== undefined) this.#remember(key, offset, pieces);
  }
}

class Recalling extends WrappedOrigin {
  readonly #recall: (key: string) => readonly RecentRead[];

  constructor(inner: Origin, recall: (key: string) => readonly RecentRead[]) {
    super(inner);
    this.#recall = recall;
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const key = keyOf(this.inner, path, options);
    const reads = key === undefined ? [] : this.#recall(key);
    const to = offset + length;
    for (let at = offset; at < to;) {
      const here = reads.find((read) => read.offset <= at && at < endOf(read));
      if (here !== undefined) {
        const end = Math.min(to, endOf(here));
        yield here.bytes.slice(at - here.offset, end - here.offset);
        at = end;
        continue;
      }
      const next = Math.min(to, ...reads.map((read) => read.offset).filter((from) => from > at));
      let isThere = false;
      for await (const piece of this.inner.read(path, at, next - at, options)) {
        isThere = true;
        at += piece.length;
        yield piece;
      }
      // The file ends here.
      if (!isThere || at < next) return;
    }
  }
}

function endOf({ offset, bytes }: RecentRead): number {
  return offset + bytes.length;
}
