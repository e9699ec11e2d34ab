import { cFunctions } from "./_c_functions.ts";
import { ERRNO } from "./errno.ts";
import { O_CLOEXEC, O_NOFOLLOW, PosixError } from "./file.ts";
import { cString, errno, libc } from "./libc.ts";

const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;

const library = cFunctions({
  // The third parameter is variadic in C; both architectures pass it like any other.
  create: { name: "open", parameters: ["buffer", "i32", "u32"], result: "i32" },
  rename: { parameters: ["buffer", "buffer"], result: "i32" },
  unlink: { parameters: ["buffer"], result: "i32" },
});

/** Makes a file that only its owner may use. Throws PosixError, with EEXIST when anything has the path. */
export function createFile(path: Uint8Array): number {
  const bytes = cString(path);
  for (;;) {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const fd = library.create(bytes, flags, 0o600);
    if (fd >= 0) return fd;
    const why = errno();
    if (why !== ERRNO.EINTR) throw new PosixError("open", why);
  }
}

/** Writes all bytes. Throws PosixError, after which some of them may be written. */
export function writeFile(fd: number, bytes: Uint8Array<ArrayBuffer>): void {
  for (let rest = bytes; rest.length > 0;) {
    const count = libc.write(fd, rest, rest.length);
    if (count > 0) {
      if (count === rest.length) return;
      rest = rest.subarray(count);
      continue;
    }
    const why = errno();
    if (count === 0) throw new PosixError("write", ERRNO.ENOSPC);
    if (why !== ERRNO.EINTR) throw new PosixError("write", why);
  }
}

/** Renames a file over whatever file has the other name. Throws PosixError. */
export function renameFile(from: Uint8Array, to: Uint8Array): void {
  if (library.rename(cString(from), cString(to)) < 0) throw new PosixError("rename", errno());
}

/** Removes a name that isn't a directory's. Throws PosixError. */
export function unlinkFile(path: Uint8Array): void {
  if (library.unlink(cString(path)) < 0) throw new PosixError("unlink", errno());
}

/** The size of the file system on which a path lies, in bytes. */
export interface DiskSpace {
  readonly total: number;
  /** The space that is free for users other than root. */
  readonly free: number;
}

const statfs = new Uint8Array(120);
const view = new DataView(statfs.buffer);

/** Throws PosixError. */
export function diskSpace(path: Uint8Array): DiskSpace {
  const bytes = cString(path);
  while (libc.statfs(bytes, statfs) < 0) {
    const why = errno();
    if (why !== ERRNO.EINTR) throw new PosixError("statfs", why);
  }
  // The fields of struct statfs on both 64-bit architectures: type, block size, blocks, free blocks, free blocks for
  // users.
  const block = Number(view.getBigUint64(8, true));
  return {
    total: Number(view.getBigUint64(16, true)) * block,
    free: Number(view.getBigUint64(32, true)) * block,
  };
}
