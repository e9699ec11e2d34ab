import { cFunctions } from "./_c_functions.ts";
import { closeFile, O_PATH } from "./file.ts";
import { ERRNO } from "./errno.ts";
import { cString, errno } from "./libc.ts";

const library = cFunctions({
  openat2: {
    name: "syscall",
    parameters: ["u32", "i32", "buffer", "buffer", "u32"],
    result: "i32",
  },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "u32"], result: "i32" },
});

/** The number of the system call, the same on every architecture. */
export const SYS_OPENAT2 = 437;
export const RESOLVE = {
  sameMount: 1,
  noMagicLinks: 2,
  noLinks: 4,
  beneath: 8,
  cached: 0x20,
} as const;
const AT_FDCWD = -100;
const SLASH = 0x2f;

/** `struct open_how`. */
export function openMode(flags: number, resolve: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(6);
  words[0] = flags;
  words[4] = resolve;
  return new Uint8Array(words.buffer);
}

/** How much of openat2 the kernel has: nothing (before Linux 5.6), all but `RESOLVE.cached` (before 5.12), or all. */
export type Openat2 = "none" | "uncached" | "all";

let support: Openat2 | undefined;

/** For tests: behaves as on an older kernel. Undefined restores the real support. */
export function pretendOpenat2(pretended: Openat2 | undefined): void {
  support = pretended;
}

export function openat2Support(): Openat2 {
  return support ??= probe();
}

function probe(): Openat2 {
  const how = openMode(O_PATH, RESOLVE.cached);
  const fd = library.openat2(SYS_OPENAT2, AT_FDCWD, cString("/"), how, how.length);
  if (fd >= 0) {
    closeFile(fd);
    return "all";
  }
  const why = errno();
  // Some sandboxes answer EPERM to system calls that they do not know.
  return why === ERRNO.ENOSYS || why === ERRNO.EPERM ? "none" : "uncached";
}

/**
 * The path of an open file below the open directory `root`, as the kernel knows both now; undefined when the file
 * lies elsewhere.
 */
export function insideOf(root: number, fd: number): Uint8Array | undefined {
  const above = pathOf(root);
  const there = pathOf(fd);
  if (above === undefined || there === undefined) return undefined;
  const start = above.length === 1 ? 0 : above.length;
  if (above.length > 1 && above.some((byte, i) => there[i] !== byte)) return undefined;
  if (there.length === start) return new TextEncoder().encode(".");
  return there[start] === SLASH ? there.slice(start + 1) : undefined;
}

/** Whether the kernel knows an open file by exactly this path (which ends with NUL): then no link is part of it. */
export function isPathOf(fd: number, path: Uint8Array): boolean {
  const known = pathOf(fd);
  return known !== undefined && known.length === path.length - 1 &&
    known.every((byte, i) => byte === path[i]);
}

function pathOf(fd: number): Uint8Array | undefined {
  const bytes = new Uint8Array(4096);
  const length = library.readlinkat(AT_FDCWD, cString(`/proc/self/fd/${fd}`), bytes, bytes.length);
  return length < 0 || length === bytes.length ? undefined : bytes.slice(0, length);
}
