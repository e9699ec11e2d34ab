import { encodeRequest, type ParserAnswer, type ParserRequest } from "./parser_protocol.ts";

/** Ticks a second in /proc, the same for every program. */
const TICKS_PER_SECOND = 100;
/** The indexes of fields of /proc/PID/stat, counted after the program's name (proc(5)). */
const USER_TIME_FIELD = 11;
const SYSTEM_TIME_FIELD = 12;
/** How much of a parser's error output is kept: a program that can't start says so at once. */
const COMPLAINT_LENGTH_MAX = 16 * 1024;
/** How long to wait for a killed process, which ends at once unless it hangs in a dead file system. */
const END_WAIT_MS = 1_000;
/** The environment variables that a program needs to start. Credentials of origins stay away from hostile files. */
const VARIABLES = ["PATH", "HOME", "TMPDIR", "DENO_DIR", "XDG_CACHE_HOME"];

export interface ParserListener {
  /** Called with each answer, in order. */
  answered(answer: ParserAnswer): void;
  /** Called when the process has ended and all its answers were handed on. `reason` says why, as far as it is known. */
  ended(reason: string): void;
}

/** A child process that parses, as the engine sees it. */
export class ParserProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #gone: Promise<void>;

  /** Starts the process. Throws when the program can't be started. */
  constructor([program, args]: [program: string, args: string[]], listener: ParserListener) {
    this.#child = new Deno.Command(program, {
      args,
      env: environment(),
      clearEnv: true,
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    // A writer hears of the process's end too; `ended` reports it.
    this.#input.closed.catch(() => {});
    this.#gone = this.#follow(listener);
  }

  /** Sends a job to the process. */
  tell(request: ParserRequest): void {
    for (const bytes of encodeRequest(request)) this.#input.write(bytes).catch(() => {});
  }

  /** The processor time that the process has used, in ms; undefined when it is gone. */
  cpuMs(): number | undefined {
    let stat: string;
    try {
      stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
    } catch {
      return undefined;
    }
    // The program's name is in parentheses and may contain parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD]);
    return ticks * 1000 / TICKS_PER_SECOND;
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has ended by itself.
    }
  }

  /** Kills the process. Resolves when it is gone, or when waiting longer makes no sense. */
  async end(): Promise<void> {
    this.kill();
    let timer;
    const waited = new Promise<void>((resolve) => timer = setTimeout(resolve, END_WAIT_MS));
    await Promise.race([this.#gone, waited]);
    clearTimeout(timer);
  }

  async #follow({ answered, ended }: ParserListener): Promise<void> {
    const complaint = this.#complaint();
    // Its answers are made of files. When one is malformed, none can be trusted any more.
    await this.#answers(answered).catch(() => this.kill());
    const { code, signal } = await this.#child.status;
    await this.#input.close().catch(() => {});
    ended(await complaint ?? `it ended with ${signal ?? `code ${code}`}`);
  }

  async #answers(answered: (answer: ParserAnswer) => void): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of this.#child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) answered(JSON.parse(line));
    }
  }

  /** The line of its error output that names an error. */
  async #complaint(): Promise<string | undefined> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of this.#child.stderr) {
      if (text.length < COMPLAINT_LENGTH_MAX) text += decoder.decode(bytes, { stream: true });
    }
    return text.split("\n").find((line) => /error|fatal/i.test(line))?.trim();
  }
}

function environment(): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1" };
  for (const name of VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}
