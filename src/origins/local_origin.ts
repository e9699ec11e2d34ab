import { setImmediate } from "node:timers/promises";
import type { FileVersion } from "../../events/file_events.ts";
import { bytesFromString, stringFromBytes } from "../base/mod.ts";
import {
  bytesOfBinary,
  ENTRY,
  errorText,
  FileStatus,
  openDirectory,
  openSource,
  type RawEntry,
  readDirectory,
  UNANSWERED,
} from "../posix/directory.ts";
import { closeFile, ERRNO, fileVersion, hasVersion, PosixError, readFileAt } from "../posix/mod.ts";
import { attempt } from "./_attempt.ts";
import { isEmptyMountPoint } from "./_mount_point.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  type ReadOptions,
} from "./origin.ts";
import { versionText } from "./version.ts";
import { compareWalkOrder, mayHoldAfter } from "./walk_order.ts";

/** Entries in one batch: a directory of any width is handed over in parts of this many. */
const BATCH_ENTRIES = 1024;
/** The walk is synchronous; the event loop turns after this many milliseconds of it. */
const SLICE_MS = 8;
/** A read is handed over in pieces of this many bytes: at the speed of a disk, a millisecond's worth. */
const PIECE_BYTES = 1024 * 1024;

/** A directory on the way from the root, for telling a loop of links. */
interface Ancestor {
  readonly identity: string;
  readonly parent: Ancestor | undefined;
}

interface PendingDirectory {
  readonly path: string;
  readonly throughLink: boolean;
  readonly parent: Ancestor | undefined;
}

/** Music in a directory of this machine. */
export class LocalOrigin implements Origin {
  readonly kind = "local";
  readonly id: string;
  readonly root: string;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #status = new FileStatus();
  /** The root as the newest listing met it: an unmounted root is another directory. */
  #identity: string | undefined;
  #isClosed = false;

