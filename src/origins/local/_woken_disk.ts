import { bytesFromString, SlowCalls } from "../../base/mod.ts";
import { bytesOfBinary, readEntriesLater } from "../../posix/directory.ts";
import {
  closeFile,
  closeLater,
  cString,
  deviceOf,
  diskKind,
  isInMemory,
  isKnownBelow,
  lookLater,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openBelowAtOnce,
  openBeneathLater,
  openRootLater,
  readFileAtLater,
  refreshStatus,
} from "../../posix/mod.ts";
import { OriginTimedOut } from "../unreachable.ts";

const ENTRIES_BYTES = 64 * 1024;
const PATH_BYTES = 1024;
/**
 * A disk that was not used for this long may have fallen asleep. Then what is in memory says nothing about the rest.
 */
const AWAKE_MS = 1_000;

/**
 * The disk of a local origin, which may stall while it spins up or when it breaks. The engine's thread has other
 * origins to serve. So before that thread looks at something that is not in memory, another thread, which may wait,
 * looks at it. This costs as much as looking at ten files, so only a few entries of a directory are looked at: inodes
 * that were created together lie together.
 *
 * Of a file system that may be on a server (a share, or any file system of FUSE) nothing stays in memory for sure, and
 * each look may wait. So nobody looks there with the engine's thread: see {@link isOnServer}.
 *
 * Errors are not reported here, since the engine's thread meets them when it looks by itself. A disk that does not
 * answer in time is not asked again before it has answered. The calls reject with OriginTimedOut and nothing else.
 */
export class WokenDisk {
  readonly #root: Uint8Array<ArrayBuffer>;
  readonly #name: string;
  readonly #followLinks: boolean;
  readonly #calls: SlowCalls;
  /**
   * Looks at the targets of links. A link may lead to another disk, and this disk may answer when that one does not.
   */
  readonly #links: SlowCalls;
  readonly #path = new Uint8Array(PATH_BYTES);
  #wokenAt = -Infinity;
  /** The device of the root, while that may be on a server. */
  #server: number | undefined;

  constructor(root: string, followLinks: boolean, deadlineMs: number) {
    this.#root = cString(bytesFromString(root));
    this.#name = root;
    this.#followLinks = followLinks;
    this.#calls = new SlowCalls(root, deadlineMs);
    this.#links = new SlowCalls(root, deadlineMs);
  }

  /**
   * Whether a path below the root may be on a server; otherwise it can be looked at without waiting. A server that is
   * known to hold the root is not asked: a thread that waits for it can't be ended, and neither can its process.
   */
  async isOnServer(path: string): Promise<boolean> {
    if (this.#server !== undefined) {
      const fd = openBelowAtOnce(this.#root, cString("."), O_PATH);
      if (fd === undefined) return true;
      const device = deviceOf(fd);
      closeFile(fd);
      if (device === this.#server) return true;
      this.#server = undefined;
    }
    const file = await this.open(path, O_PATH);
    if (file === undefined) return !this.#isKnown(path);
    const { fd, isOnServer } = file;
    if (path === "" && isOnServer) this.#server = deviceOf(fd);
    file.close();
    return isOnServer;
  }

  /**
   * Opens a directory that is in memory, while the disk is awake, so that it can be read without waiting. Returns
   * undefined when the disk has to be woken for it, and for a directory on another file system than the root's.
   */
  openAtOnce(path: string): number | undefined {
    if (performance.now() - this.#wokenAt >= AWAKE_MS) return undefined;
    return openBelowAtOnce(this.#root, this.#terminated(path || "."), O_RDONLY | O_DIRECTORY);
  }

  /** Resolves once a directory can be opened and read without waiting; with true when it may be on a server. */
  async wakeForDirectory(path: string): Promise<boolean> {
    const directory = await this.open(path, O_RDONLY | O_DIRECTORY);
    try {
      if (directory?.isOnServer ?? !this.#isKnown(path)) return true;
      await directory?.call(async (fd) => {
        const into = new Uint8Array(ENTRIES_BYTES);
        while (await readEntriesLater(fd, into, []) > 0);
      });
    } finally {
      directory?.close();
    }
    this.#wokenAt = performance.now();
    return false;
  }

  /**
   * Resolves with "here" once the target of a link can be looked at without waiting; with "server" when that may be on a
   * server; with "lost" when it does not answer, or while the target of another link does not. Never rejects.
   */
  async wakeForLink(path: string): Promise<"here" | "server" | "lost"> {
    if (this.#isKnown(path)) return "here";
    try {
      // Links are followed here whether or not they may leave the root: the check for that looks at the target as well,
      // and is made by the caller's own look.
      return await this.#links.run(async () => {
        let fd: number;
        try {
          fd = await this.#open(path, O_PATH, true);
        } catch {
          return this.#isKnown(path) ? "here" : "server";
        }
        const isOnServer = await isServed(fd).catch(() => true);
        closeFile(fd);
        return isOnServer ? "server" : "here";
      });
    } catch {
      return "lost";
    }
  }

  /** Whether entries of an open directory (binary strings) are in memory, so that they can be looked at without waiting. */
  hasInMemory(directory: number, names: readonly string[]): boolean {
    return names.every((name) => isInMemory(directory, name));
  }

  /** Resolves once entries of an open directory can be looked at without waiting. */
  async wakeForEntries(
    directory: number,
    names: readonly string[],
  ): Promise<void> {
    for (const name of names) {
      if (isInMemory(directory, name)) continue;
      await this.#inTime(() => lookLater(directory, bytesOfBinary(name)));
    }
  }

  /** Opens a path below the root; undefined when that fails. Afterwards the status of the file is in memory. */
  async open(path: string, flags: number): Promise<WokenFile | undefined> {
    const inTime: InTime = (call) => this.#inTime(call);
    return await this.#inTime(
      async () => {
        const fd = await this.#open(path, flags);
        return new WokenFile(fd, await isServed(fd).catch(() => true), inTime);
      },
      (late) => late?.close(),
    );
  }

  /** The bytes of a path with NUL behind them, until the next call: a scan asks for the path of each directory. */
  #terminated(path: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#path;
    if (path.length >= bytes.length) return cString(bytesFromString(path));
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i);
      if (unit >= 0x80) return cString(bytesFromString(path));
      bytes[i] = unit;
    }
    bytes[path.length] = 0;
    return bytes;
  }

