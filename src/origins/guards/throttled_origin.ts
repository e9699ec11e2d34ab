import { Bandwidth } from "./_bandwidth.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import type { Origin, ReadOptions } from "../origin.ts";
import { systemTime, type Time } from "../time.ts";

/** The longest time in ms for which one piece occupies the line, since other readers wait behind it. */
const PIECE_MS = 20;
const PIECE_BYTES_MIN = 1024;

/** An origin that all readers together read at this many bytes a second at most. */
export class ThrottledOrigin extends WrappedOrigin {
  readonly #bandwidth: Bandwidth;
  readonly #pieceBytes: number;

  constructor(inner: Origin, bytesPerSecond: number, time: Time = systemTime) {
    super(inner);
    this.#bandwidth = new Bandwidth(bytesPerSecond, time);
    this.#pieceBytes = Math.max(PIECE_BYTES_MIN, Math.floor(bytesPerSecond * PIECE_MS / 1_000));
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const isBackground = options.isBackground ?? false;
    for await (const piece of this.inner.read(path, offset, length, options)) {
      for (let at = 0; at < piece.length; at += this.#pieceBytes) {
        const end = Math.min(at + this.#pieceBytes, piece.length);
        await this.#bandwidth.take(end - at, isBackground, options.signal);
        // Callers may transfer the memory of a piece, so no two pieces share any.
        yield end - at === piece.length ? piece : piece.slice(at, end);
      }
    }
  }
}
