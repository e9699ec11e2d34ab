import { join } from "node:path";

/** Room for everything that a group keeps at a time, twice over. What is not written takes no space. */
const BYTES = 16 * 2 ** 30;

/**
 * An ext4 of its own, like most people's: with a journal, and without files that another run deleted a minute ago.
 * (Without a journal, as on some virtual machines, ext4 takes twenty times as long to create a file beside such files.)
 * Without root, or without mkfs.ext4, it is a plain directory.
 */
export class ScratchDisk implements Disposable {
  readonly directory: string;
  readonly #image: string;

  constructor(below: string) {
    this.directory = join(below, "disk");
    this.#image = join(below, "disk.img");
    this[Symbol.dispose]();
    Deno.mkdirSync(this.directory, { recursive: true });
    if (Deno.uid() !== 0) return;
    Deno.writeFileSync(this.#image, new Uint8Array());
    Deno.truncateSync(this.#image, BYTES);
    if (run("mkfs.ext4", "-q", "-F", this.#image)) {
      run("mount", "-o", "loop", this.#image, this.directory);
    }
  }

  /** Also removes what a killed run left. */
  [Symbol.dispose](): void {
    run("umount", this.directory);
    for (const path of [this.directory, this.#image]) {
      try {
        Deno.removeSync(path, { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

function run(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
