import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { bytesFromString, HEAD_BYTES, messageOf } from "../../base/mod.ts";
import { errorText, FileStatus, UNANSWERED } from "../../posix/directory.ts";
import {
  type BeneathOptions,
  closeFile,
  ERRNO,
  keptNumbers,
  LEADS_OUT,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openBelow,
  permittedMode,
  PosixError,
  readFileAt,
} from "../../posix/mod.ts";
import { isOutOfMemory } from "../parser/out_of_memory.ts";
import { SparseBytes } from "../bytes/sparse_bytes.ts";
import { readTags, type TagOptions, type TagReading } from "../tags/tag_reader.ts";

/** What was read of a file, with the version that it was read of; `vanished` when the file is gone. */
export type FileReading =
  | (TagReading & FileVersion & FileOwnership & { readonly vanished?: false })
  | { readonly vanished: true };

/** The reason for a file whose size can't be represented exactly. */
export const TOO_LARGE = "Its size is beyond any that can be served exactly";

const NO_VERSION: FileVersion & FileOwnership = { size: 0, mtime_s: 0, mtime_ns: 0 };
const status = new FileStatus();
const head = new Uint8Array(HEAD_BYTES);

/**
 * Reads the tags of a local file by its path below an origin's root. One file at a time, since the head buffer is
 * shared. A reading says when the file can't be read; throws PosixError only when the file system does not answer,
 * and an error when no memory is left.
 */
export async function readFile(
  root: string,
  path: string,
  { encoding, ...options }: BeneathOptions & Pick<TagOptions, "encoding">,
): Promise<FileReading> {
  let fd: number;
  try {
    // With O_NONBLOCK open(2) does not wait for a writer when a FIFO has taken the file's place.
    fd = openBelow(bytesFromString(root), bytesFromString(path), O_RDONLY | O_NONBLOCK, options);
  } catch (error) {
    const isLinkOut = error instanceof PosixError && error.errno === ERRNO.EXDEV;
    return failure(error, isLinkOut ? versionOfLink(root, path) : NO_VERSION);
  }
  let version = NO_VERSION;
  try {
    const errno = status.ofDescriptor(fd);
    if (errno !== 0) throw new PosixError("statx", errno);
    version = status.version(keptNumbers(fd), permittedMode(status.mode, fd));
    if (!status.isFile) return { vanished: true };
    if (version.size === Number.MAX_SAFE_INTEGER) return { ...version, unreadable: TOO_LARGE };
    const length = readFileAt(fd, 0, head.subarray(0, Math.min(HEAD_BYTES, version.size)));
    const bytes = new SparseBytes(
      version.size,
      head.subarray(0, length),
      (into, offset) => readFileAt(fd, offset, into),
    );
    return {
      ...await readTags(bytes, path, {
        looksAtEnd: false,
        ...encoding !== undefined && { encoding },
      }),
      ...version,
    };
  } catch (error) {
    return failure(error, version);
  } finally {
    closeFile(fd);
  }
}

/**
 * The version of a link that may not be followed is the link's own, so that the link is not read again until it
 * changes.
 */
function versionOfLink(root: string, path: string): FileVersion {
  try {
    const fd = openBelow(bytesFromString(root), bytesFromString(path), O_PATH | O_NOFOLLOW);
    try {
      const errno = status.ofDescriptor(fd);
      return errno === 0 ? status.version(keptNumbers(fd), status.mode) : NO_VERSION;
    } finally {
      closeFile(fd);
    }
  } catch {
    // The link is gone, or another link on the way leads out.
    return NO_VERSION;
  }
}

function failure(error: unknown, version: FileVersion): FileReading {
  if (error instanceof PosixError) {
    if (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR) return { vanished: true };
    if (UNANSWERED.has(error.errno)) throw error;
    if (error.errno === ERRNO.EXDEV) return { ...version, unreadable: LEADS_OUT };
    const isDenied = error.errno === ERRNO.EACCES || error.errno === ERRNO.EPERM;
    return {
      ...version,
      unreadable: errorText(error.errno),
      unreadable_kind: isDenied ? "denied" : "io",
    };
  }
  if (isOutOfMemory(error)) throw error;
  return { ...version, unreadable: messageOf(error) };
}
