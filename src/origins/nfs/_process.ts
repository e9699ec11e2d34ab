import { decodeFrame, FRAME_HEADER_BYTES, frameLengths } from "./_frames.ts";
import type { NfsAnswer, NfsRequest } from "./_protocol.ts";

export interface NfsListener {
  answered(answer: NfsAnswer): void;
  /** The process has ended, and everything that it said was handed on. */
  ended(reason: string): void;
}

/**
 * A child process that looks into a share, as the engine sees it. It may hang in the kernel, where not even SIGKILL
 * reaches it at once, so nothing here waits for its end.
 */
export class NfsProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  /** Starts the process. Throws when the program can't be started. */
  constructor([program, args]: [program: string, args: string[]], listener: NfsListener) {
    this.#child = new Deno.Command(program, {
      args,
      // The child keeps no directory busy.
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      // A child that is left behind must hold nothing open that another process waits for.
      stderr: "null",
    }).spawn();
    // The engine can exit while the child runs.
    this.#child.unref();
    this.#input = this.#child.stdin.getWriter();
    this.#input.closed.catch(() => {});
    void this.#follow(listener);
  }

  tell(request: NfsRequest): void {
    const line = new TextEncoder().encode(`${JSON.stringify(request)}\n`);
    this.#input.write(line).catch(() => {});
  }

  /** Closes the child's input; it ends then, unless it hangs. */
  leave(): void {
    this.#input.close().catch(() => {});
  }

  kill(): void {
    this.leave();
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The child has ended by itself.
    }
  }

  async #follow({ answered, ended }: NfsListener): Promise<void> {
    try {
      await readFrames(this.#child.stdout, answered);
    } catch {
      this.kill();
    }
    const { code, signal } = await this.#child.status;
    ended(`it ended with ${signal ?? `code ${code}`}`);
  }
}

/** Calls `answered` for each complete frame. Rejects for bytes that are no frame. */
async function readFrames(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  answered: (answer: NfsAnswer) => void,
): Promise<void> {
  const reader = output.getReader({ mode: "byob" });
  const take = async (length: number): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    let bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const { value } = await reader.read(new Uint8Array(bytes.buffer, filled));
      if (value === undefined || value.length === 0) return undefined;
      bytes = new Uint8Array(value.buffer);
      filled = value.byteOffset + value.length;
    }
    return bytes;
  };
  for (;;) {
    const header = await take(FRAME_HEADER_BYTES);
    if (header === undefined) return;
    const lengths = frameLengths(header);
    const json = await take(lengths.json);
    const bytes = lengths.bytes === 0 ? new Uint8Array() : await take(lengths.bytes);
    if (json === undefined || bytes === undefined) return;
    answered(decodeFrame(json, bytes));
  }
}
