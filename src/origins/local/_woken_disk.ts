import { bytesFromString, SlowCalls } from "../../base/mod.ts";
import { readEntriesLater } from "../../posix/directory.ts";
import {
  closeFile,
  cString,
  isInMemory,
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
  #wokenAt = -Infinity;

  constructor(root: string, followLinks: boolean, deadlineMs: number) {
    this.#root = cString(bytesFromString(root));
    this.#name = root;
    this.#followLinks = followLinks;
    this.#calls = new SlowCalls(root, deadlineMs);
    this.#links = new SlowCalls(root, deadlineMs);
  }

  /** Resolves once a path below the root can be looked at without waiting. */
  async wakeFor(path: string): Promise<void> {
    (await this.open(path, O_PATH))?.close();
  }

  /**
   * Opens a directory that is in memory, while the disk is awake, so that it can be read without waiting. Returns
   * undefined when the disk has to be woken for it.
   */
  openAtOnce(path: string): number | undefined {
    if (performance.now() - this.#wokenAt >= AWAKE_MS) return undefined;
    const bytes = cString(bytesFromString(path || "."));
    return openBelowAtOnce(this.#root, bytes, O_RDONLY | O_DIRECTORY);
  }

  /** Resolves once a directory can be opened and read without waiting. */
  async wakeForDirectory(path: string): Promise<void> {
    const directory = await this.open(path, O_RDONLY | O_DIRECTORY);
    try {
      await directory?.call(async (fd) => {
        const into = new Uint8Array(ENTRIES_BYTES);
        while (await readEntriesLater(fd, into, []) > 0);
      });
    } finally {
      directory?.close();
    }
    this.#wokenAt = performance.now();
  }

  /**
   * Resolves with true once the target of a link can be looked at without waiting; with false when it does not answer,
   * or while the target of another link does not. Never rejects.
   */
  async wakeForLink(path: string): Promise<boolean> {
    const fd = openBelowAtOnce(this.#root, cString(bytesFromString(path)), O_PATH);
    if (fd !== undefined) {
      closeFile(fd);
      return true;
    }
    try {
      // Links are followed here whether or not they may leave the root: the check for that looks at the target as well,
      // and is made by the caller's own look.
      await this.#links.run(() => this.#open(path, O_PATH, true).then(closeFile, () => {}));
      return true;
    } catch {
      return false;
    }
  }

  /** Whether entries of an open directory are in memory, so that they can be looked at without waiting. */
  hasInMemory(directory: number, names: readonly Uint8Array<ArrayBuffer>[]): boolean {
    return names.every((name) => isInMemory(directory, name));
  }

  /** Resolves once entries of an open directory can be looked at without waiting. */
  async wakeForEntries(
    directory: number,
    names: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<void> {
    for (const name of names) {
      if (isInMemory(directory, name)) continue;
      await this.#inTime(() => lookLater(directory, name));
    }
  }

  /** Opens a path below the root; undefined when that fails. Afterwards the status of the file is in memory. */
  async open(path: string, flags: number): Promise<WokenFile | undefined> {
    const inTime: InTime = (call) => this.#inTime(call);
    return await this.#inTime(
      async () => new WokenFile(await this.#open(path, flags), inTime),
      (late) => late?.close(),
    );
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

/** An open file of a {@link WokenDisk}. It is closed once no other thread uses it. */
export class WokenFile {
  readonly fd: number;
  readonly #inTime: InTime;
  #calls = 0;
  #isClosed = false;

  constructor(fd: number, inTime: InTime) {
    this.fd = fd;
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
        if (this.#isClosed && this.#calls === 0) closeFile(this.fd);
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
    if (this.#calls === 0) closeFile(this.fd);
  }
}
