/**
 * Directories and file versions straight from libc. `Deno.readDir` decodes names and drops those that are
 * not UTF-8, and a `Deno.lstat` a file costs a promise; a scan of a million files needs neither.
 *
 * Names are binary strings here: one character for each byte, so that the default order of strings is the
 * order of bytes and no name is lost. See getdents64(2) and statx(2); the layout of `struct statx` is the
 * same on every architecture, that of `struct stat` is not.
 *
 * @module
 */

const libc = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  __errno_location: { parameters: [], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
}).symbols;

const O_RDONLY = 0;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** O_DIRECTORY is 0o200000 on x86_64 and 0o40000 on aarch64. */
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const S_IFMT = 0o170000;

export const ERRNO = {
  ENOENT: 2,
  EINTR: 4,
  EACCES: 13,
  ENOTDIR: 20,
  ELOOP: 40,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  EHOSTDOWN: 112,
  ESTALE: 116,
} as const;

/** Errors that speak of a whole file system that does not answer, not of one file. */
export const UNANSWERED: ReadonlySet<number> = new Set([
  ERRNO.ENOTCONN,
  ERRNO.ETIMEDOUT,
  ERRNO.EHOSTDOWN,
  ERRNO.ESTALE,
]);

/** What a directory entry is, by `d_type`. */
export const ENTRY = { unknown: 0, directory: 4, file: 8, link: 10 } as const;

/** A system call failed; the message is the system's own text for `errno`. */
export class PosixError extends Error {
  override readonly name = "PosixError";
  readonly errno: number;

  constructor(errno: number) {
    super(errorText(errno));
    this.errno = errno;
  }
}

/** The system's own text for an errno. */
export function errorText(errno: number): string {
  const text = libc.strerror(errno);
  return text === null ? `Error ${errno}` : new Deno.UnsafePointerView(text).getCString();
}

export interface RawEntry {
  /** Bytes of the name, one a character. */
  readonly name: string;
  readonly type: number;
}

/** Opens a directory for {@link readDirectory}. Throws PosixError. */
export function openDirectory(path: Uint8Array<ArrayBuffer>): number {
  return openOrThrow(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/** Opens a file for reading; a FIFO that took the file's place does not block. Throws PosixError. */
export function openFile(path: Uint8Array<ArrayBuffer>): number {
  return openOrThrow(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

export function closeDescriptor(fd: number): void {
  libc.close(fd);
}

const entries = new Uint8Array(64 * 1024);
const entriesView = new DataView(entries.buffer);

/** Every entry of an open directory but `.` and `..`, in the file system's order. Throws PosixError. */
export function readDirectory(fd: number): RawEntry[] {
  const out: RawEntry[] = [];
  for (;;) {
    const length = Number(libc.getdents64(fd, entries, BigInt(entries.length)));
    if (length < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EINTR) continue;
      throw new PosixError(errno);
    }
    if (length === 0) return out;
    for (let at = 0; at < length;) {
      const next = at + entriesView.getUint16(at + 16, true);
      const start = at + 19;
      const end = entries.indexOf(0, start);
      const name = binaryString(entries.subarray(start, end));
      if (name !== "." && name !== "..") out.push({ name, type: entries[at + 18]! });
      at = next;
    }
  }
}

/** Reads from an open file into `into`; returns how many bytes, 0 at its end. Throws PosixError. */
export function readAt(fd: number, into: Uint8Array<ArrayBuffer>, offset: number): number {
  let done = 0;
  while (done < into.length) {
    const part = done === 0 ? into : into.subarray(done);
    const n = Number(libc.pread(fd, part, BigInt(part.length), BigInt(offset + done)));
    if (n < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EINTR) continue;
      throw new PosixError(errno);
    }
    if (n === 0) break;
    done += n;
  }
  return done;
}

/** The last answer of statx, read field by field so that a stat of a million files allocates nothing. */
export class FileStatus {
  readonly #bytes = new Uint8Array(256);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #name = new Uint8Array(4096 + 1);

  /** Looks at `name`, a binary string, within an open directory; returns 0 or the errno. */
  ofEntry(directory: number, name: string, follow: boolean): number {
    if (name.length >= this.#name.length) return 36;
    for (let i = 0; i < name.length; i++) this.#name[i] = name.charCodeAt(i);
    this.#name[name.length] = 0;
    return this.#statx(directory, this.#name, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }

  /** Looks at an absolute path, following links; returns 0 or the errno. */
  ofPath(path: Uint8Array<ArrayBuffer>): number {
    return this.#statx(AT_FDCWD, terminated(path), 0);
  }

  /** Looks at what is open; returns 0 or the errno. */
  ofDescriptor(fd: number): number {
    this.#name[0] = 0;
    return this.#statx(fd, this.#name, AT_EMPTY_PATH);
  }

  get isFile(): boolean {
    return (this.#view.getUint16(28, true) & S_IFMT) === 0o100000;
  }

  get isDirectory(): boolean {
    return (this.#view.getUint16(28, true) & S_IFMT) === 0o040000;
  }

  /** Bytes. */
  get size(): number {
    return this.#view.getUint32(40, true) + this.#view.getUint32(44, true) * 2 ** 32;
  }

  /** Seconds of the modification time; negative before 1970. */
  get mtime_s(): number {
    return this.#view.getUint32(112, true) + this.#view.getInt32(116, true) * 2 ** 32;
  }

  get mtime_ns(): number {
    return this.#view.getUint32(120, true);
  }

  /** Device and inode: what tells whether two names are one directory. */
  get identity(): string {
    const view = this.#view;
    return `${view.getUint32(136, true)}:${view.getUint32(140, true)}:${
      view.getBigUint64(32, true)
    }`;
  }

  /** The device alone: another one than the parent's marks a mount point. */
  get device(): string {
    return `${this.#view.getUint32(136, true)}:${this.#view.getUint32(140, true)}`;
  }

  #statx(directory: number, path: Uint8Array<ArrayBuffer>, flags: number): number {
    for (;;) {
      if (libc.statx(directory, path, flags, STATX_BASIC_STATS, this.#bytes) === 0) return 0;
      const errno = lastErrno();
      if (errno !== ERRNO.EINTR) return errno;
    }
  }
}

/** Bytes as a string of one character each. */
export function binaryString(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The inverse of {@link binaryString}. */
export function bytesOfBinary(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function openOrThrow(path: Uint8Array<ArrayBuffer>, flags: number): number {
  const bytes = terminated(path);
  for (;;) {
    const fd = libc.open(bytes, flags, 0);
    if (fd >= 0) return fd;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) throw new PosixError(errno);
  }
}

function terminated(path: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(path.length + 1);
  bytes.set(path);
  return bytes;
}

function lastErrno(): number {
  return new Deno.UnsafePointerView(libc.__errno_location()!).getInt32();
}