  constructor(id: string, root: string) {
    this.id = id;
    this.root = root;
    this.#rootBytes = bytesFromString(root);
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    options.signal?.throwIfAborted();
    const identity = this.#checkRoot();
    this.#identity = identity;
    const start = options.directory ?? "";
    if (start !== "") this.#checkDirectory(start);
    const pending: PendingDirectory[] = [{ path: start, throughLink: false, parent: undefined }];
    let sliceEnd = performance.now() + SLICE_MS;
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      options.signal?.throwIfAborted();
      this.#throwIfClosed();
      for (const batch of this.#listDirectory(next, options, pending)) {
        if (batch.length > 0) yield batch;
        if (performance.now() > sliceEnd) {
          await setImmediate();
          options.signal?.throwIfAborted();
          sliceEnd = performance.now() + SLICE_MS;
        }
      }
    }
    if (this.#checkRoot() !== identity) {
      throw new OriginUnreachable(
        `Cannot finish listing ${this.root}: it was unmounted or replaced`,
      );
    }
  }

  stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    return attempt(() => {
      options.signal?.throwIfAborted();
      this.#throwIfClosed();
      const status = this.#status;
      const errno = status.ofPath(this.#absolute(path));
      if (errno !== 0) throw this.#pathError(path, errno);
      if (!status.isFile) {
        throw new OriginNotFound(`Cannot stat ${path}: it is not a file any more`);
      }
      const { size, mtime_s, mtime_ns } = status;
      return { size, mtime_s, mtime_ns };
    });
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const { signal, version } = options;
    signal?.throwIfAborted();
    this.#throwIfClosed();
    let fd = -1;
    try {
      fd = openSource(this.#absolute(path));
      const { regular, ...found } = fileVersion(fd);
      if (!regular) throw new OriginNotFound(`Cannot read ${path}: it is not a file any more`);
      const check = () => {
        if (version !== undefined && !hasVersion(fd, version)) throw changed(path, fileVersion(fd));
      };
      check();
      const end = Math.min(offset + length, found.size);
      for (let at = offset; at < end;) {
        const into = new Uint8Array(Math.min(PIECE_BYTES, end - at));
        const piece = into.subarray(0, readFileAt(fd, at, into));
        check();
        if (piece.length === 0) break;
        yield piece;
        at += piece.length;
        if (at < end) await setImmediate();
        signal?.throwIfAborted();
        this.#throwIfClosed();
      }
    } catch (error) {
      throw error instanceof PosixError ? this.#pathError(path, error.errno) : error;
    } finally {
      if (fd >= 0) closeFile(fd);
    }
  }

  check(options: CallOptions = {}): Promise<void> {
    return attempt(() => {
      options.signal?.throwIfAborted();
      this.#throwIfClosed();
      try {
        closeFile(openDirectory(this.#rootBytes));
      } catch (error) {
        this.#unlisted("", error);
      }
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** Lists one directory and puts its subdirectories on the stack, the first on top. */
  *#listDirectory(
    directory: PendingDirectory,
    options: ListOptions,
    pending: PendingDirectory[],
  ): Generator<OriginEntry[]> {
    let fd: number;
    try {
      fd = openDirectory(this.#absolute(directory.path));
    } catch (error) {
      const unlisted = this.#unlisted(directory.path, error);
      if (unlisted !== undefined) yield [unlisted];
      return;
    }
    try {
      const self = this.#enter(fd, directory);
      if (self === undefined) return;
      let entries: RawEntry[];
      try {
        entries = readDirectory(fd).sort((a, b) => a.name < b.name ? -1 : 1);
      } catch (error) {
        const unlisted = this.#unlisted(directory.path, error);
        if (unlisted !== undefined) yield [unlisted];
        return;
      }
      if (directory.path === "" && entries.length === 0 && isEmptyMountPoint(this.root)) {
        throw new OriginUnreachable(`Cannot list ${this.root}: nothing is mounted there`);
      }
      const below: PendingDirectory[] = [];
      let batch: OriginEntry[] = [];
      for (const { name: raw, type } of entries) {
        const name = stringOfBinary(raw);
        const path = directory.path === "" ? name : `${directory.path}/${name}`;
        if (type === ENTRY.directory) {
          below.push({ path, throughLink: false, parent: self });
          continue;
        }
        if (type !== ENTRY.file && type !== ENTRY.link && type !== ENTRY.unknown) continue;
        const isAfter = options.after === undefined || compareWalkOrder(path, options.after) > 0;
        const isWanted = isAfter && (options.wanted?.(name) ?? true);
        if (type === ENTRY.file && !isWanted) continue;
        const errno = this.#status.ofEntry(fd, raw, true);
        if (errno !== 0) {
          // Its name says nothing: what can't be looked at may be a directory with music in it.
          if (errno !== ERRNO.ENOENT && errno !== ERRNO.ENOTDIR && errno !== ERRNO.ELOOP) {
            batch.push({ kind: "unlisted", path, reason: errorText(errno) });
          }
        } else if (this.#status.isDirectory) {
          below.push({ path, throughLink: type !== ENTRY.unknown, parent: self });
        } else if (this.#status.isFile && isWanted) {
          const { size, mtime_s, mtime_ns } = this.#status;
          batch.push({ kind: "file", path, size, mtime_s, mtime_ns });
        }
        if (batch.length === BATCH_ENTRIES) {
          yield batch;
          batch = [];
        }
      }
      if (options.onDirectory) { for (const { path } of below) options.onDirectory(path); }
      if (options.recursive ?? true) {
        pending.push(...below.filter(({ path }) => mayHoldAfter(path, options.after)).reverse());
      }
      yield batch;
    } finally {
      closeFile(fd);
    }
  }

  /** The directory as an ancestor of what lies below it; undefined when a link led back to one above. */
  #enter(fd: number, directory: PendingDirectory): Ancestor | undefined {
    const errno = this.#status.ofDescriptor(fd);
    if (errno !== 0) throw new OriginUnreachable(`Cannot list ${this.root}: ${errorText(errno)}`);
    const identity = this.#status.identity;
    if (directory.throughLink) {
      for (let above = directory.parent; above !== undefined; above = above.parent) {
        if (above.identity === identity) return undefined;
      }
    }
    return { identity, parent: directory.parent };
  }

  /** Identity of the root. Throws OriginUnreachable. */
  #checkRoot(): string {
    const errno = this.#status.ofPath(this.#rootBytes);
    if (errno !== 0) throw new OriginUnreachable(`Cannot list ${this.root}: ${errorText(errno)}`);
    if (!this.#status.isDirectory) {
      throw new OriginUnreachable(`Cannot list ${this.root}: it is not a directory`);
    }
    return this.#status.identity;
  }

  #checkDirectory(path: string): void {
    const errno = this.#status.ofPath(this.#absolute(path));
    if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) throw this.#pathError(path, errno);
    if (errno === 0 && !this.#status.isDirectory) {
      throw new OriginNotFound(`Cannot list ${path}: it is not a directory`);
    }
  }

  /** What a directory that cannot be opened means for the walk; undefined when it vanished meanwhile. */
  #unlisted(path: string, error: unknown): OriginEntry | undefined {
    if (!(error instanceof PosixError)) throw error;
    if (path === "" || UNANSWERED.has(error.errno)) {
      throw new OriginUnreachable(`Cannot list ${this.root}: ${errorText(error.errno)}`);
    }
    if (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR) return undefined;
    return { kind: "unlisted", path, reason: errorText(error.errno) };
  }

  #pathError(path: string, errno: number): Error {
    const reason = errorText(errno);
    if (errno === ERRNO.EACCES || errno === ERRNO.EPERM) {
      return new OriginRefused(`Cannot read ${path} of ${this.root}: ${reason}`);
    }
    if (errno !== ERRNO.ENOENT && errno !== ERRNO.ENOTDIR) {
      return new OriginUnreachable(`Cannot read ${path} of ${this.root}: ${reason}`);
    }
    try {
      if (this.#identity !== undefined && this.#checkRoot() !== this.#identity) {
        return new OriginUnreachable(`Cannot read ${path} of ${this.root}: it was unmounted`);
      }
    } catch (error) {
      return error as Error;
    }
    return new OriginNotFound(`Cannot read ${path} of ${this.root}: ${reason}`);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new OriginUnreachable(`Cannot use ${this.root}: it was closed`);
  }

  #absolute(path: string): Uint8Array<ArrayBuffer> {
    return path === "" ? this.#rootBytes : bytesFromString(`${this.root}/${path}`);
  }
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function stringOfBinary(raw: string): string {
  return ASCII.test(raw) ? raw : stringFromBytes(bytesOfBinary(raw));
}

function changed(path: string, found: FileVersion): OriginChanged {
  return new OriginChanged(`Cannot read ${path}: it is ${versionText(found)} by now`);
}
