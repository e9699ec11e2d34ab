/**
 * Opens a path below a directory in such a way that no symbolic link leads out of it, even when somebody swaps one in
 * meanwhile. The kernel checks and opens in one walk (openat2(2), Linux 5.6). On an older kernel the path is walked
 * here, one component at a time, and no component may be a link.
 *
 * A link that stays below the directory is followed. The kernel refuses every absolute link, even one that leads back
 * inside; for those, the target is opened as a mere reference, asked where it lies, and that path is opened in the
 * first way.
 *
 * @module
 */
import { cFunctions } from "./_c_functions.ts";
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

const library = cFunctions({
  openat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  openat2: {
    name: "syscall",
    parameters: ["u32", "i32", "buffer", "buffer", "u32"],
    result: "i32",
  },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "u32"], result: "i32" },
});

const AT_FDCWD = -100;
/** How often openat2 is tried again after EAGAIN, which it gives when a directory was renamed while it resolved `..`. */
const RACES_MAX = 64;
const SLASH = 0x2f;

export { isPathOf, pretendOpenat2 };

/** The message for a path that leads out of its directory. */
export const LEADS_OUT =
  "It is a link that leads out of the origin; follow_links = true allows that";

export interface BeneathOptions {
  /** With true, links may lead anywhere. */
  readonly followLinks?: boolean;
}

/**
 * Opens `path` below the directory `root`; both are bytes. The descriptor is close-on-exec. Throws PosixError: EXDEV
 * when a link leads out of the root (see {@link LEADS_OUT}), or any errno of open(2).
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

/** Opens a directory as the root for {@link openBeneath}, following links on the way to it. Throws PosixError. */
export function openRoot(root: Uint8Array): number {
  return checked(openAt(AT_FDCWD, cString(root), O_PATH | O_DIRECTORY));
}

/**
 * Like {@link openBelow}, but answers from memory alone and stays within one file system. Both paths end with NUL.
 * Returns undefined when the disk would have to be asked, when a link leads on the way over the root, and when
 * nothing can be opened: a caller with time then asks in the slower way.
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
 * Whether the kernel knows from memory what a path leads to within one file system, or why it leads to nothing. Both
 * paths end with NUL.
 */
export function isKnownBelow(
  root: Uint8Array<ArrayBuffer>,
  path: Uint8Array<ArrayBuffer>,
): boolean {
  const fd = openBelowAtOnce(root, path, O_PATH);
  if (fd !== undefined) {
    closeFile(fd);
    return true;
  }
  if (openat2Support() !== "all") return false;
  const why = errno();
  return why !== ERRNO.EAGAIN && why !== ERRNO.EXDEV;
}

/**
 * Opens an absolute path without a single link on it, from memory alone; undefined as for {@link openBelowAtOnce}.
 * This costs half of opening the root first. The file may lie on another file system that is mounted below the root.
 */
export function openPlainAtOnce(path: Uint8Array<ArrayBuffer>, flags: number): number | undefined {
  if (openat2Support() !== "all") return undefined;
  const fd = openAt2Once(AT_FDCWD, path, flags, RESOLVE.noLinks | RESOLVE.cached);
  return fd < 0 ? undefined : fd;
}

const NAME_BYTES_MAX = 255;
const entry = new Uint8Array(NAME_BYTES_MAX + 1);

/**
 * Whether the kernel has an entry of an open directory in memory, so that looking at it asks no disk. The name is a
 * binary string, with one character for each byte.
 */
export function isInMemory(directory: number, name: string): boolean {
  if (openat2Support() !== "all" || name.length > NAME_BYTES_MAX) return false;
  for (let i = 0; i < name.length; i++) entry[i] = name.charCodeAt(i);
  entry[name.length] = 0;
  const fd = openAt2Once(directory, entry, O_PATH | O_NOFOLLOW, RESOLVE.cached);
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

/** Like {@link openBelow}, below a directory that is open already. */
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

/** Where the target of a path lies below the root; undefined when it lies elsewhere. Throws PosixError. */
function pathInside(root: number, path: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
  const target = checked(openAt(root, path, O_PATH));
  try {
    return insideOf(root, target);
  } finally {
    closeFile(target);
  }
}

/**
 * Where an open file lies below the directory `root`, whatever links led to it: a path as bytes, `.` for the root
 * itself; undefined when it lies elsewhere. Throws PosixError.
 */
export function placeBelow(root: Uint8Array, fd: number): Uint8Array | undefined {
  const directory = openRoot(root);
  try {
    return insideOf(directory, fd);
  } finally {
    closeFile(directory);
  }
}

/**
 * Opens a path of which no component is a link. Returns a descriptor, or a negative errno: -EXDEV when a component is
 * a link.
 */
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

/** The components of a path without empty ones and `.`. */
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

/** Returns a descriptor, or a negative errno. */
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

/** Returns a descriptor, or a negative errno. */
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
