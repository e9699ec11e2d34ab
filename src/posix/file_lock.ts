import { bytesFromString } from "../base/mod.ts";
import { ERRNO } from "./errno.ts";
import { closeFile, O_RDONLY, O_RDWR, openFile, PosixError } from "./file.ts";
import { errno } from "./libc.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

const library = Deno.dlopen("libc.so.6", {
  flock: { parameters: ["i32", "i32"], result: "i32" },
}).symbols;

/**
 * One process's right to something, as long as it lives: flock(2) on a file. The kernel drops it with the process,
 * however that ends, and no child inherits it. Deno has no lock that answers instead of waiting.
 */
export class FileLock implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the lock; undefined when somebody holds it. The file is made when it isn't there, in a directory that is.
   * Throws what Deno throws for a file that can neither be written nor read.
   */
  static take(path: string): FileLock | undefined {
    const fd = openToLock(path);
    if (library.flock(fd, LOCK_EX | LOCK_NB) === 0) return new FileLock(path, fd);
    const why = errno();
    closeFile(fd);
    if (why === ERRNO.EAGAIN) return undefined;
    throw new PosixError("flock", why);
  }

  /** Says in the file who holds the lock. Throws what Deno throws. */
  write(note: string): void {
    using file = Deno.openSync(this.#path, { write: true });
    const bytes = new TextEncoder().encode(note);
    // In this order a reader never finds an empty file once there was a note.
    file.writeSync(bytes);
    file.truncateSync(bytes.length);
  }

  [Symbol.dispose](): void {
    closeFile(this.#fd);
  }
}

/** What stands in a lock file that somebody holds; undefined when nobody does. Throws what Deno throws. */
export function lockNote(path: string): string | undefined {
  let fd: number;
  try {
    fd = openFile(bytesFromString(path), O_RDONLY);
  } catch (error) {
    if (error instanceof PosixError && error.errno === ERRNO.ENOENT) return undefined;
    // Told in the words of Deno, which name the path.
    return Deno.readTextFileSync(path);
  }
  try {
    // Shared: two who ask at the same time do not take each other for a holder.
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
      // Whoever may not write to the disk may still see whether somebody else does.
      return openFile(bytesFromString(path), O_RDONLY);
    } catch {
      throw error;
    }
  }
  return openFile(bytesFromString(path), O_RDWR);
}
