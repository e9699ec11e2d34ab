import { setImmediate } from "node:timers/promises";
import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { bytesFromString } from "../../base/mod.ts";
import { errorText, FileStatus, openDirectory, type StatusVersion } from "../../posix/directory.ts";
import {
  closeFile,
  ERRNO,
  fileVersion,
  hasVersion,
  keptNumbers,
  LEADS_OUT,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openBelow,
  permittedMode,
  PosixError,
  readFileAt,
} from "../../posix/mod.ts";
import { unlistedDirectory } from "./_entries.ts";
import { Links } from "./_links.ts";
import { LocalWalk } from "./_walk.ts";
import { WokenDisk, type WokenFile } from "./_woken_disk.ts";
import type { LinkTarget } from "./link_target.ts";
import { NfsOrigin } from "../nfs/nfs_origin.ts";
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
} from "../origin.ts";
import { versionText } from "../version.ts";
import { compareWalkOrder } from "../walk_order.ts";

/** The walk is synchronous; after this many ms of it the event loop turns. */
const SLICE_MS = 8;
/** The size of the pieces in which a read is handed over: a disk reads one in about a millisecond. */
const PIECE_BYTES = 1024 * 1024;

/** An origin whose music lies in a directory of this machine. */
export class LocalOrigin implements Origin {
  readonly kind = "local";
  readonly id: string;
  readonly root: string;
  readonly followsLinks: boolean;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #status = new FileStatus();
  /** The identity of the root in the newest listing: an unmounted root is another directory. */
  #identity: string | undefined;
  #isClosed = false;
  readonly #disk: WokenDisk | undefined;
  /**
   * Looks, in processes of its own, at what may be on a server. Such a look may wait for ever, a process whose thread
   * waits so can't be ended, and not even memory tells in advance whether it will wait.
   */
  readonly #share: NfsOrigin | undefined;

