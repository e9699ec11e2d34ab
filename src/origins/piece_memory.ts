/** The sizes of pieces' memory, and how many of each size are kept for later pieces. */
const SIZES = [
  { bytes: 64 * 1024, kept: 64 },
  { bytes: 512 * 1024, kept: 16 },
] as const;

const free = SIZES.map((): ArrayBuffer[] => []);
/** Memory that a caller has, and the length of its piece. */
const lent = new WeakMap<ArrayBuffer, number>();

/** Memory for a piece of this many bytes. Its contents are undefined. */
export function pieceMemory(length: number): Uint8Array<ArrayBuffer> {
  const size = SIZES.findIndex(({ bytes }) => length <= bytes);
  if (size < 0) return new Uint8Array(length);
  return new Uint8Array(free[size]!.pop() ?? new ArrayBuffer(SIZES[size]!.bytes), 0, length);
}

/** Marks a piece as one whose memory may be returned. The piece must be alone in its buffer. */
export function lend(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  lent.set(piece.buffer, piece.length);
  return piece;
}

/**
 * Returns the memory of a piece that an origin yielded; nobody may look at it any more. Without this, the garbage
 * collector goes through everything alive for every 32 MB read. Pieces that are not from an origin, or that share
 * their buffer, are left alone.
 */
export function giveBack(piece: Uint8Array<ArrayBuffer>): void {
  const { buffer } = piece;
  if (lent.get(buffer) !== piece.length || buffer.detached) return;
  lent.delete(buffer);
  const size = SIZES.findIndex(({ bytes }) => buffer.byteLength === bytes);
  if (size >= 0 && free[size]!.length < SIZES[size]!.kept) free[size]!.push(buffer);
}
