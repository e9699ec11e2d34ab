/**
 * Calls on another thread, for a disk that may not answer: the caller has a deadline of its own. A process has some
 * thirty such threads, so callers bound how many they use. The errno of another thread can't be read; where it
 * matters, one of Deno's own calls, which run there too, finds it out.
 *
 * @module
 */
import { cFunctions } from "./_c_functions.ts";
import { setTimeout } from "node:timers/promises";
import { insideOf, openat2Support, openMode, RESOLVE, SYS_OPENAT2 } from "./_openat2.ts";
import { type BeneathOptions, openBeneath } from "./beneath.ts";
import { ERRNO } from "./errno.ts";
import {
  closeFile,
  deviceOf,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  openFile,
  PosixError,
} from "./file.ts";
import { cString } from "./libc.ts";

const library = cFunctions({
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
  close: { parameters: ["i32"], result: "i32", nonblocking: true },
  fstatfs: { parameters: ["i32", "buffer"], result: "i32", nonblocking: true },
});

const AT_FDCWD = -100;
const encoder = new TextEncoder();
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC = 0x7ff;
const R_OK = 4;

/** Opens a directory as the root for {@link openBeneathLater}. Rejects with PosixError. */
export async function openRootLater(root: Uint8Array): Promise<number> {
  const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const fd = await library.openat(AT_FDCWD, cString(root), flags);
  if (fd >= 0) return fd;
  throw new PosixError("open", await whyNot(root));
}

/**
 * How long the holder of a lease on a file has to give it back: waits between the tries, in ms. Samba holds a lease
 * while a Windows client caches the file; the first try to open the file asks for the lease. A holder that keeps it
 * is left alone.
 */
const LEASE_WAITS_MS = [50, 200, 500];

/** Like `openBeneath`, on another thread. The root must stay open until the promise settles. Rejects with PosixError. */
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
      // `whyNot` can't tell a lease from an I/O error.
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
  // Before Linux 5.6 there is no single call that another thread could make.
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

/**
 * Like `readFileAt`, on another thread. The file must stay open, and `into` is in use, until the promise settles.
 * Rejects with PosixError.
 */
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

/**
 * Has the file system tell anew what an open file is like, so that the kernel has it in memory. Rejects with
 * PosixError.
 */
export async function refreshStatus(fd: number): Promise<void> {
  const answer = new Uint8Array(256);
  const result = await library.statx(fd, cString(""), AT_EMPTY_PATH, STATX_BASIC, answer);
  if (result < 0) throw new PosixError("statx", ERRNO.EIO);
}

/** Looks at an entry of an open directory without following a link, so that the kernel has it in memory, if it exists. */
export async function lookLater(directory: number, name: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = new Uint8Array(256);
  await library.statx(directory, cString(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC, answer);
}

/** For each file system, the last of the closes that wait for it. */
const closing = new Map<number, Promise<unknown>>();

/**
 * Closes a file on another thread: FUSE tells its server of the close of a file, and waits for the answer. Of each file
 * system one close at a time is under way, so that one that does not answer takes one thread only.
 */
export function closeLater(fd: number): void {
  const device = deviceOf(fd);
  const closed = (closing.get(device) ?? Promise.resolve()).then(() => library.close(fd));
  closing.set(device, closed);
  closed.then(() => {
    if (closing.get(device) === closed) closing.delete(device);
  });
}

/** The `f_type` of the file system on which an open file lies. Rejects with PosixError. */
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

/** The errno with which opening a path fails. */
export async function whyNot(path: Uint8Array): Promise<number> {
  try {
    closeFile(openFile(encoder.encode("/"), O_PATH));
  } catch (error) {
    // The process is out of descriptors, which says nothing about the path.
    if (error instanceof PosixError) return error.errno;
    throw error;
  }
  try {
    const name = new TextDecoder("utf-8", { fatal: true }).decode(path);
    const { isFile, isDirectory } = await Deno.stat(name);
    if (!isFile && !isDirectory) return ERRNO.ENXIO;
    // Opening the file could block: a FIFO may have taken its place by now, or a process may hold a lease on it.
    return await library.access(cString(path), R_OK) === 0 ? ERRNO.EIO : ERRNO.EACCES;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined && error instanceof Deno.errors.PermissionDenied) return ERRNO.EACCES;
    return ERRNO[code as keyof typeof ERRNO] ?? ERRNO.EIO;
  }
}
