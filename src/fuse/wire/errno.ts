import { ERRNO as NUMBER } from "../../posix/mod.ts";
import { type ErrnoName, FileSystemError } from "../../base/mod.ts";

/** The only place where an errno's name becomes the kernel's number. */
export const ERRNO: Readonly<Record<ErrnoName, number>> = {
  ENOENT: NUMBER.ENOENT,
  EIO: NUMBER.EIO,
  ESTALE: NUMBER.ESTALE,
  ENOTDIR: NUMBER.ENOTDIR,
  EISDIR: NUMBER.EISDIR,
  EROFS: NUMBER.EROFS,
  EACCES: NUMBER.EACCES,
  EBADF: NUMBER.EBADF,
  EINVAL: NUMBER.EINVAL,
  EINTR: NUMBER.EINTR,
  ENAMETOOLONG: NUMBER.ENAMETOOLONG,
  ENODATA: NUMBER.ENODATA,
  ERANGE: NUMBER.ERANGE,
  ENXIO: NUMBER.ENXIO,
  ENOSYS: NUMBER.ENOSYS,
  ENOTTY: NUMBER.ENOTTY,
  EMFILE: NUMBER.EMFILE,
  ETIMEDOUT: NUMBER.ETIMEDOUT,
  EOPNOTSUPP: NUMBER.EOPNOTSUPP,
};

/** The number for anything that was thrown; a fault of the program is EIO to the reader. */
export function errnoOf(error: unknown): number {
  return error instanceof FileSystemError ? ERRNO[error.errno] : ERRNO.EIO;
}
