import { bytesFromString, type ErrnoName, FileSystemError, SlowCalls } from "../../base/mod.ts";
import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import {
  closeFile,
  cString,
  deviceOf,
  type DiskKind,
  diskKind,
  ERRNO,
  isMountedDirectory,
  isPathOf,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openBelowAtOnce,
  openBeneathLater,
  openPlainAtOnce,
  openRootLater,
  PosixError,
} from "../../posix/mod.ts";
import { LocalFile } from "./local_file.ts";

/** With O_NONBLOCK open(2) does not wait for a writer when a FIFO has taken the file's place. */
const FLAGS = O_RDONLY | O_NONBLOCK;
const NO_FILE = -1;

/** The file system on which the root was found. */
interface FileSystemFound {
  readonly device: number;
  readonly kind: DiskKind;
  /** Whether no link leads to the root and everything below it is one file system. */
  readonly isPlain: boolean;
}

export interface OriginDiskOptions {
  /** Whether links may lead out of the root. */
  readonly followLinks: boolean;
  /** Directories below the root where something is or was mounted; "" is the root itself. */
  readonly mountPoints: () => readonly string[];
  /** How long an open or a read waits, in ms. */
  readonly deadlineMs: number;
}

/**
 * The directory that is the root of a local origin, as the mount opens files in it. The directory is opened anew for
 * each file: while it was open, its file system could not be unmounted, and a directory that took its place would go
 * unnoticed.
 */
export class OriginDisk {
  readonly calls: SlowCalls;
  readonly #root: Uint8Array<ArrayBuffer>;
  readonly #options: OriginDiskOptions;
  #found: FileSystemFound | undefined;
  /** Whether other file systems are mounted below the root. */
  #isMixed = false;

  constructor(root: string, options: OriginDiskOptions) {
    this.#root = cString(bytesFromString(root));
    this.#options = options;
    this.calls = new SlowCalls(root, options.deadlineMs);
  }

  /** The file at a location; undefined when opening it would have to wait for the disk, or fails. */
  openAtOnce({ root, path }: FileLocation): LocalFile | undefined {
    const found = this.#found;
    if (found === undefined || found.kind === "server") return undefined;
    let fd = found.isPlain
      ? openPlainAtOnce(cString(bytesFromString(`${root}/${path}`)), FLAGS)
      : undefined;
    fd ??= openBelowAtOnce(this.#root, cString(bytesFromString(path)), FLAGS);
    if (fd === undefined) return undefined;
    if (deviceOf(fd) === found.device) return new LocalFile(fd, found.kind);
    // Another file system is mounted below the root or in its place. It may be on a server.
    this.#isMixed = true;
    this.#found = undefined;
    closeFile(fd);
    return undefined;
  }

  /** The same, however long it takes. Rejects with FileSystemError (see `LocalFiles.file`). */
  async openLater(location: FileLocation): Promise<LocalFile> {
    return await this.calls.run(() => this.#open(location), (late) => late.close());
  }

  async #open(location: FileLocation): Promise<LocalFile> {
    let root: number;
    try {
      root = await openRootLater(this.#root.subarray(0, -1));
    } catch (cause) {
      // While the root is gone (an unplugged disk) nothing is known about the file, so it is not reported as gone.
      throw openError(location, cause, true);
    }
    let fd = NO_FILE;
    try {
      const options = { followLinks: this.#options.followLinks };
      fd = await openBeneathLater(root, bytesFromString(location.path), FLAGS, options);
      const kind = await diskKind(fd);
      this.#found ??= {
        device: deviceOf(root),
        kind: await diskKind(root),
        isPlain: !this.#isMixed && isPathOf(root, this.#root),
      };
      const file = new LocalFile(fd, kind);
      await file.refresh();
      return file;
    } catch (cause) {
      if (fd >= 0) closeFile(fd);
      throw openError(location, cause, isAbsent(cause) && await this.#isUnmounted(root, location));
    } finally {
      closeFile(root);
    }
  }

  /** Whether something that used to be mounted on the way to a file no longer is. */
  async #isUnmounted(root: number, { path }: FileLocation): Promise<boolean> {
    for (const at of this.#options.mountPoints()) {
      const isOnWay = at === "" || path.startsWith(`${at}/`);
      if (isOnWay && !(at === "" ? isMountedDirectory(root) : await this.#isMounted(root, at))) {
        return true;
      }
    }
    return false;
  }

  async #isMounted(root: number, directory: string): Promise<boolean> {
    const options = { followLinks: this.#options.followLinks };
    try {
      const fd = await openBeneathLater(root, bytesFromString(directory), O_PATH, options);
      try {
        return isMountedDirectory(fd);
      } finally {
        closeFile(fd);
      }
    } catch {
      return false;
    }
  }
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof PosixError && OPEN_ERRORS.get(cause.errno) === "ENOENT";
}

function openError(
  location: FileLocation,
  cause: unknown,
  isAway: boolean,
): FileSystemError {
  const number = cause instanceof PosixError ? cause.errno : 0;
  const name = OPEN_ERRORS.get(number) ?? "EIO";
  const why = cause instanceof Error ? cause.message : cause;
  const message = `${location.path} of ${location.origin}: ${why}`;
  return new FileSystemError(isAway && name !== "EMFILE" ? "EIO" : name, message, { cause });
}

const OPEN_ERRORS: ReadonlyMap<number, ErrnoName> = new Map([
  [ERRNO.ENOENT, "ENOENT"],
  // A component of the path is no directory any more, or a link that leads nowhere.
  [ERRNO.ENOTDIR, "ENOENT"],
  [ERRNO.ELOOP, "ENOENT"],
  // A socket or a device has taken the file's place.
  [ERRNO.ENXIO, "ESTALE"],
  [ERRNO.ENODEV, "ESTALE"],
  [ERRNO.ESTALE, "ESTALE"],
  [ERRNO.EACCES, "EACCES"],
  [ERRNO.EPERM, "EACCES"],
  // A link leads out of the origin.
  [ERRNO.EXDEV, "EACCES"],
  [ERRNO.EMFILE, "EMFILE"],
  [ERRNO.ENFILE, "EMFILE"],
]);
