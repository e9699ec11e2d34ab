/**
 * A mount that `fuse_daemon.ts` serves in a process of its own, and clients of it in further processes, each with a
 * deadline: a client that hangs in the mount could not be awaited otherwise.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FuseDaemonCommand, FuseDaemonOptions } from "./fuse_daemon.ts";
import type { Asked, Behaviour } from "./stand_in_engine.ts";

export const FUSE_DAEMON = new URL("./fuse_daemon.ts", import.meta.url).pathname;
const CLIENT_SECONDS = 60;
const START_MS = 20_000;

export interface DaemonStats {
  requests: number;
  pending: number;
  hits: number;
  misses: number;
  nodes: number;
  notifications: number;
  openFiles: number;
  /** Of names in `.made`. */
  lookups: number;
  drifts: string[];
  rss: number;
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export class FuseMount implements AsyncDisposable {
  /** The directory of everything else; it is removed at the end. */
  readonly base = Deno.makeTempDirSync({ prefix: "musicfs-fuse-" });
  readonly source = `${this.base}/source`;
  readonly mountpoint = `${this.base}/mnt`;
  #child: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #lines: AsyncIterator<string> | undefined;

  constructor() {
    Deno.mkdirSync(this.source);
    Deno.mkdirSync(this.mountpoint);
  }

  /** Makes a file of the source. Its content is `bytes`, or a repeated text. */
  put(path: string, content: string | Uint8Array): void {
    const cut = path.lastIndexOf("/");
    if (cut > 0) Deno.mkdirSync(`${this.source}/${path.slice(0, cut)}`, { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(`${this.source}/${path}`, bytes);
  }

  async start(options: Partial<FuseDaemonOptions> = {}): Promise<void> {
    const { mountpoint, source } = this;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "-A",
        FUSE_DAEMON,
        JSON.stringify({ mountpoint, source, ...options }),
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout)[Symbol.asyncIterator]();
    assert.deepEqual(await this.#next(), { ready: true });
  }

  async command<T>(command: FuseDaemonCommand): Promise<T> {
    await this.#input!.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    const answer = await this.#next() as { result?: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result as T;
  }

  stats(): Promise<DaemonStats> {
    return this.command<DaemonStats>({ op: "stats" });
  }

  /** Sets the behaviour of the stand-in for the engine. */
  async behave(behaviour: Behaviour): Promise<void> {
    await this.command({ op: "engine", method: "test.behave", params: behaviour });
  }

  /** The requests that the stand-in for the engine got. */
  asked(): Promise<Asked> {
    return this.command<Asked>({ op: "engine", method: "test.asked", params: {} });
  }

  /** Runs a shell script; `$M` is the mount and `$S` the source. */
  sh(script: string): Promise<Output> {
    return this.run(["bash", "-c", script]);
  }

  /** Runs a Python script; `M` and `S` are the paths of mount and source, as bytes. */
  py(script: string): Promise<Output> {
    const prelude = "import os, sys, errno\n" +
      "M, S = os.environb[b'M'], os.environb[b'S']\n";
    return this.run(["python3", "-c", prelude + script]);
  }

  async run(argv: string[]): Promise<Output> {
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["-k", "5", String(CLIENT_SECONDS), ...argv],
      env: { M: this.mountpoint, S: this.source },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Starts a Python client that waits for lines of the test in between. */
  talk(script: string): Conversation {
    const prelude = "import os, sys, errno\n" +
      "M, S = os.environb[b'M'], os.environb[b'S']\n" +
      "def say(x): print(x, flush=True)\n" +
      "def wait(): sys.stdin.readline()\n";
    return new Conversation(
      new Deno.Command("timeout", {
        args: ["-k", "5", String(CLIENT_SECONDS), "python3", "-c", prelude + script],
        env: { M: this.mountpoint, S: this.source },
        stdin: "piped",
        stdout: "piped",
      }).spawn(),
    );
  }

  /** Kills the daemon as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child!;
    this.#child = undefined;
    child.kill("SIGKILL");
    await this.#input!.abort().catch(() => {});
    await this.#lines!.return?.();
    await child.status;
  }

  /** Lets the daemon unmount and end. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    await this.#input!.close().catch(() => {});
    const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
    await child.status;
    clearTimeout(timer);
    await this.#lines!.return?.();
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
    new Deno.Command("umount", { args: ["-l", this.mountpoint], stderr: "null" }).outputSync();
    Deno.removeSync(this.base, { recursive: true });
  }

  async #next(): Promise<unknown> {
    const { value, done } = await this.#lines!.next();
    if (done) throw new Error("The daemon ended");
    return JSON.parse(value);
  }
}

export class Conversation {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#lines = lines(child.stdout)[Symbol.asyncIterator]();
  }

  /** The next line that the client printed. */
  async heard(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The client ended");
    return value;
  }

  async goOn(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  async end(): Promise<void> {
    await this.#input.close().catch(() => {});
    while (!(await this.#lines.next()).done);
    const { code } = await this.#child.status;
    assert.equal(code, 0, "the client succeeded");
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
