/**
 * A file system that hangs, fails or is slow when it is told to, as a network share does whose server is in trouble:
 * served over FUSE by a process of its own (`hanging_fs_daemon.ts`). Whoever looks into it may hang: never do so from
 * a thread that the test needs.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ErrnoName } from "../../src/base/mod.ts";
import type { Behaviour } from "./hanging_fs_daemon.ts";

const DAEMON = new URL("./hanging_fs_daemon.ts", import.meta.url).pathname;
const HEALTHY: Behaviour = {
  slowMs: 0,
  failure: null,
  readsHang: false,
  hungReadsMax: null,
  badFiles: null,
};

export class HangingFs implements AsyncDisposable {
  readonly #base: string;
  /** What the file system shows lies here. */
  readonly source: string;
  readonly mountpoint: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  /** Mounts it, healthy and empty. */
  static async start(): Promise<HangingFs> {
    const fs = new HangingFs(Deno.makeTempDirSync({ prefix: "musicfs-hanging-" }));
    assert.deepEqual(await fs.#answer(), { ready: true });
    return fs;
  }

  private constructor(base: string) {
    this.#base = base;
    this.source = `${base}/source`;
    this.mountpoint = `${base}/mnt`;
    Deno.mkdirSync(this.source);
    Deno.mkdirSync(this.mountpoint);
    const { source, mountpoint } = this;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--no-check", DAEMON, JSON.stringify({ source, mountpoint })],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** From now on nothing is answered: the server is gone, and nobody told its clients. */
  async hang(): Promise<void> {
    await this.#behave(HEALTHY);
    this.#child.kill("SIGSTOP");
  }

  /**
   * Reads of files are not answered; everything else is, until so many of them hang: from then on nothing is, and no
   * signal reaches those who wait for them.
   */
  hangReads(hungReadsMax: number | null = null): Promise<void> {
    return this.#behave({ ...HEALTHY, readsHang: true, hungReadsMax });
  }

  /** Files with this in their names can't be read, as when they lie on bad blocks. */
  failFiles(badFiles: string): Promise<void> {
    return this.#behave({ ...HEALTHY, badFiles });
  }

  slow(slowMs: number): Promise<void> {
    return this.#behave({ ...HEALTHY, slowMs });
  }

  fail(failure: ErrnoName): Promise<void> {
    return this.#behave({ ...HEALTHY, failure });
  }

  /** All is well again; what hung is answered. */
  recover(): Promise<void> {
    this.#child.kill("SIGCONT");
    return this.#behave(HEALTHY);
  }

  /** Leaves an empty directory behind, as a share that was never mounted does. */
  unmount(): void {
    new Deno.Command("umount", { args: ["-l", this.mountpoint], stderr: "null" }).outputSync();
  }

  /** With its server killed, the kernel gives up the connection: whoever hangs in it gets an error. */
  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ends by itself when it is unmounted.
    }
    await this.#input.abort().catch(() => {});
    await this.#output.cancel().catch(() => {});
    await this.#child.status;
    this.unmount();
    Deno.removeSync(this.#base, { recursive: true });
  }

  async #behave(behaviour: Behaviour): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(behaviour)}\n`));
    assert.deepEqual(await this.#answer(), { error: null });
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#output.read();
    if (done) throw new Error("The file system's process ended");
    return JSON.parse(value);
  }
}
