/**
 * Opening a path below a directory so that no symbolic link leads out of it, whoever swaps one in and whenever: what
 * opens and what was looked at are one walk of the kernel's (openat2(2), Linux 5.6). Where that is missing the path is
 * walked here, a component at a time, none of which may be a link.
 *
 * A link is followed as long as it stays below the directory. The kernel refuses every absolute one, so of those the
 * file that they lead to is asked where it lies, and that path is opened in the first way.
 *
 * @module
 */
import {
  insideOf,
  isPathOf,
  openat2Support,
  pretendOpenat2,
  RESOLVE,
  SYS_OPENAT2,
} from "./_openat2.ts";
import { ERRNO } from "./errno.ts";
import { closeFile, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, PosixError } from "./file.ts";
import { cString, errno } from "./libc.ts";

const library = Deno.dlopen("libc.so.6", {
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  openat2: {
    name: "syscall",
    parameters: ["u32", "i32", "buffer", "buffer", "u32"],
    result: "i32",
  },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "u32"], result: "i32" },
}).symbols;

const AT_FDCWD = -100;
/** The kernel says so when a directory was renamed while `..` was resolved. */
const RACES_MAX = 64;
const SLASH = 0x2f;

export { isPathOf, pretendOpenat2 };

/** What a path that leads out of its directory is told as. */
export const LEADS_OUT =
  "It is a link that leads out of the origin; follow_links = true allows that";

export interface BeneathOptions {
  /** Links may lead anywhere. */
  readonly followLinks?: boolean;
}

/**
 * Opens `path` below the directory `root`, both as bytes. Close-on-exec always. Throws PosixError: EXDEV when a link
 * leads out of the root (see {@link LEADS_OUT}), whatever open(2) says otherwise.
 */
export function openBelow(
  root: Uint8Array,
  path: Uint8Array,
  flags: number,
  options: BeneathOptions = {},
): number {
  const directory = openRoot(root);
  try {
    return openBeneath(directory, path, flags, options);
  } finally {
    closeFile(directory);
  }
}

/** A descriptor of a directory for {@link openBeneath}; links on the way to it are followed. Throws PosixError. */
export function openRoot(root: Uint8Array): number {
  return checked(openAt(AT_FDCWD, cString(root), O_PATH | O_DIRECTORY));
}

/**
 * As {@link openBelow} within one file system, for paths that have their NUL behind them already, from memory alone: a
 * descriptor, or undefined when the disk would have to be asked, a link leads on the way over the root, or nothing can
 * be opened there: whoever has time asks again.
 */
export function openBelowAtOnce(
  root: Uint8Array<ArrayBuffer>,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
): number | undefined {
  if (openat2Support() !== "all") return undefined;
  const { sameMount, noMagicLinks, beneath, cached } = RESOLVE;
  const directory = openAt2Once(AT_FDCWD, root, O_PATH | O_DIRECTORY, cached);
  if (directory < 0) return undefined;
  const fd = openAt2Once(directory, path, flags, sameMount | noMagicLinks | beneath | cached);
  closeFile(directory);
  return fd < 0 ? undefined : fd;
}

/**
 * Opens an absolute path on which there is no link at all, from memory alone: a descriptor, or undefined as above. Half
 * as dear as to open the root first; the file may lie on another file system that is mounted below the root.
 */
export function openPlainAtOnce(path: Uint8Array<ArrayBuffer>, flags: number): number | undefined {
  if (openat2Support() !== "all") return undefined;
  const fd = openAt2Once(AT_FDCWD, path, flags, RESOLVE.noLinks | RESOLVE.cached);
  return fd < 0 ? undefined : fd;
}

/** Whether an entry of an open directory is known in memory, so that to look at it asks no disk. */
export function isInMemory(directory: number, name: Uint8Array): boolean {
  if (openat2Support() !== "all") return false;
  const fd = openAt2Once(directory, cString(name), O_PATH | O_NOFOLLOW, RESOLVE.cached);
  if (fd >= 0) closeFile(fd);
  return fd >= 0;
}

function openAt2Once(
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
  resolve: number,
): number {
  howWords[0] = flags | O_CLOEXEC;
  howWords[4] = resolve;
  return library.openat2(SYS_OPENAT2, directory, path, how, how.length);
}

