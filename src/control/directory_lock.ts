import { messageOf, ownerHint, shape, UserError } from "../base/mod.ts";
import { FileLock, lockNote } from "../posix/mod.ts";

/** The directories of a library, each with a lock of its own: neither may have two who write there. */
export interface LibraryDirectories {
  readonly stateDir: string;
  readonly cacheDir: string;
}

/** Who writes to a library, as it says itself in the lock. */
export interface LibraryHolder {
  readonly pid: number;
  /** The command that was entered, such as `mount`. */
  readonly command: string;
  /** Of a daemon: where it mounts, and where it listens. */
  readonly mountpoint: string | null;
  readonly socket: string | null;
}

const HOLDER = shape.object({
  pid: shape.integer,
  command: shape.text,
  mountpoint: shape.orNull(shape.text),
  socket: shape.orNull(shape.text),
});

/** A holder that cannot be read is one who is just writing down its name, for about this long. */
const NAMELESS_TRIES = 10;
const TRY_MS = 20;
/** A look at whether a lock is held takes the lock for a moment, so a failed lock is tried again this often. */
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

/** The one right to write to a library, for as long as the process lives or until it is let go of. */
export class LibraryLock implements Disposable {
  readonly #locks: readonly FileLock[];

  private constructor(locks: readonly FileLock[]) {
    this.#locks = locks;
  }

  /**
   * Takes both directories, which have to be there.
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

/** Who writes to the library of a state directory at this moment; undefined when nobody does. */
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
        // A full disk, or one that may only be read: the lock holds, whoever asks learns no name.
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
      // A lock that this user may not look at is no way to find a daemon.
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

/** What a process that is killed while it writes leaves is no holder. */
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
