import { OriginUnreachable } from "../origin.ts";
import type { SftpAttributes } from "./_packets.ts";
import type { SftpHandle, SftpSession } from "./_session.ts";

/** The first piece is small, so that it arrives soon. Each further one is as large as all before it. */
const FIRST_BYTES = 32 * 1024;
/** The most bytes that one read has under way or waiting to be taken: more than a link of 1 Gbit/s holds in 30 ms. */
const FLIGHT_BYTES = 4 * 1024 * 1024;

interface Piece {
  readonly bytes: Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly length: number;
  /** The file's attributes after the bytes were read; undefined when another request for the same piece followed. */
  after: Promise<SftpAttributes> | undefined;
}

/**
 * Reads a range of an open file in many pieces at once, and yields them in order. The file's attributes are requested
 * before the first piece and after each one.
 */
export class SftpRead {
  readonly before: Promise<SftpAttributes>;
  readonly #session: SftpSession;
  readonly #handle: SftpHandle;
  readonly #from: number;
  readonly #pieces: Piece[] = [];
  #asked: number;
  #end: number;
  #flightBytes = 0;
  #landed: Piece | undefined;

  constructor(session: SftpSession, handle: SftpHandle, offset: number, length: number) {
    this.#session = session;
    this.#handle = handle;
    this.#from = this.#asked = offset;
    this.#end = offset + length;
    this.before = observed(session.statHandle(handle));
    this.#fill();
  }

  /** Ends the range at the file's size, so that nothing is requested behind it. */
  endAt(size: number): void {
    this.#end = Math.min(this.#end, size);
  }

  /** The next bytes; undefined at the end of the range or of the file. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = this.#pieces[0];
    if (piece === undefined) return undefined;
    const bytes = await piece.bytes;
    const wasStopped = this.#pieces[0] !== piece;
    if (wasStopped) return bytes;
    this.#pieces.shift();
    this.#landed = piece;
    this.#land(piece);
    if (bytes === undefined || bytes.length < piece.length) this.stop();
    else this.#fill();
    return bytes;
  }

  /** The file's attributes after the newest piece was read. */
  after(): Promise<SftpAttributes> {
    return this.#landed?.after ?? this.#session.statHandle(this.#handle);
  }

  /** Stops requesting; what still arrives is dropped. */
  stop(): void {
    this.#end = this.#from;
    for (const piece of this.#pieces.splice(0)) this.#land(piece);
  }

  #fill(): void {
    while (this.#asked < this.#end) {
      const { readBytes, window } = this.#session;
      const length = Math.min(
        this.#end - this.#asked,
        readBytes,
        Math.max(FIRST_BYTES, Math.min(window.pieceBytes, this.#asked - this.#from)),
      );
      const isFull = this.#flightBytes + length > FLIGHT_BYTES || !window.hasRoom(length);
      if (isFull && this.#pieces.length > 0) return;
      const continued = () => piece.after = undefined;
      const bytes = observed(this.#piece(this.#asked, length, continued));
      const after = observed(this.#session.statHandle(this.#handle));
      const piece: Piece = { bytes, length, after };
      this.#pieces.push(piece);
      this.#asked += length;
      this.#flightBytes += length;
      window.take(length);
    }
  }

  #land({ length }: Piece): void {
    this.#flightBytes -= length;
    this.#session.window.release(length);
  }

  /**
   * Reads one piece. A server may give less than it was asked for: the rest is requested again until the server says
   * that the file ends.
   */
  async #piece(
    offset: number,
    length: number,
    continued: () => void,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const first = await this.#bytes(offset, length);
    if (first === undefined || first.length === length) return first;
    const bytes = new Uint8Array(length);
    bytes.set(first);
    let filled = first.length;
    while (filled < length && offset + filled < this.#end) {
      const more = await this.#bytes(offset + filled, length - filled);
      if (more === undefined) break;
      bytes.set(more, filled);
      filled += more.length;
      continued();
      this.#session.readBytes = Math.min(this.#session.readBytes, Math.max(4096, first.length));
    }
    return bytes.subarray(0, filled);
  }

  async #bytes(offset: number, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const asked = performance.now();
    const bytes = await this.#session.read(this.#handle, offset, length);
    this.#session.window.arrived(bytes?.length ?? 0, performance.now() - asked);
    if (bytes !== undefined && bytes.length > length) {
      throw new OriginUnreachable("Cannot use SFTP: the server gave more than it was asked for");
    }
    return bytes?.length === 0 ? undefined : bytes;
  }
}

/** Keeps a rejection that nobody awaits (any more) from ending the process. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
