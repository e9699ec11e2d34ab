import { join } from "node:path";

/** Room for all that a group keeps at a time, with as much again; what is not written takes none. */
const BYTES = 16 * 2 ** 30;

/**
 * An ext4 of its own, as most people have one: with a journal, and without the files that another run deleted a minute
 * ago. (Without a journal, as on some virtual machines, ext4 takes twenty times as long to make a file beside those.)
 * Without root, or without mkfs.ext4, it is a directory like any other.
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

  /** Also what a run left that was killed. */
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
