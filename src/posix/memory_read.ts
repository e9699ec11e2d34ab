import { cFunctions } from "./_c_functions.ts";
import { ERRNO } from "./errno.ts";
import { addressOf, errno } from "./libc.ts";

const library = cFunctions({
  preadv2: {
    name: "preadv64v2",
    parameters: ["i32", "buffer", "i32", "i64", "i32"],
    result: "i32",
  },
});

const RWF_NOWAIT = 8;

/** One `struct iovec`: address and length. */
const vector = new Uint8Array(16);
const words = new Uint32Array(vector.buffer);
/** The buffer whose address was asked for last: most reads go to the same one. */
let buffer: ArrayBuffer | undefined;
let address = 0;

/**
 * Reads `length` bytes at `offset` to the start of `into`, as far as the kernel has them in memory. Returns the
 * number of bytes, which is smaller when the rest is not in memory or the file ends; or a negative errno: EAGAIN when
 * already the first byte needs the disk, EOPNOTSUPP when the file system can't tell.
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