  /**
   * With `followsLinks`, links may lead out of the root. `deadlineMs` is how long the disk is waited for, on other
   * threads and in other processes. When absent, the thread of the caller waits for the disk, however long that takes.
   */
  constructor(id: string, root: string, followsLinks: boolean = false, deadlineMs?: number) {
    this.id = id;
    this.root = root;
    this.followsLinks = followsLinks;
    this.#rootBytes = bytesFromString(root);
    if (deadlineMs === undefined) return;
    this.#disk = new WokenDisk(root, followsLinks, deadlineMs);
    this.#share = new NfsOrigin(id, root, deadlineMs, followsLinks);
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    options.signal?.throwIfAborted();
    const start = options.directory ?? "";
    if (await this.#isOnServer(start)) {
      yield* this.#share!.list(options);
      return;
    }
    const identity = this.#checkRoot();
    this.#identity = identity;
    if (start !== "") this.#checkDirectory(start);
    const walk = new LocalWalk(this.root, { ...options, followLinks: this.followsLinks });
    let sliceEnd = performance.now() + SLICE_MS;
    for (;;) {
      const { upcoming } = walk;
      if (upcoming === undefined) break;
      options.signal?.throwIfAborted();
      this.#throwIfClosed();
      const opened = this.#disk?.openAtOnce(upcoming);
      if (this.#disk !== undefined && opened === undefined) {
        const isOnServer = await this.#disk.wakeForDirectory(upcoming);
        options.signal?.throwIfAborted();
        this.#throwIfClosed();
        if (isOnServer) {
          walk.skip();
          yield* this.#listShare(upcoming, options);
          continue;
        }
      }
      for (const batch of walk.next(opened) ?? []) {
        if (walk.link !== undefined) walk.link.target = await this.#serverTarget(walk.link.path);
        if (walk.ahead !== undefined && !this.#disk?.hasInMemory(...walk.ahead)) {
          await this.#disk?.wakeForEntries(...walk.ahead);
        }
        if (batch.length > 0) yield batch;
        if (performance.now() > sliceEnd) {
          await setImmediate();
          options.signal?.throwIfAborted();
          sliceEnd = performance.now() + SLICE_MS;
        }
      }
    }
    if (await this.#isOnServer("") || this.#checkRoot() !== identity) {
      throw new OriginUnreachable(
        `Cannot finish listing ${this.root}: it was unmounted or replaced`,
      );
    }
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileVersion & FileOwnership> {
    options.signal?.throwIfAborted();
    if (await this.#isOnServer(path)) return await this.#share!.stat(path, options);
    options.signal?.throwIfAborted();
    this.#throwIfClosed();
    const status = this.#status;
    let version: StatusVersion | undefined;
    const errno = this.#lookAt(path, (fd) => {
      if (!status.isFile) return;
      version = status.version(keptNumbers(fd), permittedMode(status.mode, fd));
    });
    if (errno !== 0) throw this.#pathError(path, errno);
    if (version === undefined) {
      throw new OriginNotFound(`Cannot stat ${path}: it is not a file any more`);
    }
    return version;
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
    if (await this.#isOnServer(path)) {
      yield* this.#share!.read(path, offset, length, options);
      return;
    }
    let fd = -1;
    let woken: WokenFile | undefined;
    try {
      // With O_NONBLOCK open(2) does not wait for a writer when a FIFO has taken the file's place.
      const flags = O_RDONLY | O_NONBLOCK;
      woken = await this.#disk?.open(path, flags);
      signal?.throwIfAborted();
      fd = woken?.fd ?? this.#open(path, flags);
      const { regular, ...found } = fileVersion(fd);
      if (!regular) throw new OriginNotFound(`Cannot read ${path}: it is not a file any more`);
      const check = () => {
        if (version !== undefined && !hasVersion(fd, version)) throw changed(path, fileVersion(fd));
      };
      check();
      const end = Math.min(offset + length, found.size);
      for (let at = offset; at < end;) {
        const into = new Uint8Array(Math.min(PIECE_BYTES, end - at));
        // When the other thread could not read, this read fails too, and says with which errno.
        const count = await woken?.read(at, into) ?? readFileAt(fd, at, into);
        const piece = into.subarray(0, count);
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
      if (woken !== undefined) woken.close();
      else if (fd >= 0) closeFile(fd);
    }
  }

  async check(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (await this.#isOnServer("")) return await this.#share!.check(options);
    options.signal?.throwIfAborted();
    this.#throwIfClosed();
    try {
      closeFile(openDirectory(this.#rootBytes));
    } catch (error) {
      unlistedDirectory(this.root, "", error);
    }
  }

  /** What a symbolic link leads to. */
  link(path: string): Promise<LinkTarget> {
    const links = new Links(this.root, { followLinks: this.followsLinks });
    return Promise.resolve(links.target(path));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#share?.close();
  }

  /** Whether a path below the root may be on a server; otherwise it can be looked at without waiting. */
  async #isOnServer(path: string): Promise<boolean> {
    return await this.#disk?.isOnServer(path) ?? false;
  }

  /** Lists a directory below the root that lies on a server, with everything below it. */
  async *#listShare(
    directory: string,
    options: ListOptions,
  ): AsyncIterableIterator<readonly OriginEntry[]> {
    try {
      yield* this.#share!.list({ ...options, directory });
    } catch (error) {
      // Otherwise the directory has gone since its parent was listed.
      if (!(error instanceof OriginNotFound)) throw error;
    }
  }

  /** What a link leads to, when that may be on a server or does not answer; undefined when it is here. */
  async #serverTarget(path: string): Promise<LinkTarget | undefined> {
    const place = await this.#disk?.wakeForLink(path) ?? "here";
    if (place === "here") return undefined;
    try {
      if (place === "server") return await this.#share!.link(path);
    } catch (error) {
      if (!(error instanceof OriginUnreachable)) throw error;
    }
    return { entry: { kind: "unlisted", path, reason: "Where it leads does not answer" } };
  }

  /** Returns the identity of the root. Throws OriginUnreachable. */
  #checkRoot(): string {
    const errno = this.#status.ofPath(this.#rootBytes);
    if (errno !== 0) throw new OriginUnreachable(`Cannot list ${this.root}: ${errorText(errno)}`);
    if (!this.#status.isDirectory) {
      throw new OriginUnreachable(`Cannot list ${this.root}: it is not a directory`);
    }
    return this.#status.identity;
  }

  #checkDirectory(path: string): void {
    const errno = this.#lookAt(path);
    if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) throw this.#pathError(path, errno);
    if (errno === 0 && !this.#status.isDirectory) {
      throw new OriginNotFound(`Cannot list ${path}: it is not a directory`);
    }
  }

  #pathError(path: string, errno: number): Error {
    const reason = errno === ERRNO.EXDEV ? LEADS_OUT : errorText(errno);
    if (errno === ERRNO.EACCES || errno === ERRNO.EPERM || errno === ERRNO.EXDEV) {
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

  /** Throws PosixError. */
  #open(path: string, flags: number): number {
    const options = { followLinks: this.followsLinks };
    return openBelow(this.#rootBytes, bytesFromString(path), flags, options);
  }

  /** Looks at a path below the root, following links, and calls `more` with what was found. Returns 0 or the errno. */
  #lookAt(path: string, more?: (fd: number) => void): number {
    let fd: number;
    try {
      fd = this.#open(path, O_PATH);
    } catch (error) {
      if (error instanceof PosixError) return error.errno;
      throw error;
    }
    try {
      const errno = this.#status.ofDescriptor(fd);
      if (errno === 0) more?.(fd);
      return errno;
    } finally {
      closeFile(fd);
    }
  }
}

function changed(path: string, found: FileVersion): OriginChanged {
  return new OriginChanged(`Cannot read ${path}: it is ${versionText(found)} by now`);
}