  /** Whether a look at a path needs neither disk nor server. What it fails with is known without them as well. */
  #isKnown(path: string): boolean {
    return isKnownBelow(this.#root, cString(bytesFromString(path || ".")));
  }

  async #open(
    path: string,
    flags: number,
    followLinks: boolean = this.#followLinks,
  ): Promise<number> {
    const root = await openRootLater(this.#root.subarray(0, -1));
    let fd: number;
    try {
      fd = await openBeneathLater(root, bytesFromString(path), flags, { followLinks });
    } finally {
      closeFile(root);
    }
    await refreshStatus(fd).catch(() => {});
    return fd;
  }

  async #inTime<T>(
    call: () => Promise<T>,
    late?: (value: T | undefined) => void,
  ): Promise<T | undefined> {
    try {
      return await this.#calls.run(() => call().catch(() => undefined), late);
    } catch {
      const message = `Cannot reach ${this.#name}: its disk does not answer`;
      throw new OriginTimedOut(message, performance.now());
    }
  }
}

/** Makes a call within the deadline. Resolves with its result; undefined when it fails. Rejects with OriginTimedOut. */
type InTime = <T>(call: () => Promise<T>) => Promise<T | undefined>;

/** Whether an open file may be on a server. Rejects when its file system does not answer that. */
async function isServed(fd: number): Promise<boolean> {
  return await diskKind(fd) === "server";
}

/** An open file of a {@link WokenDisk}. It is closed once no other thread uses it. */
export class WokenFile {
  readonly fd: number;
  /** Whether the file may be on a server, so that every look at it may wait. */
  readonly isOnServer: boolean;
  readonly #inTime: InTime;
  #calls = 0;
  #isClosed = false;

  constructor(fd: number, isOnServer: boolean, inTime: InTime) {
    this.fd = fd;
    this.isOnServer = isOnServer;
    this.#inTime = inTime;
  }

  /** Does something with the descriptor on another thread; undefined when that fails. Rejects with OriginTimedOut. */
  call<T>(work: (fd: number) => Promise<T>): Promise<T | undefined> {
    return this.#inTime(async () => {
      this.#calls++;
      try {
        return await work(this.fd);
      } finally {
        this.#calls--;
        if (this.#isClosed && this.#calls === 0) this.#close();
      }
    });
  }

  /** Reads into `into`. Resolves with the number of bytes; undefined when that fails. Rejects with OriginTimedOut. */
  read(offset: number, into: Uint8Array<ArrayBuffer>): Promise<number | undefined> {
    return this.call((fd) => readFileAtLater(fd, offset, into));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#calls === 0) this.#close();
  }

  /** A server may be told that a file is closed, and the kernel waits for its answer. */
  #close(): void {
    if (this.isOnServer) closeLater(this.fd);
    else closeFile(this.fd);
  }
}
