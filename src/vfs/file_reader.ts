import type { FileLocation } from "../../projections/tree_types.ts";
import { bytesFromString, type ErrnoName, FileSystemError } from "../base/mod.ts";
import {
  closeFile,
  ERRNO,
  hasVersion,
  isUnlinked,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openBelow,
  openFile,
  PosixError,
  readFileAt,
} from "../posix/mod.ts";
import type { Handle } from "./handle_table.ts";

/**
 * Opens the file behind a location, below the root of its origin, and makes sure that it is the version which the tree
 * describes; returns its descriptor. Throws FileSystemError: ENOENT when it vanished, EIO when its origin's root is gone
 * as well, ESTALE when it is another version or no regular file, EACCES (also for a link that leads out of the root,
 * unless `followLinks`), EMFILE.
 */
export function openLocation(location: FileLocation, followLinks: boolean): number {
  let fd: number;
  try {
    const root = bytesFromString(location.root);
    // O_NONBLOCK, since a FIFO that took the file's place would make open(2) wait for a writer.
    const flags = O_RDONLY | O_NONBLOCK;
    fd = openBelow(root, bytesFromString(location.path), flags, { followLinks });
  } catch (error) {
    throw openError(location, error);
  }
  if (hasVersion(fd, location)) return fd;
  closeFile(fd);
  throw new FileSystemError("ESTALE", `${location.path} of ${location.origin} has changed`);
}

/**
 * Reads bytes of the version that the handle was opened with. The version is compared after the bytes were
 * read: whoever writes a file moves its time of modification before its bytes. Throws FileSystemError: ESTALE
 * when the file has changed.
 */
export function readHandle(
  handle: Handle,
  offset: number,
  into: Uint8Array<ArrayBuffer>,
): number {
  let count: number;
  try {
    count = readFileAt(handle.fd, offset, into);
    if (hasVersion(handle.fd, handle.location)) return count;
    if (isUnlinkedAsItWas(handle)) return count;
  } catch (error) {
    throw new FileSystemError("EIO", "the origin's file cannot be read", { cause: error });
  }
  throw new FileSystemError("ESTALE", "the file has changed while it was open");
}

/** Losing its name is a change of the inode, too; nobody who has it not open by now can write to it any more. */
function isUnlinkedAsItWas({ fd, location }: Handle): boolean {
  const { size, mtime_s, mtime_ns } = location;
  return isUnlinked(fd) && hasVersion(fd, { size, mtime_s, mtime_ns });
}

/** Whether the error says that the tree no longer describes what lies on the origin. */
export function isDrift(error: unknown): boolean {
  return error instanceof FileSystemError &&
    (error.errno === "ESTALE" || error.errno === "ENOENT");
}

function openError(location: FileLocation, cause: unknown): FileSystemError {
  const number = cause instanceof PosixError ? cause.errno : 0;
  const name = OPEN_ERRORS.get(number) ?? "EIO";
  const message = `${location.path} of ${location.origin}: ${
    cause instanceof Error ? cause.message : cause
  }`;
  // With its root away (a disk that was unplugged) nothing is known about the file: it is not gone.
  if (name === "ENOENT" && !rootExists(location.root)) {
    return new FileSystemError("EIO", message, { cause });
  }
  return new FileSystemError(name, message, { cause });
}

const OPEN_ERRORS: ReadonlyMap<number, ErrnoName> = new Map([
  [ERRNO.ENOENT, "ENOENT"],
  // A segment of the path is no directory any more, or a link that leads nowhere.
  [ERRNO.ENOTDIR, "ENOENT"],
  [ERRNO.ELOOP, "ENOENT"],
  // A socket or device took the file's place.
  [ERRNO.ENXIO, "ESTALE"],
  [ERRNO.ENODEV, "ESTALE"],
  [ERRNO.ESTALE, "ESTALE"],
  [ERRNO.EACCES, "EACCES"],
  [ERRNO.EPERM, "EACCES"],
  // A link that leads out of the origin.
  [ERRNO.EXDEV, "EACCES"],
  [ERRNO.EMFILE, "EMFILE"],
  [ERRNO.ENFILE, "EMFILE"],
]);

function rootExists(root: string): boolean {
  try {
    closeFile(openFile(bytesFromString(root), O_PATH | O_DIRECTORY));
    return true;
  } catch {
    return false;
  }
}
