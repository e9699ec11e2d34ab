import { cFunctions } from "./_c_functions.ts";
import { bytesFromString } from "../base/mod.ts";
import { ERRNO } from "./errno.ts";
import { closeFile, O_RDONLY, O_RDWR, openFile, PosixError } from "./file.ts";
import { errno } from "./libc.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

const library = cFunctions({
  flock: { parameters: ["i32", "i32"], result: "i32" },
});

/**
 * A lock that one process holds for its life: flock(2) on a file. The kernel drops it with the process, however that
 * ends, and no child inherits it. Deno's own lock waits instead of answering.
 */
export class FileLock implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the lock; undefined when another process holds it. Creates the file when it does not exist, but not its
   * directory. Throws what Deno throws for a file that can neither be written nor read.
   */
  static take(path: string): FileLock | undefined {
    const fd = openToLock(path);
    if (library.flock(fd, LOCK_EX | LOCK_NB) === 0) return new FileLock(path, fd);
    const why = errno();
    closeFile(fd);
    if (why === ERRNO.EAGAIN) return undefined;
    throw new PosixError("flock", why);
  }

  /** Writes a note into the file that says who holds the lock. Throws what Deno throws. */
  write(note: string): void {
    using file = Deno.openSync(this.#path, { write: true });
    const bytes = new TextEncoder().encode(note);
    // Truncating after writing means that a reader never finds the file empty once it had a note.
    file.writeSync(bytes);
    file.truncateSync(bytes.length);
  }

  [Symbol.dispose](): void {
    closeFile(this.#fd);
  }
}

/** The note in a lock file that a process holds; undefined when no process does. Throws what Deno throws. */
export function lockNote(path: string): string | undefined {
  let fd: number;
  try {
    fd = openFile(bytesFromString(path), O_RDONLY);
  } catch (error) {
    if (error instanceof PosixError && error.errno === ERRNO.ENOENT) return undefined;
    // Deno's error names the path, ours does not.
    return Deno.readTextFileSync(path);
  }
  try {
    // A shared lock: two processes that ask at the same time do not take each other for the holder.
    if (library.flock(fd, LOCK_SH | LOCK_NB) === 0) return undefined;
    return Deno.readTextFileSync(path);
  } finally {
    closeFile(fd);
  }
}

function openToLock(path: string): number {
  try {
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  } catch (error) {
    try {
      // A user who may not write to the disk may still see whether somebody else does.
      return openFile(bytesFromString(path), O_RDONLY);
    } catch {
      throw error;
    }
  }
  return openFile(bytesFromString(path), O_RDWR);
}
