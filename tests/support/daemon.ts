/**
 * The program as a user runs it, for tests: a child process mounts, and others look at the mount. The test itself may
 * read the mount, since another process serves it; anything that might hang still runs under `timeout`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { connectControl } from "../../src/control/mod.ts";
import type { ScanSummary, Status } from "../../src/control/protocol.ts";
import { denoDirectory } from "./deno_directory.ts";
import { until } from "./until.ts";

export const MAIN = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);

/** How long a scan of a test's library may take. */
const RESCAN_MS = 60_000;

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end, but for at most `seconds` (exit code 124 when that was not enough). */
export async function run(
  argv: readonly string[],
  options: { seconds?: number; env?: Record<string, string>; cwd?: string } = {},
): Promise<RunResult> {
  const output = await new Deno.Command("timeout", {
    args: ["-k", "5", String(options.seconds ?? 60), ...argv],
    stdin: "null",
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** A throw-away installation: its directories, its daemon, its command line. */
export class Installation implements AsyncDisposable {
  readonly base: string;
  readonly mountpoint: string;
  readonly origin: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly socket: string;
  daemon: Deno.ChildProcess | undefined;
  /** What the daemon has written to stderr so far. */
  log = "";
  env: Record<string, string> = {};
  /** Of Deno, for the program. */
  flags: readonly string[] = [];
  #logRead: Promise<void> = Promise.resolve();

  readonly #configPath: string;

  /** `config` is the text of a configuration file; that file then names the origins, and not the command line. */
  constructor(options: { origin?: string; config?: string } = {}) {
    this.base = Deno.makeTempDirSync({ prefix: "musicfs-test-" });
    this.mountpoint = `${this.base}/mnt`;
    this.origin = options.origin ?? `${this.base}/music`;
    this.stateDir = `${this.base}/state`;
    this.cacheDir = `${this.base}/cache`;
    this.socket = `${this.base}/control.sock`;
    this.#configPath = `${this.base}/config/musicfs/config.toml`;
    if (options.config !== undefined) this.configure(options.config);
    Deno.mkdirSync(this.mountpoint);
    if (options.origin === undefined) Deno.mkdirSync(this.origin);
  }

  /** Writes the configuration file, which the next mount reads. */
  configure(text: string): void {
    Deno.mkdirSync(dirname(this.#configPath), { recursive: true });
    Deno.writeTextFileSync(this.#configPath, text);
  }

  /** The options that every command of this installation takes. */
  get globals(): string[] {
    return ["--state-dir", this.stateDir, "--cache-dir", this.cacheDir, "--socket", this.socket];
  }

  /** The command line that runs `musicfs` from the sources. */
  command(args: readonly string[]): string[] {
    return [Deno.execPath(), "run", "--quiet", "-A", ...this.flags, MAIN, ...args, ...this.globals];
  }

  /** `musicfs ARGS...` with this installation's directories. */
  musicfs(args: readonly string[], options: { seconds?: number } = {}): Promise<RunResult> {
    return run(this.command(args), { ...options, env: this.environment() });
  }

  /** Begins `musicfs ARGS...`, and lets nobody read what it says. */
  spawn(args: readonly string[]): Deno.ChildProcess {
    const [program, ...rest] = this.command(args);
    return new Deno.Command(program!, {
      args: rest,
      env: this.environment(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** The JSON document that `musicfs ARGS... --json` prints. Fails unless the exit code is 0. */
  async json<T>(args: readonly string[], options: { seconds?: number } = {}): Promise<T> {
    const { code, stdout, stderr } = await this.musicfs([...args, "--json"], options);
    assert.equal(code, 0, `musicfs ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /**
   * Scans origins, all of them when `ids` is empty. Resolves with the summaries, also those of scans that failed;
   * without `wait` with none, once the scans are started.
   */
  async rescan(
    { ids = [], full = false, wait = true }: { ids?: string[]; full?: boolean; wait?: boolean } =
      {},
  ): Promise<ScanSummary[]> {
    const client = await connectControl(this.socket);
    try {
      const params = { ids, full, wait };
      return await client.request("origin.rescan", params, { deadlineMs: RESCAN_MS });
    } finally {
      client.close();
    }
  }

  /** Mounts in the foreground of a child process; resolves once the daemon answers. */
  async mount(args: readonly string[] = []): Promise<void> {
    const [program, ...rest] = this.command([
      "mount",
      this.mountpoint,
      ...existsSync(this.#configPath) ? [] : ["--origin", this.origin],
      ...args,
    ]);
    const child = new Deno.Command(program!, {
      args: rest,
      env: this.environment(),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.daemon = child;
    const stderr = child.stderr.pipeThrough(new TextDecoderStream());
    this.#logRead = (async () => {
      for await (const text of stderr) this.log += text;
    })();
    let ended = false;
    child.status.then(({ code, signal }) => {
      ended = true;
      this.log += `[the daemon ended with ${signal ?? code}]\n`;
    });
    await until("the daemon answers", 30_000, async () => {
      if (ended) assert.fail(`the daemon ended: ${this.log}`);
      return await this.status().then((status) => status.mounts.length > 0, () => false);
    });
  }

  /** Mounts, and waits for the end of the first scan. */
  async mountAndScan(args: readonly string[] = []): Promise<Status> {
    await this.mount(args);
    return await this.scanned();
  }

  /** Waits until every origin has been scanned and no scan is running. */
  scanned(ms: number = 120_000): Promise<Status> {
    return until("the scan ends", ms, async () => {
      const status = await this.status();
      const done = !status.scan.running &&
        status.origins.length > 0 &&
        status.origins.every((origin) => origin.last_scan_at !== null);
      return done && status;
    });
  }

  async status(): Promise<Status> {
    const client = await connectControl(this.socket);
    try {
      return await client.request("status", {});
    } finally {
      client.close();
    }
  }

  /** Ends the daemon as Ctrl-C does, waits for it, and returns its exit code. */
  async unmount(): Promise<number> {
    const daemon = this.daemon;
    if (daemon === undefined) return 0;
    this.daemon = undefined;
    try {
      daemon.kill("SIGTERM");
    } catch {
      // The daemon has ended by itself.
    }
    const { code } = await daemon.status;
    await this.#logRead;
    return code;
  }

  /** Kills the daemon as a crash would, and clears the dead mount. */
  async crash(): Promise<void> {
    const daemon = this.daemon;
    this.daemon = undefined;
    if (daemon === undefined) return;
    daemon.kill("SIGKILL");
    await daemon.status;
    // The engine writes to the same stderr, and ends once it notices.
    await this.#logRead;
  }

  environment(): Record<string, string> {
    return {
      HOME: this.base,
      XDG_CONFIG_HOME: `${this.base}/config`,
      DENO_DIR: denoDirectory(),
      ...this.env,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.daemon !== undefined) {
      const daemon = this.daemon;
      const timer = setTimeout(() => daemon.kill("SIGKILL"), 15_000);
      await this.unmount();
      clearTimeout(timer);
    }
    await run(["umount", "-l", this.mountpoint], { seconds: 10 });
    await Deno.remove(this.base, { recursive: true });
  }
}
