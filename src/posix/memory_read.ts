import { ERRNO } from "./errno.ts";
import { addressOf, errno } from "./libc.ts";

const library = Deno.dlopen("libc.so.6", {
  preadv2: {
    name: "preadv64v2",
    parameters: ["i32", "buffer", "i32", "i64", "i32"],
    result: "i32",
  },
}).symbols;

const RWF_NOWAIT = 8;

/** One `struct iovec`: address and length. */
const vector = new Uint8Array(16);
const words = new Uint32Array(vector.buffer);
/** Memory whose address was asked for last: most reads go to the same. */
let buffer: ArrayBuffer | undefined;
let address = 0;

/**
 * Reads `length` bytes from `offset` to the start of `into` as far as they are in memory; fewer when the rest is not, or
 * the file ends. Returns how many, or an errno, negative: EAGAIN when the disk would have to be asked for the first,
 * EOPNOTSUPP when the file system can't tell.
 */
export function readFromMemory(
  fd: number,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
  length: number,
): number {
  if (into.buffer !== buffer) {
    address = Number(addressOf(new Uint8Array(into.buffer)));
    buffer = into.buffer;
  }
  const start = address + into.byteOffset;
  words[0] = start;
  words[1] = Math.floor(start / 2 ** 32);
  words[2] = length;
  for (;;) {
    const count = library.preadv2(fd, vector, 1, BigInt(offset), RWF_NOWAIT);
    if (count >= 0) return count;
    const why = errno();
    if (why !== ERRNO.EINTR) return -why;
  }
}
