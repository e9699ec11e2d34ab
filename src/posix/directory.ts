/**
 * Directories and file versions straight from libc. `Deno.readDir` decodes names and drops those that are not UTF-8,
 * and `Deno.lstat` costs a promise for each file: too much for a scan of a million files.
 *
 * Names are binary strings here, with one character for each byte: the default order of strings is then the order of
 * bytes, and no name is lost. See getdents64(2) and statx(2). The layout of `struct statx` is the same on every
 * architecture, that of `struct stat` is not.
 *
 * @module
 */

import { cFunctions } from "./_c_functions.ts";
import { ERRNO } from "./errno.ts";
import {
  O_DIRECTORY,
  O_RDONLY,
  openFile,
  PosixError,
  type WantedVersion,
  wideNumber,
} from "./file.ts";
import type { KeptNumbers } from "./kept_numbers.ts";
import { cString, errno, libc } from "./libc.ts";

const library = cFunctions({
  getdents64: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getdents64Later: {
    name: "getdents64",
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  strerror: { parameters: ["i32"], result: "pointer" },
});

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const S_IFMT = 0o170000;
const ENTRY_BYTES = 64 * 1024;

/** Errnos that say that a whole file system does not answer, and nothing about the one file. */
export const UNANSWERED: ReadonlySet<number> = new Set([
  ERRNO.ENOTCONN,
  ERRNO.ETIMEDOUT,
  ERRNO.EHOSTDOWN,
  ERRNO.ESTALE,
]);

/** The kinds of directory entries, as `d_type` has them. */
export const ENTRY = { unknown: 0, directory: 4, file: 8, link: 10 } as const;

/** The system's own text for an errno. */
export function errorText(number: number): string {
  const text = library.strerror(number);
  return text === null ? `Error ${number}` : new Deno.UnsafePointerView(text).getCString();
}

export interface RawEntry {
  /** The bytes of the name, one character each. */
  readonly name: string;
  readonly type: number;
}

/** Opens a directory for {@link readDirectory}. Throws PosixError. */
export function openDirectory(path: Uint8Array): number {
  return openFile(path, O_RDONLY | O_DIRECTORY);
}

const entries = new Uint8Array(ENTRY_BYTES);

/** Every entry of an open directory but `.` and `..`, in the file system's order. Throws PosixError. */
export function readDirectory(fd: number): RawEntry[] {
  const out: RawEntry[] = [];
  for (;;) {
    const length = library.getdents64(fd, entries, entries.length);
    if (length === 0) return out;
    if (length > 0) {
      takeEntries(entries, length, out);
      continue;
    }
    const why = errno();
    if (why !== ERRNO.EINTR) throw new PosixError("getdents64", why);
  }
}

/**
 * Reads the next entries of an open directory on another thread and appends them to `out`, except those of the type
 * `but`. Resolves with the number of bytes read; 0 at the end, or when the directory can't be read.
 */
export async function readEntriesLater(
  fd: number,
  into: Uint8Array<ArrayBuffer>,
  out: RawEntry[],
  but?: number,
): Promise<number> {
  const length = await library.getdents64Later(fd, into, into.length);
  takeEntries(into, length, out, but);
  return Math.max(length, 0);
}

/** Parses `struct linux_dirent64`: inode, offset, length of the record, type, name. */
function takeEntries(bytes: Uint8Array, length: number, out: RawEntry[], but?: number): void {
  for (let at = 0; at < length;) {
    const next = at + bytes[at + 16]! + (bytes[at + 17]! << 8);
    const type = bytes[at + 18]!;
    if (type !== but) {
      const start = at + 19;
      const name = binaryString(bytes.subarray(start, bytes.indexOf(0, start)));
      if (name !== "." && name !== "..") out.push({ name, type });
    }
    at = next;
  }
}

/** The status of a file by statx. A number that the file system does not keep is absent. */
export interface StatusVersion extends WantedVersion {
  /** Permission bits, without the type of the file. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The last answer of statx. Its fields are read one by one, so that looking at a million files allocates nothing. */
export class FileStatus {
  readonly #bytes = new Uint8Array(256);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #name = new Uint8Array(4096 + 1);

  /** Looks at `name`, a binary string, in an open directory. Returns 0 or the errno. */
  ofEntry(directory: number, name: string, follow: boolean): number {
    if (name.length >= this.#name.length) return ERRNO.ENAMETOOLONG;
    for (let i = 0; i < name.length; i++) this.#name[i] = name.charCodeAt(i);
    this.#name[name.length] = 0;
    return this.#statx(directory, this.#name, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }

  /** Looks at an absolute path, following links. Returns 0 or the errno. */
  ofPath(path: Uint8Array<ArrayBuffer>): number {
    return this.#statx(AT_FDCWD, cString(path), 0);
  }

  /** Looks at an open file; with `isFromMemory` its server is not asked. Returns 0 or the errno. */
  ofDescriptor(fd: number, isFromMemory: boolean = false): number {
    this.#name[0] = 0;
    return this.#statx(fd, this.#name, AT_EMPTY_PATH | (isFromMemory ? AT_STATX_DONT_SYNC : 0));
  }

  get isFile(): boolean {
    return (this.#view.getUint16(28, true) & S_IFMT) === 0o100000;
  }

  get isLink(): boolean {
    return (this.#view.getUint16(28, true) & S_IFMT) === 0o120000;
  }

  get isDirectory(): boolean {
    return (this.#view.getUint16(28, true) & S_IFMT) === 0o040000;
  }

  /** In bytes. */
  get size(): number {
    return wideNumber(this.#view.getUint32(44, true), this.#view.getUint32(40, true));
  }

  /** The seconds of the modification time; negative before 1970. */
  get mtime_s(): number {
    return wideNumber(this.#view.getInt32(116, true), this.#view.getUint32(112, true));
  }

  get mtime_ns(): number {
    return this.#view.getUint32(120, true);
  }

  /** The seconds of the time of inode change. `ctime_ns` has the nanoseconds within the second. */
  get ctime_s(): number {
    return wideNumber(this.#view.getInt32(100, true), this.#view.getUint32(96, true));
  }

  get ctime_ns(): number {
    return this.#view.getUint32(104, true);
  }

  /** The number of names (hard links) of the file. */
  get names(): number {
    return this.#view.getUint32(16, true);
  }

  get inode(): number {
    return wideNumber(this.#view.getUint32(36, true), this.#view.getUint32(32, true));
  }

  /** Permission bits without the type of the file. An access control list may restrict them further. */
  get mode(): number {
    return this.#view.getUint16(28, true) & 0o7777;
  }

  get uid(): number {
    return this.#view.getUint32(20, true);
  }

  get gid(): number {
    return this.#view.getUint32(24, true);
  }

  /** The file's version, owner and group, with `mode` as its permissions (see `permittedMode`). */
  version({ ctime, inode }: KeptNumbers, mode: number): StatusVersion {
    const { size, mtime_s, mtime_ns } = this;
    const version: { -readonly [K in keyof StatusVersion]?: StatusVersion[K] } = {
      size,
      mtime_s,
      mtime_ns,
    };
    if (ctime) {
      version.ctime_s = this.ctime_s;
      version.ctime_ns = this.ctime_ns;
    }
    if (inode) version.inode = this.inode;
    version.mode = mode;
    version.uid = this.uid;
    version.gid = this.gid;
    return version as StatusVersion;
  }

  /** Device and inode number: equal for two names of one directory. */
  get identity(): string {
    const view = this.#view;
    return `${view.getUint32(136, true)}:${view.getUint32(140, true)}:${
      view.getBigUint64(32, true)
    }`;
  }

  /** Whether something is mounted there; undefined before Linux 5.8, which does not tell. */
  get isMountRoot(): boolean | undefined {
    const knows = (this.#view.getUint32(56, true) & STATX_ATTR_MOUNT_ROOT) !== 0;
    return knows ? (this.#view.getUint32(8, true) & STATX_ATTR_MOUNT_ROOT) !== 0 : undefined;
  }

  /** The number of the device: a directory on another device than its parent is a mount point. */
  get device(): string {
    return `${this.#view.getUint32(136, true)}:${this.#view.getUint32(140, true)}`;
  }

  #statx(directory: number, path: Uint8Array<ArrayBuffer>, flags: number): number {
    for (;;) {
      if (libc.statx(directory, path, flags, STATX_BASIC_STATS, this.#bytes) === 0) return 0;
      const why = errno();
      if (why !== ERRNO.EINTR) return why;
    }
  }
}

/** A string with one character for each byte. */
export function binaryString(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The inverse of {@link binaryString}. */
export function bytesOfBinary(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
