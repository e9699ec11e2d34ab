import { cString, errno, libc } from "./libc.ts";
import { ERRNO, errnoName } from "./errno.ts";

const ARM = Deno.build.arch === "aarch64";

/** Flags of open(2). The values of O_DIRECTORY and O_NOFOLLOW differ between architectures. */
export const O_RDONLY = 0;
export const O_RDWR = 2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_DIRECTORY = ARM ? 0o40000 : 0o200000;
export const O_NOFOLLOW = ARM ? 0o100000 : 0o400000;

/** A failed call of the C library, with its errno. */
export class PosixError extends Error {
  override readonly name = "PosixError";
  readonly errno: number;

  constructor(call: string, number: number) {
    super(`${call} failed: ${errnoName(number)}`);
    this.errno = number;
  }
}

/**
 * The fields that tell one content of a file from another: size in bytes, times of modification and of inode change,
 * inode number.
 */
export interface DescriptorVersion {
  readonly regular: boolean;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly ctime_s: number;
  readonly ctime_ns: number;
  readonly inode: number;
}

/** The version that an open file should have. An undefined field is not compared. */
export interface WantedVersion {
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly ctime_s?: number;
  readonly ctime_ns?: number;
  readonly inode?: number;
}

/** Opens a path, given as bytes. The descriptor is close-on-exec. Throws PosixError. */
export function openFile(path: Uint8Array, flags: number): number {
  return openTerminated(cString(path), flags);
}

/** Like {@link openFile}, for a path that ends with NUL already. */
export function openTerminated(path: Uint8Array<ArrayBuffer>, flags: number): number {
  for (;;) {
    const fd = libc.open(path, flags | O_CLOEXEC);
    if (fd >= 0) return fd;
    const why = errno();
    if (why !== ERRNO.EINTR) throw new PosixError("open", why);
  }
}

export function closeFile(fd: number): void {
  libc.close(fd);
}

/**
 * Reads `length` bytes at `offset` to the start of `into`, or as many as `into` holds. Returns the number of bytes
 * read, which is smaller only at the end of the file. Throws PosixError.
 */
export function readFileAt(
  fd: number,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
  length: number = into.length,
): number {
  let filled = 0;
  while (filled < length) {
    const rest = filled === 0 ? into : into.subarray(filled);
    const count = libc.pread(fd, rest, length - filled, BigInt(offset + filled));
    if (count === 0) break;
    if (count > 0) {
      filled += count;
      continue;
    }
    const why = errno();
    if (why !== ERRNO.EINTR) throw new PosixError("pread", why);
  }
  return filled;
}

// struct statx is the same on every architecture; struct stat is not.
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC = 0x7ff;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const statx = new Uint8Array(256);
const view = new DataView(statx.buffer);
const emptyPath = new Uint8Array(1);

/** The version of an open file at this moment. Throws PosixError. */
export function fileVersion(fd: number): DescriptorVersion {
  askVersion(fd);
  return {
    regular: (view.getUint16(28, true) & S_IFMT) === S_IFREG,
    size: u64(40),
    mtime_s: i64(112),
    mtime_ns: view.getUint32(120, true),
    ctime_s: i64(96),
    ctime_ns: view.getUint32(104, true),
    inode: u64(32),
  };
}

/**
 * Whether an open file has this version; allocates nothing. With `isFresh` the caller asked for the file's status a
 * moment ago, so a file server is not asked again. Throws PosixError.
 */
export function hasVersion(fd: number, version: WantedVersion, isFresh: boolean = false): boolean {
  askVersion(fd, isFresh ? AT_STATX_DONT_SYNC : 0);
  return view.getUint32(120, true) === version.mtime_ns && u64(40) === version.size &&
    i64(112) === version.mtime_s &&
    (version.ctime_ns === undefined ||
      view.getUint32(104, true) === version.ctime_ns && i64(96) === version.ctime_s) &&
    (version.inode === undefined || u64(32) === version.inode) &&
    (view.getUint16(28, true) & S_IFMT) === S_IFREG;
}

/** Device and inode number of an open file, from memory: equal for two descriptors of one file. Throws PosixError. */
export function fileIdentity(fd: number): string {
  const device = deviceOf(fd);
  return `${device}:${view.getBigUint64(32, true)}`;
}

/** The device on which an open file lies, from memory. Throws PosixError. */
export function deviceOf(fd: number): number {
  askVersion(fd, AT_STATX_DONT_SYNC);
  return view.getUint32(136, true) * 2 ** 32 + view.getUint32(140, true);
}

/** Whether an open file has no name any more. `isFresh` as for {@link hasVersion}. Throws PosixError. */
export function isUnlinked(fd: number, isFresh: boolean = false): boolean {
  askVersion(fd, isFresh ? AT_STATX_DONT_SYNC : 0);
  return view.getUint32(16, true) === 0;
}

function askVersion(fd: number, flags: number = 0): void {
  if (libc.statx(fd, emptyPath, AT_EMPTY_PATH | flags, STATX_BASIC, statx) < 0) {
    throw new PosixError("statx", errno());
  }
}

/**
 * A number of 64 bits from its two halves. Some file systems let a file claim any size and any time; a number that a
 * double can't represent exactly becomes the nearest safe integer, everywhere the same.
 */
export function wideNumber(high: number, low: number): number {
  const value = high * 2 ** 32 + low;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}

function u64(offset: number): number {
  return wideNumber(view.getUint32(offset + 4, true), view.getUint32(offset, true));
}

function i64(offset: number): number {
  return wideNumber(view.getInt32(offset + 4, true), view.getUint32(offset, true));
}
