/** Memory comes in these sizes, of each of which so many are kept for the next pieces. */
const SIZES = [
  { bytes: 64 * 1024, kept: 64 },
  { bytes: 512 * 1024, kept: 16 },
] as const;

const free = SIZES.map((): ArrayBuffer[] => []);
/** Memory that is with whoever got a piece, and how much of it that is. */
const lent = new WeakMap<ArrayBuffer, number>();

/** Memory of so many bytes to read a piece to; what is in it is not told. */
export function pieceMemory(length: number): Uint8Array<ArrayBuffer> {
  const size = SIZES.findIndex(({ bytes }) => length <= bytes);
  if (size < 0) return new Uint8Array(length);
  return new Uint8Array(free[size]!.pop() ?? new ArrayBuffer(SIZES[size]!.bytes), 0, length);
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
  const size = SIZES.findIndex(({ bytes }) => buffer.byteLength === bytes);
  if (size >= 0 && free[size]!.length < SIZES[size]!.kept) free[size]!.push(buffer);
}
