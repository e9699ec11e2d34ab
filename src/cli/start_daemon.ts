import { join } from "node:path";
import { EXIT, type ExitCode, LOG_FILE_VARIABLE, UserError } from "../base/mod.ts";
import type { MountOptions } from "../config/mod.ts";
import type { Context } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";

/** A mount takes well below a second; a stale one that has to be cleared first takes a few. */
const READY_MS = 30_000;
const POLL_MS = 10;

/** Deno starts processes with its own streams, with pipes, or with none; the shell knows files too. */
const TO_LOG = 'log=$1; shift; exec "$0" "$@" >>"$log" 2>&1';

export interface DaemonCommand {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Record<string, string>;
}

/**
 * Starts the mount in a session of its own, its messages going to `mount.log` in the state directory, and
 * returns once it answers on the control socket. When it ends before that, what it said is told here, and its
 * exit code is ours.
 */
export async function startDaemon(
  context: Context,
  options: MountOptions,
  command: DaemonCommand,
): Promise<ExitCode | void> {
  const logPath = join(options.settings.stateDir, "mount.log");
  const log = Deno.openSync(logPath, { append: true, create: true, mode: 0o600 });
  const logStart = log.statSync().size;
  log.close();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", TO_LOG, command.program, logPath, ...command.argv],
    env: { ...command.environment, [LOG_FILE_VARIABLE]: logPath },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  let ended: ExitCode | undefined;
  child.status.then(({ code }) => ended = code as ExitCode);

  return await untilInterrupted(async (signal) => {
    const deadline = Date.now() + READY_MS;
    while (!await answers(context, options.mountpoint)) {
      if (ended !== undefined) throw failure(ended, logPath, logStart);
      if (signal.aborted || Date.now() > deadline) {
        child.kill("SIGTERM");
        throw new UserError(`Cannot mount at ${options.mountpoint}: the daemon does not answer`, {
          hint: `${logPath} has its messages`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    child.unref();
    const value = { mountpoint: options.mountpoint, pid: child.pid, log: logPath };
    context.output.print(
      value,
      () =>
        `Mounted at ${value.mountpoint}, pid ${value.pid}; musicfs unmount ${value.mountpoint} ends it`,
    );
  });
}

async function answers(context: Context, mountpoint: string): Promise<boolean> {
  try {
    return await withDaemon(context, async (daemon) => {
      if (daemon === undefined) return false;
      const { mounts } = await daemon.request("status", {});
      return mounts.some((mount) => mount.mountpoint === mountpoint);
    });
  } catch {
    // The socket is there a moment before what answers on it.
    return false;
  }
}

/** What the daemon gave as its reason, the last message that is no line of a logger, in place of our words. */
function failure(code: ExitCode, logPath: string, logStart: number): UserError {
  const said = new TextDecoder().decode(Deno.readFileSync(logPath).subarray(logStart)).trim();
  const lines = said.split("\n");
  const start = lines.findLastIndex((line) => line.startsWith("musicfs: "));
  const reason = lines.slice(Math.max(0, start));
  const hint = reason.find((line) => line.startsWith("hint: "))?.slice("hint: ".length);
  const message = reason.filter((line) => !line.startsWith("hint: ")).join("\n")
    .replace(/^musicfs: /, "");
  return new UserError(message || `The daemon ended with exit code ${code} and said nothing`, {
    exitCode: code === EXIT.done ? EXIT.failed : code,
    ...(hint !== undefined && { hint }),
  });
}
