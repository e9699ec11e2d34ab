import { encodeRequest, type ParserAnswer, type ParserRequest } from "./parser_protocol.ts";

/** Ticks of a second in /proc, as the kernel shows them to every program. */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name of the program (proc(5)). */
const USER_TIME_FIELD = 11;
const SYSTEM_TIME_FIELD = 12;
/** What is kept of a parser's complaints: a program that can't start says so at once. */
const COMPLAINT_LENGTH_MAX = 16 * 1024;
/** A process that was killed is gone at once, unless it hangs in a file system that is gone. */
const END_WAIT_MS = 1_000;
/** What a program needs of its environment to start; credentials of origins stay away from hostile files. */
const VARIABLES = ["PATH", "HOME", "TMPDIR", "DENO_DIR", "XDG_CACHE_HOME"];

export interface ParserListener {
  /** One of its answers, in their order. */
  answered(answer: ParserAnswer): void;
  /** It is gone, and all that it said was told. `reason` says what is known of why. */
  ended(reason: string): void;
}

/** A child process that parses, as the engine sees it. */
export class ParserProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #gone: Promise<void>;

  /** Starts it. Throws when the program can't be started. */
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
    // Who writes hears of the end as well, and a process that is gone is told by `ended`.
    this.#input.closed.catch(() => {});
    this.#gone = this.#follow(listener);
  }

  /** Hands it a job. */
  tell(request: ParserRequest): void {
    for (const bytes of encodeRequest(request)) this.#input.write(bytes).catch(() => {});
  }

  /** Time that processors spent on it so far, in ms; undefined when it is gone. */
  cpuMs(): number | undefined {
    let stat: string;
    try {
      stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
    } catch {
      return undefined;
    }
    // The name of the program stands in parentheses and may hold some.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD]);
    return ticks * 1000 / TICKS_PER_SECOND;
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended on its own.
    }
  }

  /** Kills it; resolves when it is gone, or when waiting for that has no sense any more. */
  async end(): Promise<void> {
    this.kill();
    let timer;
    const waited = new Promise<void>((resolve) => timer = setTimeout(resolve, END_WAIT_MS));
    await Promise.race([this.#gone, waited]);
    clearTimeout(timer);
  }

  async #follow({ answered, ended }: ParserListener): Promise<void> {
    const complaint = this.#complaint();
    // What it says was made of files: when that is no answer, nothing of it is to be trusted any more.
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

  /** The line of its complaints that names an error. */
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
