import { FileSystemError, messageOf, type NodeId } from "../../base/mod.ts";
import type { PendingRead } from "../filesystem.ts";
import type { Handle } from "../core/handle_table.ts";
import { LaterRead } from "./later_read.ts";
import type { LocalFile } from "./local_file.ts";
import { OriginDisk } from "./origin_disk.ts";
import type { RecentReads } from "./recent_reads.ts";

export interface LocalFilesOptions {
  /** What lies at the location that a handle has open is not what the tree says. */
  readonly onDrift: (open: Handle) => void;
  /** Whether links of an origin may lead out of it. */
  readonly followsLinks: (origin: string) => boolean;
  /** Directories of an origin where something is or was mounted. */
  readonly mountPoints: (origin: string) => readonly string[];
  /** How long an open or a read waits for a disk, ms. */
  readonly deadlineMs: number;
  /** Descriptors from this number on are for others. */
  readonly descriptorsMax: number;
  /** What the kernel may hold pages of. */
  readonly reads: RecentReads;
}

/**
 * Files of local origins that somebody has open, each opened when it is needed first. What is in memory is answered at
 * once; the rest is asked for on other threads.
 */
export class LocalFiles {
  readonly #options: LocalFilesOptions;
  readonly #disks = new Map<string, OriginDisk>();

  constructor(options: LocalFilesOptions) {
    this.#options = options;
  }

  /** Whether the kernel may hold pages of the node. */
  wasRead(node: NodeId): boolean {
    return this.#options.reads.has(node);
  }

  /**
   * The origin's file, compared with the tree, and remembered for the handle. Throws, or rejects with, FileSystemError:
   * ENOENT when it vanished, EIO when its origin's root, or what was mounted on the way, is gone as well or does not
   * answer, ESTALE when it is another
   * version or no regular file, EACCES (also for a link that leads out of the root), EMFILE.
   */
  file(open: Handle): LocalFile | Promise<LocalFile> {
    if (open.failure) throw open.failure;
    if (open.file !== undefined) return open.file;
    if (open.opening !== undefined) return open.opening;
    const disk = this.#disk(open);
    const file = disk.openAtOnce(open.location);
    if (file !== undefined) return this.#take(open, file);
    open.opening = this.#openLater(open, disk).finally(() => open.opening = undefined);
    return open.opening;
  }

  /** Fills `into` from `offset`, or a read that waits for the disk. Throws FileSystemError. */
  read(open: Handle, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead {
    const file = open.file ?? this.#firstRead(open);
    if (file instanceof Promise) {
      return this.#waiting(open, file, (bytes) => this.read(open, offset, bytes));
    }
    const length = Math.max(0, Math.min(into.length, open.location.size - offset));
    let isRead: boolean;
    try {
      isRead = length === 0 || file.readAtOnce(offset, into, length);
    } catch (error) {
      throw unreadable(error);
    }
    if (isRead) return this.#compared(open, file, length);
    return this.#readLater(open, file, offset, length);
  }

  /** Closes the origin's file of a handle; reads that still wait fail. */
  close(open: Handle): void {
    if (open.waiting !== undefined) {
      this.fail(open, new FileSystemError("EBADF", "the file was closed"));
    }
    open.isClosed = true;
    open.file?.close();
    open.file = undefined;
  }

  /** Every read that waits fails. */
  fail(open: Handle, error: FileSystemError): void {
    for (const read of [...open.waiting ?? []]) read.cancel(error);
  }

  #disk({ location: { root, origin } }: Handle): OriginDisk {
    let disk = this.#disks.get(root);
    if (disk === undefined) {
      const { followsLinks, mountPoints, deadlineMs } = this.#options;
      disk = new OriginDisk(root, {
        followLinks: followsLinks(origin),
        mountPoints: () => mountPoints(origin),
        deadlineMs,
      });
      this.#disks.set(root, disk);
    }
    return disk;
  }

