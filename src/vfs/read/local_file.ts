import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import {
  closeFile,
  ERRNO,
  hasVersion,
  isUnlinked,
  readFileAt,
  readFileAtLater,
  readFromMemory,
  refreshStatus,
  WriteWatch,
} from "../../posix/mod.ts";
import type { DiskKind } from "./origin_disk.ts";

/** An open file of a local origin. It is closed once nobody waits for it on another thread. */
export class LocalFile {
  readonly fd: number;
  readonly #kind: DiskKind;
  /** Its file system can tell whether a read would wait. */
  #tells = true;
  #calls = 0;
  #isWatched = false;
  #writes: WriteWatch | undefined;
  #isClosed = false;

  constructor(fd: number, kind: DiskKind) {
    this.fd = fd;
    this.#kind = kind;
  }

  /** Whether the file is of the version still; asks nothing but memory. Throws PosixError. */
  isVersion(version: FileLocation): boolean {
    return hasVersion(this.fd, version, this.#kind === "server");
  }

  /**
   * The same of a file that was of the version. Losing its name is a change of the inode, too, as is getting other
   * permissions: the bytes are the same if nobody can write to it any more, or is known not to have.
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

  /** The kernel knows of no writer since the file was first found to be of a version. */
  get isUnwritten(): boolean {
    return this.#writes?.isUnwritten ?? false;
  }

  /** Begins at the first read, not at open: most files are passed through to the kernel, or soon closed. */
  #beginWatch(version: FileLocation): void {
    if (this.#isWatched || this.#kind === "server" || version.ctime_ns === undefined) return;
    this.#isWatched = true;
    const writes = WriteWatch.of(this.fd);
    // What was written before the watch began is not told by it.
    if (this.isVersion(version)) this.#writes = writes;
    else writes?.close();
  }

  /** Reads `length` bytes if all of them are in memory; whether they were. Throws PosixError. */
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

  /** The same, on another thread; fewer bytes only at the end of the file. Rejects with PosixError. */
  async readLater(offset: number, into: Uint8Array<ArrayBuffer>): Promise<number> {
    this.#calls++;
    try {
      const count = await readFileAtLater(this.fd, offset, into);
      await this.refresh();
      return count;
    } finally {
      this.#calls--;
      if (this.#isClosed && this.#calls === 0) closeFile(this.fd);
    }
  }

  /** Asks the server that keeps the file for its status, so that `isVersion` is about now. Rejects with PosixError. */
  async refresh(): Promise<void> {
    if (this.#kind === "server") await refreshStatus(this.fd);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writes?.close();
    this.#writes = undefined;
    if (this.#calls === 0) closeFile(this.fd);
  }
}
