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
/** A disk that was not asked for so long may have fallen asleep: what is in memory says nothing about the rest. */
const AWAKE_MS = 1_000;

/**
 * The disk of a local origin. It may stall: while it spins up, or when it breaks. So before the engine's thread, which
 * has other origins to serve, looks at what is not in memory, another thread does, which may wait. That costs as much as
 * to look at ten files, so of a directory only a few entries are looked at: inodes that were made together lie together.
 *
 * An error is not told here: whoever looks himself then meets it. A disk that does not answer in time is asked for
 * nothing until it does. All calls reject with OriginTimedOut and nothing else.
 */
export class WokenDisk {
  readonly #root: Uint8Array<ArrayBuffer>;
  readonly #name: string;
  readonly #followLinks: boolean;
  readonly #calls: SlowCalls;
  /** Looks at where links lead, which may be another disk: when that does not answer, this one may. */
  readonly #links: SlowCalls;
  #wokenAt = -Infinity;

  constructor(root: string, followLinks: boolean, deadlineMs: number) {
    this.#root = cString(bytesFromString(root));
    this.#name = root;
    this.#followLinks = followLinks;
    this.#calls = new SlowCalls(root, deadlineMs);
    this.#links = new SlowCalls(root, deadlineMs);
  }

  /** A path below the root can be looked at. */
  async wakeFor(path: string): Promise<void> {
    (await this.open(path, O_PATH))?.close();
  }

  /** Opens a directory that is in memory while the disk is awake: it can be read. Undefined when it has to be woken for. */
  openAtOnce(path: string): number | undefined {
    if (performance.now() - this.#wokenAt >= AWAKE_MS) return undefined;
    const bytes = cString(bytesFromString(path || "."));
    return openBelowAtOnce(this.#root, bytes, O_RDONLY | O_DIRECTORY);
  }

  /** A directory can be opened and read. */
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
   * What a link leads to can be looked at; false when it does not answer, or another one did not and does not yet.
   * Never rejects.
   */
  async wakeForLink(path: string): Promise<boolean> {
    const fd = openBelowAtOnce(this.#root, cString(bytesFromString(path)), O_PATH);
    if (fd !== undefined) {
      closeFile(fd);
      return true;
    }
    try {
      // Whether it may be followed is for whoever looks: to tell what lies there takes a look as well.
      await this.#links.run(() => this.#open(path, O_PATH, true).then(closeFile, () => {}));
      return true;
    } catch {
      return false;
    }
  }

  /** Whether entries of an open directory are in memory: they can be looked at. */
  hasInMemory(directory: number, names: readonly Uint8Array<ArrayBuffer>[]): boolean {
    return names.every((name) => isInMemory(directory, name));
  }

  /** Entries of an open directory can be looked at. */
  async wakeForEntries(
    directory: number,
    names: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<void> {
    for (const name of names) {
      if (isInMemory(directory, name)) continue;
      await this.#inTime(() => lookLater(directory, name));
    }
  }

  /** Opens a path below the root; undefined when it can't be. What it is like is in memory then. */
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

/** What a call gives; undefined when it fails. Rejects with OriginTimedOut. */
type InTime = <T>(call: () => Promise<T>) => Promise<T | undefined>;

/** An open file of such a disk. It is closed once no other thread uses it. */
export class WokenFile {
  readonly fd: number;
  readonly #inTime: InTime;
  #calls = 0;
  #isClosed = false;

  constructor(fd: number, inTime: InTime) {
    this.fd = fd;
    this.#inTime = inTime;
  }

  /** Has something done on another thread; undefined when that fails. Rejects with OriginTimedOut. */
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

  /** Bytes that were read to `into`; undefined when that failed. Rejects with OriginTimedOut. */
  read(offset: number, into: Uint8Array<ArrayBuffer>): Promise<number | undefined> {
    return this.call((fd) => readFileAtLater(fd, offset, into));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#calls === 0) closeFile(this.fd);
  }
}
