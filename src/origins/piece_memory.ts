/** Bytes that are read at a time: a body's come in frames of no more. */
const MEMORY_BYTES = 64 * 1024;
/** Memory of so many pieces is kept: those of all requests that may be under way. */
const FREE_MAX = 64;

const free: ArrayBuffer[] = [];
/** Memory that is with whoever got a piece, and how much of it that is. */
const lent = new WeakMap<ArrayBuffer, number>();

/** Memory to read a piece to. */
export function pieceMemory(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(free.pop() ?? new ArrayBuffer(MEMORY_BYTES));
}

/** The piece may be given back. It has its memory for itself. */
export function lend(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  lent.set(piece.buffer, piece.length);
  return piece;
}

/**
 * A reader is done with a piece that an origin yielded: nobody looks at it any more. Without this, what was read goes to the
 * garbage collector, which looks at all that is alive for every 32 MB of it. Pieces from elsewhere are left alone, and
 * so is one of which another has a part.
 */
export function giveBack(piece: Uint8Array<ArrayBuffer>): void {
  const { buffer } = piece;
  if (lent.get(buffer) !== piece.length || buffer.detached) return;
  lent.delete(buffer);
  if (buffer.byteLength === MEMORY_BYTES && free.length < FREE_MAX) free.push(buffer);
}
