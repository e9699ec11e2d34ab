import { FileLock } from "../../src/posix/mod.ts";
import { LogInUse } from "./errors.ts";

/** The right to append to the log of a directory: a lock on a file that names the holder. */
export class WriterLock implements Disposable {
  readonly #lock: FileLock;

  /** @throws LogInUse when another process holds it. */
  constructor(path: string) {
    const lock = FileLock.take(path);
    if (lock === undefined) throw new LogInUse(Deno.readTextFileSync(path).trim());
    this.#lock = lock;
    try {
      lock.write(`${Deno.pid}\n`);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}
