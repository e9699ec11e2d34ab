/**
 * A file system that hangs, fails or is slow when it is told to, like a network share whose server is in trouble. A
 * process of its own serves it over FUSE (`hanging_fs_daemon.ts`). A look into it may hang, so a thread that the test
 * needs must never look.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ErrnoName } from "../../src/base/mod.ts";
import type { Behaviour, Question } from "./hanging_fs_daemon.ts";

const DAEMON = new URL("./hanging_fs_daemon.ts", import.meta.url).pathname;
const HEALTHY: Behaviour = {
  slowMs: 0,
  failure: null,
  readsHang: false,
  hungReadsMax: null,
  badFiles: null,
  isForgetful: false,
  stallsAt: null,
};
/** A caller that waits for a stalled file system against its will is let go after this time, so that its test fails. */
const STALL_SECONDS_MAX = 60;

export class HangingFs implements AsyncDisposable {
  readonly #base: string;
  /** The directory that the file system shows. */
  readonly source: string;
  readonly mountpoint: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #rescue: Deno.ChildProcess | undefined;

  /** Mounts the file system, healthy and empty. */
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

  /** Answers nothing from now on, like a server that is gone without a word. */
  async hang(): Promise<void> {
    await this.#behave(HEALTHY);
    this.#child.kill("SIGSTOP");
  }

  /**
   * Answers no reads of files, and everything else. Once `hungReadsMax` reads hang, nothing is answered any more, and
   * signals do not reach the processes that wait for these reads.
   */
  hangReads(hungReadsMax: number | null = null): Promise<void> {
    return this.#behave({ ...HEALTHY, readsHang: true, hungReadsMax });
  }

  /** Makes files whose names contain this text unreadable, as if they lay on bad blocks. */
  failFiles(badFiles: string): Promise<void> {
    return this.#behave({ ...HEALTHY, badFiles });
  }

  /** Answers everything, but the kernel may keep no answer: it asks again at each look. */
  forget(): Promise<void> {
    return this.#behave({ ...HEALTHY, isForgetful: true });
  }

  /** The same, until the first question of a kind: from there on nothing is answered. */
  async stallAt(question: Question): Promise<void> {
    await this.#behave({ ...HEALTHY, isForgetful: true, stallsAt: question });
    this.#rescue?.kill();
    const command = `sleep ${STALL_SECONDS_MAX}; kill -CONT ${this.#child.pid}`;
    this.#rescue = new Deno.Command("sh", { args: ["-c", command] }).spawn();
    this.#rescue.unref();
  }

  /** Whether it answers nothing at the moment. */
  get isStalled(): boolean {
    const stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  }

  slow(slowMs: number): Promise<void> {
    return this.#behave({ ...HEALTHY, slowMs });
  }

  fail(failure: ErrnoName): Promise<void> {
    return this.#behave({ ...HEALTHY, failure });
  }

  /** Heals everything; what hung is answered. */
  recover(): Promise<void> {
    this.#child.kill("SIGCONT");
    return this.#behave(HEALTHY);
  }

  /** Unmounts, which leaves an empty directory like that of a share that was never mounted. */
  unmount(): void {
    new Deno.Command("umount", { args: ["-l", this.mountpoint], stderr: "null" }).outputSync();
  }

  /** Kills the server. The kernel gives up the connection, so that everything that hangs in it gets an error. */
  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The server ends by itself once it is unmounted.
    }
    this.#rescue?.kill();
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
