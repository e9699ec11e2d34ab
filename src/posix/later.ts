/**
 * Calls on another thread, for a disk that may not answer: whoever waits for one has a deadline of its own. There are
 * some thirty such threads in a process, so callers keep count of theirs. Nobody can read the errno of another thread;
 * where it matters, Deno's own calls, which run there too, say it.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { insideOf, openat2Support, openMode, RESOLVE, SYS_OPENAT2 } from "./_openat2.ts";
import { type BeneathOptions, openBeneath } from "./beneath.ts";
import { ERRNO } from "./errno.ts";
import {
  closeFile,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  openFile,
  PosixError,
} from "./file.ts";
import { cString } from "./libc.ts";

const library = Deno.dlopen("libc.so.6", {
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32", nonblocking: true },
  openat2: {
    name: "syscall",
    parameters: ["u32", "i32", "buffer", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pread64: { parameters: ["i32", "buffer", "u32", "i64"], result: "i32", nonblocking: true },
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  access: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32", nonblocking: true },
}).symbols;

const AT_FDCWD = -100;
const encoder = new TextEncoder();
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC = 0x7ff;
const R_OK = 4;

/** A descriptor of a directory for {@link openBeneathLater}. Rejects with PosixError. */
export async function openRootLater(root: Uint8Array): Promise<number> {
  const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const fd = await library.openat(AT_FDCWD, cString(root), flags);
  if (fd >= 0) return fd;
  throw new PosixError("open", await whyNot(root));
}

/**
 * How long whoever holds a lease on a file has to give it back, ms between the tries. Samba holds one while a Windows
 * client caches the file, and is asked to give it back by the first try; one that does not is left alone.
 */
const LEASE_WAITS_MS = [50, 200, 500];

/** As `openBeneath`. The root stays open until the promise settles. Rejects with PosixError. */
export async function openBeneathLater(
  root: number,
  below: Uint8Array,
  flags: number,
  options: BeneathOptions = {},
): Promise<number> {
  const tries = (flags & O_NONBLOCK) === 0 ? [] : LEASE_WAITS_MS;
  for (const ms of tries) {
    try {
      return await openOnce(root, below, flags, options);
    } catch (error) {
      // What `whyNot` calls an I/O error may be such a lease as well.
      const mayBeLeased = error instanceof PosixError &&
        (error.errno === ERRNO.EIO || error.errno === ERRNO.EAGAIN);
      if (!mayBeLeased) throw error;
    }
    await setTimeout(ms);
  }
  return await openOnce(root, below, flags, options);
}

async function openOnce(
  root: number,
  below: Uint8Array,
  flags: number,
  { followLinks = false }: BeneathOptions,
): Promise<number> {
  const path = below.length === 0 ? encoder.encode(".") : below;
  // Without openat2 (before Linux 5.6) there is no one call to be made on another thread.
  if (openat2Support() === "none") return openBeneath(root, path, flags, { followLinks });
  const resolve = RESOLVE.noMagicLinks | (followLinks ? 0 : RESOLVE.beneath);
  const fd = await openAt2(root, path, flags, resolve);
  if (fd >= 0) return fd;
  if (!followLinks) {
    const target = await library.openat(root, cString(path), O_PATH | O_CLOEXEC);
    if (target >= 0) {
      const inside = insideOf(root, target);
      closeFile(target);
      if (inside === undefined) throw new PosixError("open", ERRNO.EXDEV);
      const again = await openAt2(root, inside, flags, RESOLVE.beneath | RESOLVE.noLinks);
      if (again >= 0) return again;
    }
  }
  const here = encoder.encode(`/proc/self/fd/${root}/`);
  const whole = new Uint8Array(here.length + path.length);
  whole.set(here);
  whole.set(path, here.length);
  throw new PosixError("open", await whyNot(whole));
}

/** Reads as `readFileAt`. The file stays open, and `into` is used, until the promise settles. Rejects with PosixError. */
export async function readFileAtLater(
  fd: number,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const rest = into.subarray(filled);
    const count = await library.pread64(fd, rest, rest.length, BigInt(offset + filled));
    if (count < 0) throw new PosixError("pread", ERRNO.EIO);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Has the file system say anew what an open file is like; then it is in memory. Rejects with PosixError. */
export async function refreshStatus(fd: number): Promise<void> {
  const answer = new Uint8Array(256);
  const result = await library.statx(fd, cString(""), AT_EMPTY_PATH, STATX_BASIC, answer);
  if (result < 0) throw new PosixError("statx", ERRNO.EIO);
}

/** Looks at an entry of an open directory, and at no link behind it; then it is in memory, if it is there. */
export async function lookLater(directory: number, name: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = new Uint8Array(256);
  await library.statx(directory, cString(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC, answer);
}

/** `f_type` of the file system on which an open file lies. Rejects with PosixError. */
export async function fileSystemType(fd: number): Promise<number> {
  const answer = new Uint8Array(256);
  if (await library.fstatfs(fd, answer) < 0) throw new PosixError("fstatfs", ERRNO.EIO);
  return new DataView(answer.buffer).getUint32(0, true);
}

async function openAt2(
  directory: number,
  path: Uint8Array,
  flags: number,
  resolve: number,
): Promise<number> {
  const how = openMode(flags | O_CLOEXEC, resolve);
  return await library.openat2(SYS_OPENAT2, directory, cString(path), how, how.length);
}

/** Why something at a path could not be opened. */
async function whyNot(path: Uint8Array): Promise<number> {
  try {
    closeFile(openFile(encoder.encode("/"), O_PATH));
  } catch (error) {
    // Out of descriptors: that says nothing about the path.
    if (error instanceof PosixError) return error.errno;
    throw error;
  }
  try {
    const name = new TextDecoder("utf-8", { fatal: true }).decode(path);
    const { isFile, isDirectory } = await Deno.stat(name);
    if (!isFile && !isDirectory) return ERRNO.ENXIO;
    // To open it would wait for a FIFO that took its place by now, or for who holds a lease.
    return await library.access(cString(path), R_OK) === 0 ? ERRNO.EIO : ERRNO.EACCES;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined && error instanceof Deno.errors.PermissionDenied) return ERRNO.EACCES;
    return ERRNO[code as keyof typeof ERRNO] ?? ERRNO.EIO;
  }
}
