import { messageOf } from "../../base/mod.ts";
import { OriginUnreachable } from "../origin.ts";
import { SftpSession } from "./_session.ts";

/** How much of a command's error output is kept, and how much of it a message shows. */
const COMPLAINT_BYTES_MAX = 4 * 1024;
const COMPLAINT_LENGTH_MAX = 300;
/** Nobody can type: a question that would go to the terminal is answered by a program that fails. */
const ENVIRONMENT = { SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" };

/**
 * Opens a session with the server that a command connects to; `ssh -s HOST sftp` does whatever OpenSSH can. The
 * command ends with the session. Throws OriginUnreachable with the command's error message; rejects with the signal's
 * reason.
 */
export async function connectByCommand(
  command: readonly string[],
  signal: AbortSignal,
): Promise<SftpSession> {
  signal.throwIfAborted();
  const [program, ...args] = command;
  const problem = (why: string, isPermanent = false) =>
    new OriginUnreachable(`Cannot use SFTP by "${command.join(" ")}": ${why}`, { isPermanent });
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program!, {
      args,
      cwd: "/",
      env: ENVIRONMENT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw problem(messageOf(error), true);
  }
  const input = child.stdin.getWriter();
  input.closed.catch(() => {});
  const kill = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // The command has ended by itself.
    }
  };
  const complaint = complaintOf(child.stderr);
  let heard: (bytes: Uint8Array) => void = () => {};
  let session: SftpSession | undefined;
  const ended = (async () => {
    for await (const bytes of child.stdout) heard(bytes);
    const { code, signal } = await child.status;
    return problem(await complaint || `it ended with ${signal ?? `code ${code}`}`);
  })().catch((error) => problem(messageOf(error)));
  void ended.then((error) => session?.end(error));
  signal.addEventListener("abort", kill, { once: true });
  try {
    const starting = SftpSession.start({
      write: (bytes) => void input.write(new Uint8Array(bytes)).catch(() => {}),
      on: (event: "data" | "close", listener: (bytes: Uint8Array) => void) => {
        if (event === "data") heard = listener;
      },
    }, kill);
    session = await Promise.race([starting, ended.then((error) => Promise.reject(error))]);
    return session;
  } catch (error) {
    kill();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** The last line of the command's error output, once that is closed. */
async function complaintOf(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of output) {
    text = (text + decoder.decode(bytes, { stream: true })).slice(-COMPLAINT_BYTES_MAX);
  }
  const last = text.trim().split("\n").at(-1)!;
  return last.replace(/\p{C}+/gu, " ").trim().slice(0, COMPLAINT_LENGTH_MAX);
}
