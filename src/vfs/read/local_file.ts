import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import {
  closeFile,
  closeLater,
  type DiskKind,
  ERRNO,
  hasVersion,
  isUnlinked,
  readFileAt,
  readFileAtLater,
  readFromMemory,
  refreshStatus,
  WriteWatch,
} from "../../posix/mod.ts";

/** An open file of a local origin. It is closed once no call on another thread uses it. */
export class LocalFile {
  readonly fd: number;
  readonly #kind: DiskKind;
  /** Whether its file system can tell if a read would wait. */
  #tells = true;
  #calls = 0;
  #isWatched = false;
  #writes: WriteWatch | undefined;
  #isClosed = false;

  constructor(fd: number, kind: DiskKind) {
    this.fd = fd;
    this.#kind = kind;
  }

  /** Whether the file still has the version; asks memory alone. Throws PosixError. */
  isVersion(version: FileLocation): boolean {
    return hasVersion(this.fd, version, this.#kind === "server");
  }

  /**
   * The same for a file that had the version before. Losing a name, and getting other permissions, changes the inode
   * as well: the bytes are the same when nobody can write to the file, or when it is known that nobody has.
   */
  isStill(version: FileLocation): boolean {
    if (this.isVersion(version)) {
      this.#beginWatch(version);
      return true;
    }
    const { size, mtime_s, mtime_ns } = version;
    const isFresh = this.#kind === "server";
    if (!hasVersion(this.fd, { size, mtime_s, mtime_ns }, isFresh)) return false;
    return isUnlinked(this.fd, isFresh) || this.isUnwritten;
  }

  /** Whether the kernel has seen no writer since the file was first found to have a version. */
  get isUnwritten(): boolean {
    return this.#writes?.isUnwritten ?? false;
  }

  /** Begins the watch at the first read and not at open: most files are passed through to the kernel, or soon closed. */
  #beginWatch(version: FileLocation): void {
    if (this.#isWatched || this.#kind === "server" || version.ctime_ns === undefined) return;
    this.#isWatched = true;
    const writes = WriteWatch.of(this.fd);
    // The watch does not tell of writes from before it began.
    if (this.isVersion(version)) this.#writes = writes;
    else writes?.close();
  }

  /** Reads `length` bytes when all of them are in memory; returns whether they were. Throws PosixError. */
  readAtOnce(offset: number, into: Uint8Array<ArrayBuffer>, length: number): boolean {
    if (this.#kind === "server") return false;
    if (this.#tells) {
      const count = readFromMemory(this.fd, offset, into, length);
      if (count === length) return true;
      if (count !== -ERRNO.EOPNOTSUPP) return false;
      this.#tells = false;
    }
    return this.#kind === "memory" && readFileAt(this.fd, offset, into, length) === length;
  }

  /** Reads on another thread; fewer bytes only at the end of the file. Rejects with PosixError. */
  async readLater(offset: number, into: Uint8Array<ArrayBuffer>): Promise<number> {
    this.#calls++;
    try {
      const count = await readFileAtLater(this.fd, offset, into);
      await this.refresh();
      return count;
    } finally {
      this.#calls--;
      if (this.#isClosed && this.#calls === 0) this.#close();
    }
  }

  /** Asks the file's server for its status, so that `isVersion` speaks of the present. Rejects with PosixError. */
  async refresh(): Promise<void> {
    if (this.#kind === "server") await refreshStatus(this.fd);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writes?.close();
    this.#writes = undefined;
    if (this.#calls === 0) this.#close();
  }

  /** A server may be told that a file is closed, and the kernel waits for its answer. */
  #close(): void {
    if (this.#kind === "server") closeLater(this.fd);
    else closeFile(this.fd);
  }
}
