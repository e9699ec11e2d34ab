import type { Origin, ReadOptions } from "./origin.ts";

/** Reads bytes of a file into one array. It is shorter than `length` only at the end of the file. */
export async function readBytes(
  origin: Pick<Origin, "read">,
  path: string,
  offset: number,
  length: number,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let filled = 0;
  for await (const piece of origin.read(path, offset, length, options)) {
    pieces.push(piece);
    filled += piece.length;
  }
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(filled);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
