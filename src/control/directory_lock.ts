import { messageOf, ownerHint, shape, UserError } from "../base/mod.ts";
import { FileLock, lockNote } from "../posix/mod.ts";

/** The directories of a library. Each has a lock of its own, so that no two processes write there. */
export interface LibraryDirectories {
  readonly stateDir: string;
  readonly cacheDir: string;
}

/** The process that writes to a library, as it describes itself in the lock. */
export interface LibraryHolder {
  readonly pid: number;
  /** The command that was entered, such as `mount`. */
  readonly command: string;
  /** Where a daemon mounts and listens; null for other commands. */
  readonly mountpoint: string | null;
  readonly socket: string | null;
}

const HOLDER = shape.object({
  pid: shape.integer,
  command: shape.text,
  mountpoint: shape.orNull(shape.text),
  socket: shape.orNull(shape.text),
});

/** A holder without a readable name is just writing it, for about this many tries. */
const NAMELESS_TRIES = 10;
const TRY_MS = 20;
/** Asking whether a lock is held takes the lock for a moment, so a failed attempt to lock is repeated this often. */
const TAKE_TRIES = 10;

/** Another process writes to the library. */
export class LibraryInUse extends UserError {
  readonly holder: LibraryHolder;

  constructor(directory: string, holder: LibraryHolder) {
    super(`Cannot use ${directory}: ${holderText(holder)}`, {
      hint: holder.mountpoint === null
        ? "wait until it is done"
        : `musicfs unmount ${holder.mountpoint} ends it; a second library needs a --state-dir, ` +
          "a --cache-dir and a --socket of its own",
    });
    this.holder = holder;
  }
}

/** "process 123 (musicfs mount /mnt/music) uses it". */
export function holderText({ pid, command, mountpoint }: LibraryHolder): string {
  if (pid === 0) return "another process uses it";
  return `process ${pid} (musicfs ${command}${
    mountpoint === null ? "" : ` ${mountpoint}`
  }) uses it`;
}

/** The right to write to a library. It lasts for the life of the process, or until it is disposed of. */
export class LibraryLock implements Disposable {
  readonly #locks: readonly FileLock[];

  private constructor(locks: readonly FileLock[]) {
    this.#locks = locks;
  }

  /**
   * Locks both directories, which have to exist.
   *
   * @throws LibraryInUse when another process has one of them.
   * @throws UserError when a directory can be neither written nor read.
   */
  static async take(
    directories: LibraryDirectories,
    holder: Omit<LibraryHolder, "pid">,
  ): Promise<LibraryLock> {
    const locks: FileLock[] = [];
    try {
      for (const path of lockPaths(directories)) locks.push(await takeOne(path, holder));
      return new LibraryLock(locks);
    } catch (error) {
      for (const lock of locks) lock[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const lock of this.#locks) lock[Symbol.dispose]();
  }
}

/** The process that writes to the library of a state directory now; undefined when there is none. */
export async function libraryHolder(stateDir: string): Promise<LibraryHolder | undefined> {
  return await holderAt(stateLock(stateDir));
}

async function takeOne(path: string, holder: Omit<LibraryHolder, "pid">): Promise<FileLock> {
  const directory = path.slice(0, path.lastIndexOf("/"));
  for (let tries = 1;; tries++) {
    const lock = tryTake(path, directory);
    if (lock !== undefined) {
      try {
        lock.write(`${JSON.stringify({ pid: Deno.pid, ...holder })}\n`);
      } catch {
        // The disk is full or read-only: the lock holds, but other processes can't learn the holder's name.
      }
      return lock;
    }
    const other = await holderAt(path);
    if (other !== undefined && (other.pid !== 0 || tries >= TAKE_TRIES)) {
      throw new LibraryInUse(directory, other);
    }
    await pause();
  }
}

function tryTake(path: string, directory: string): FileLock | undefined {
  try {
    return FileLock.take(path);
  } catch (error) {
    throw new UserError(`Cannot lock ${directory}: ${messageOf(error)}`, {
      hint: error instanceof Deno.errors.PermissionDenied
        ? ownerHint(path, directory)
        : "see whose directory it is, and whether its disk can be written",
      cause: error,
    });
  }
}

async function holderAt(path: string): Promise<LibraryHolder | undefined> {
  for (let tries = 1;; tries++) {
    let note: string | undefined;
    try {
      note = lockNote(path);
    } catch (error) {
      // A lock that this user may not read can't lead to a daemon.
      if (error instanceof Deno.errors.PermissionDenied) return undefined;
      throw error;
    }
    if (note === undefined) return undefined;
    const holder = parseHolder(note);
    if (holder !== undefined) return holder;
    if (tries >= NAMELESS_TRIES) return { pid: 0, command: "", mountpoint: null, socket: null };
    await pause();
  }
}

/** The holder that a note describes; undefined for a note that its writer was killed over. */
function parseHolder(note: string): LibraryHolder | undefined {
  try {
    const said: unknown = JSON.parse(note);
    return shape.fits(HOLDER, said) ? said : undefined;
  } catch {
    return undefined;
  }
}

function stateLock(stateDir: string): string {
  return `${stateDir}/state.lock`;
}

function lockPaths({ stateDir, cacheDir }: LibraryDirectories): string[] {
  return [stateLock(stateDir), `${cacheDir}/cache.lock`];
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TRY_MS));
}
