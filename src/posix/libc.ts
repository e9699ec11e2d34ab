import { cFunctions } from "./_c_functions.ts";
import { assert } from "../base/mod.ts";

/**
 * The C library. Byte counts stay below 2^31 here, so size_t and ssize_t are passed as 32 bits. With 64 bits they would
 * be BigInts, or V8's fast calls could not be used. The functions named `...Later` run on another thread, whose errno
 * can't be read.
 */
export const libc = cFunctions({
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  writeLater: {
    name: "write",
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pread: { name: "pread64", parameters: ["i32", "buffer", "u32", "i64"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  getxattr: { parameters: ["buffer", "buffer", "buffer", "u32"], result: "i32" },
  lgetxattr: { parameters: ["buffer", "buffer", "buffer", "u32"], result: "i32" },
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  statfsLater: {
    name: "statfs",
    parameters: ["buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  pollLater: {
    name: "poll",
    parameters: ["buffer", "u32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  mount: { parameters: ["buffer", "buffer", "buffer", "u32", "buffer"], result: "i32" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  recvmsgLater: {
    name: "recvmsg",
    parameters: ["i32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  sched_yield: { parameters: [], result: "i32" },
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  setsid: { parameters: [], result: "i32" },
  getuid: { parameters: [], result: "u32" },
  getgid: { parameters: [], result: "u32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  syscall: { parameters: ["u32", "u32", "u32", "u32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
});

const location = libc.__errno_location();
assert(location !== null, "the thread has an errno");
const errnoCell = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));

/** The errno of the last synchronous call; to be read before any other call. */
export function errno(): number {
  return errnoCell[0]!;
}

/** The bytes of a path or option with the NUL that C wants at its end. */
export function cString(bytes: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const source = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const out = new Uint8Array(source.length + 1);
  out.set(source);
  return out;
}

/** The address of a buffer's first byte, for structures that hold pointers. The caller keeps the buffer alive. */
export function addressOf(buffer: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
}
