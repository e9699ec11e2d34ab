import { LogInUse } from "./errors.ts";

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;
const LOCK_NB = 4;

const LIBC = {
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/**
 * The one right to append to the log of a directory: flock(2) on a file that names the holder. The kernel
 * drops it with the process, however that ends. Deno has no lock that answers instead of waiting.
 */
export class WriterLock implements Disposable {
  readonly #libc: Deno.DynamicLibrary<typeof LIBC>;
  readonly #fd: number;

  /** @throws LogInUse when another process holds it. */
  constructor(path: string) {
    // Creating the file this way first gives a named error for a directory that can't be written.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
    this.#libc = Deno.dlopen("libc.so.6", LIBC);
    const name = new TextEncoder().encode(`${path}\0`);
    this.#fd = this.#libc.symbols.open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600);
    if (this.#fd < 0 || this.#libc.symbols.flock(this.#fd, LOCK_EX | LOCK_NB) !== 0) {
      this[Symbol.dispose]();
      const holder = Deno.readTextFileSync(path).trim();
      throw new LogInUse(holder);
    }
    Deno.writeTextFileSync(path, `${Deno.pid}\n`);
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}