/** As {@link openBelow}, below an open directory. */
export function openBeneath(
  root: number,
  path: Uint8Array,
  flags: number,
  { followLinks = false }: BeneathOptions = {},
): number {
  const terminated = cString(path.length === 0 ? "." : path);
  if (followLinks) {
    return checked(
      hasOpenat2()
        ? openAt2(root, terminated, flags, RESOLVE.noMagicLinks)
        : openAt(root, terminated, flags),
    );
  }
  const found = hasOpenat2()
    ? openAt2(root, terminated, flags, RESOLVE.beneath | RESOLVE.noMagicLinks)
    : openStepwise(root, path, flags);
  if (found !== -ERRNO.EXDEV) return checked(found);
  const inside = pathInside(root, terminated);
  if (inside === undefined) throw new PosixError("open", ERRNO.EXDEV);
  return checked(
    hasOpenat2()
      ? openAt2(root, cString(inside), flags, RESOLVE.beneath | RESOLVE.noLinks)
      : openStepwise(root, inside, flags),
  );
}

function hasOpenat2(): boolean {
  return openat2Support() !== "none";
}

/** Where the file that a path leads to lies below the root; undefined when it lies elsewhere. Throws PosixError. */
function pathInside(root: number, path: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
  const target = checked(openAt(root, path, O_PATH));
  try {
    return insideOf(root, target);
  } finally {
    closeFile(target);
  }
}

/**
 * Where an open file lies below the directory `root`, whatever links led to it: a path as bytes, `.` for the root itself;
 * undefined when it lies elsewhere. Throws PosixError.
 */
export function placeBelow(root: Uint8Array, fd: number): Uint8Array | undefined {
  const directory = openRoot(root);
  try {
    return insideOf(directory, fd);
  } finally {
    closeFile(directory);
  }
}

/** Opens a path in which nothing is a link; a descriptor, or -EXDEV when something is, or another errno, negative. */
function openStepwise(root: number, path: Uint8Array, flags: number): number {
  const names = split(path);
  if (names.some((name) => name.length === 2 && name[0] === 0x2e && name[1] === 0x2e)) {
    return -ERRNO.EXDEV;
  }
  let directory = root;
  try {
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      const how = isLast ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
      const terminated = cString(name);
      const next = openAt(directory, terminated, how);
      const isItself = isLast && (flags & O_NOFOLLOW) !== 0;
      if (!isItself && (next < 0 || (isLast && (flags & O_PATH) !== 0))) {
        const one = new Uint8Array(1);
        if (library.readlinkat(directory, terminated, one, 1) >= 0) {
          if (next >= 0) closeFile(next);
          return -ERRNO.EXDEV;
        }
      }
      if (next < 0 || isLast) return next;
      if (directory !== root) closeFile(directory);
      directory = next;
    }
    return openAt(root, cString("."), flags);
  } finally {
    if (directory !== root) closeFile(directory);
  }
}

/** The names of a path, without empty ones and dots. */
function split(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    const isDot = end - start === 1 && path[start] === 0x2e;
    if (end > start && !isDot) names.push(path.subarray(start, end));
    start = end + 1;
  }
  return names;
}

const how = new Uint8Array(24);
const howWords = new Uint32Array(how.buffer);

/** A descriptor, or an errno, negative. */
function openAt2(
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
  resolve: number,
): number {
  howWords[0] = flags | O_CLOEXEC;
  howWords[4] = resolve;
  for (let races = 0;;) {
    const fd = library.openat2(SYS_OPENAT2, directory, path, how, how.length);
    if (fd >= 0) return fd;
    const why = errno();
    const isAgain = why === ERRNO.EINTR || (why === ERRNO.EAGAIN && races++ < RACES_MAX);
    if (!isAgain) return -why;
  }
}

/** A descriptor, or an errno, negative. */
function openAt(directory: number, path: Uint8Array<ArrayBuffer>, flags: number): number {
  for (;;) {
    const fd = library.openat(directory, path, flags | O_CLOEXEC);
    if (fd >= 0) return fd;
    const why = errno();
    if (why !== ERRNO.EINTR) return -why;
  }
}

function checked(fd: number): number {
  if (fd < 0) throw new PosixError("open", -fd);
  return fd;
}