  async #openLater(open: Handle, disk: OriginDisk): Promise<LocalFile> {
    try {
      const file = await disk.openLater(open.location);
      if (!open.isClosed) return this.#take(open, file);
      file.close();
    } catch (error) {
      throw this.#refused(open, asFileSystemError(error));
    }
    throw new FileSystemError("EBADF", "the file was closed");
  }

  /** Keeps an opened file for the handle if it is the version that the tree describes; throws otherwise. */
  #take(open: Handle, file: LocalFile): LocalFile {
    // The lowest free descriptor is given, so that a high one says that few are left.
    if (file.fd >= this.#options.descriptorsMax) {
      file.close();
      throw new FileSystemError("EMFILE", "too many files are open");
    }
    let isVersion: boolean;
    try {
      isVersion = file.isVersion(open.location);
    } catch (error) {
      file.close();
      throw asFileSystemError(error);
    }
    if (isVersion) return open.file = file;
    file.close();
    const { path, origin } = open.location;
    const stale = new FileSystemError("ESTALE", `${path} of ${origin} has changed`);
    throw this.#refused(open, stale);
  }

  /** Remembers a failure that lasts: the file is another version. Others (a disk that is away, EMFILE) may pass. */
  #refused(open: Handle, failure: FileSystemError): FileSystemError {
    if (open.failure === undefined && isDrift(failure)) {
      open.failure = failure;
      this.#options.onDrift(open);
    }
    return failure;
  }

  #firstRead(open: Handle): LocalFile | Promise<LocalFile> {
    const opened = (file: LocalFile) => {
      this.#options.reads.add(open.node, 0);
      return file;
    };
    try {
      const file = this.file(open);
      if (!(file instanceof Promise)) return opened(file);
      return file.then(opened, (error) => {
        throw readFailure(error);
      });
    } catch (error) {
      throw readFailure(error);
    }
  }

  #readLater(open: Handle, file: LocalFile, offset: number, length: number): PendingRead {
    const bytes = new Uint8Array(length);
    const reading = this.#disk(open).calls.run(() => file.readLater(offset, bytes))
      .catch((error) => {
        throw unreadable(error);
      });
    return this.#waiting(open, reading, (into) => {
      into.set(bytes);
      return this.#compared(open, file, length);
    });
  }

  #waiting(
    open: Handle,
    waits: Promise<unknown>,
    read: (into: Uint8Array<ArrayBuffer>) => number | PendingRead,
  ): PendingRead {
    const waiting = open.waiting ??= new Set();
    const later = new LaterRead(waits, (into) => {
      waiting.delete(later);
      if (open.stale) throw new FileSystemError("ESTALE", "an older version was opened");
      return read(into);
    });
    waiting.add(later);
    waits.catch(() => waiting.delete(later));
    return later;
  }

  /**
   * The version is compared after the bytes were read: whoever writes a file moves its time of modification before its
   * bytes.
   */
  #compared(open: Handle, file: LocalFile, count: number): number {
    let isVersion: boolean;
    try {
      isVersion = file.isStill(open.location);
    } catch (error) {
      throw unreadable(error);
    }
    if (isVersion) {
      open.bytesRead += count;
      return count;
    }
    this.#options.onDrift(open);
    throw new FileSystemError("ESTALE", "the file has changed while it was open");
  }
}

/** Whether the error says that the tree no longer describes what lies on the origin. */
function isDrift(error: FileSystemError): boolean {
  return error.errno === "ESTALE" || error.errno === "ENOENT";
}

function asFileSystemError(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError("EIO", messageOf(error), { cause: error });
}

function unreadable(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError("EIO", "the origin's file cannot be read", { cause: error });
}

/** A file that vanished after it was opened is no missing name any more: what was opened is gone. */
function readFailure(error: unknown): unknown {
  if (!(error instanceof FileSystemError) || error.errno !== "ENOENT") return error;
  return new FileSystemError("ESTALE", error.message, { cause: error });
}
