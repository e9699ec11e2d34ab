import type { SftpHandle, SftpSession } from "./_session.ts";

/** How many files without a reader are kept open for the next range, and for how long. */
const IDLE_FILES_MAX = 32;
const IDLE_MS = 10_000;

interface OpenFile {
  readonly handle: Promise<SftpHandle>;
  users: number;
  /** Whether the next reader may get the file. */
  isKept: boolean;
  isClosed: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** An open file that one reader has until it calls `release`. */
export interface LentFile {
  readonly handle: Promise<SftpHandle>;
  /** Whether the file was open already. Its path may mean another file by now. */
  readonly isReused: boolean;
  /** `keep` says whether another reader may get the file. */
  release(keep: boolean): void;
}

/**
 * The open files of one session, by path. Opening a file costs a round trip, which the next range of the same file
 * saves.
 */
export class SftpFiles {
  readonly #session: SftpSession;
  /** The least recently used file comes first. */
  readonly #files = new Map<string, OpenFile>();

  constructor(session: SftpSession) {
    this.#session = session;
  }

  /** @param fresh opens the path anew even when it is open already */
  lend(path: string, bytes: Uint8Array, fresh: boolean): LentFile {
    const found = fresh ? undefined : this.#files.get(path);
    const file = found ?? this.#open(path, bytes);
    this.#files.delete(path);
    this.#files.set(path, file);
    clearTimeout(file.timer);
    file.users++;
    return {
      handle: file.handle,
      isReused: found !== undefined,
      release: (keep) => this.#release(path, file, keep),
    };
  }

  /** Closes the files without a reader. */
  clear(): void {
    for (const [path, file] of this.#files) if (file.users === 0) this.#close(path, file);
  }

  #open(path: string, bytes: Uint8Array): OpenFile {
    const before = this.#files.get(path);
    if (before !== undefined) this.#discard(path, before);
    const handle = this.#session.open(bytes);
    const file: OpenFile = { handle, users: 0, isKept: true, isClosed: false, timer: undefined };
    handle.catch(() => this.#discard(path, file));
    return file;
  }

  #release(path: string, file: OpenFile, keep: boolean): void {
    file.users--;
    if (!keep) this.#discard(path, file);
    if (file.users > 0) return;
    const isInTheWay = !this.#session.isOpen || this.#session.isShortOfHandles;
    if (!file.isKept || isInTheWay) return this.#close(path, file);
    file.timer = setTimeout(() => this.#close(path, file), IDLE_MS);
    const idle = [...this.#files].filter(([, { users }]) => users === 0);
    for (const [path, file] of idle.slice(0, -IDLE_FILES_MAX)) this.#close(path, file);
  }

  /** Gives the file to no further reader, and closes it once its last one is done. */
  #discard(path: string, file: OpenFile): void {
    file.isKept = false;
    if (this.#files.get(path) === file) this.#files.delete(path);
    if (file.users === 0) this.#close(path, file);
  }

  #close(path: string, file: OpenFile): void {
    clearTimeout(file.timer);
    if (this.#files.get(path) === file) this.#files.delete(path);
    if (file.isClosed) return;
    file.isClosed = true;
    file.handle.then((handle) => this.#session.close(handle), () => {});
  }
}
