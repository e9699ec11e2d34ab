import { join } from "node:path";
import {
  EXIT,
  type ExitCode,
  formatBuild,
  LOG_FILE_VARIABLE,
  messageOf,
  ownerHint,
  ProgressLine,
  UserError,
} from "../base/mod.ts";
import type { MountOptions } from "../config/mod.ts";
import type { BuildStatus } from "../control/protocol.ts";
import type { Context } from "./context.ts";
import { statusAt } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";

/** How long the daemon may take to answer. A mount takes well below a second; clearing a stale one takes a few. */
const READY_MS = 30_000;
const POLL_MS = 10;
/** The interval of looks while the daemon builds the library. */
const SLOW_POLL_MS = 100;

/** Starts a program with its output in a file: Deno can give a process its own streams, pipes or nothing, but no file. */
const TO_LOG = 'log=$1; shift; exec "$0" "$@" >>"$log" 2>&1';

/** A program with its arguments and its whole environment. */
export interface MountCommand {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Record<string, string>;
}

/** Makes the log file unless it exists, and returns its size in bytes. */
function sizeOfLog(path: string, stateDir: string): number {
  try {
    using log = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    return log.statSync().size;
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new UserError(`Cannot write the log: ${messageOf(error)}`, {
      hint: ownerHint(path, stateDir),
      cause: error,
    });
  }
}

/**
 * Starts the mount in a session of its own, with its messages in `mount.log` in the state directory, and returns once
 * it answers on the control socket. When it ends before that, throws a UserError with the daemon's message and exit
 * code.
 */
export async function startDaemon(
  context: Context,
  options: MountOptions,
  command: MountCommand,
): Promise<ExitCode | void> {
  const logPath = join(options.settings.stateDir, "mount.log");
  const logStart = sizeOfLog(logPath, options.settings.stateDir);
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", TO_LOG, command.program, logPath, ...command.argv],
    cwd: "/",
    env: { ...command.environment, [LOG_FILE_VARIABLE]: logPath },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  let ended: ExitCode | undefined;
  child.status.then(({ code }) => ended = code as ExitCode);

  const line = new ProgressLine();
  let isTold = false;
  return await untilInterrupted(async (signal) => {
    let deadline = Date.now() + READY_MS;
    for (;;) {
      const status = await statusOf(context, options.mountpoint);
      if (status === "ready") break;
      if (ended !== undefined) throw failure(ended, logPath, logStart);
      if (status !== "silent") {
        // Building a large library takes its time, and the mount exists meanwhile.
        deadline = Date.now() + READY_MS;
        line.update(formatBuild(status));
        if (!isTold) context.logger.info("building the library from the log before it can be read");
        isTold = true;
      }
      if (signal.aborted || Date.now() > deadline) {
        child.kill("SIGTERM");
        throw new UserError(`Cannot mount at ${options.mountpoint}: the daemon does not answer`, {
          hint: `${logPath} has its messages`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, isTold ? SLOW_POLL_MS : POLL_MS));
    }
    line.clear();
    child.unref();
    const value = { mountpoint: options.mountpoint, pid: child.pid, log: logPath };
    context.output.done(
      value,
      () =>
        `Mounted at ${value.mountpoint}, pid ${value.pid}; musicfs unmount ${value.mountpoint} ends it`,
    );
  }).finally(() => line.clear());
}

/** Whether the daemon serves the mount, builds the library, or answers neither yet. */
async function statusOf(
  context: Context,
  mountpoint: string,
): Promise<"ready" | "silent" | BuildStatus> {
  const status = await statusAt(context.locations.socket);
  if (status === undefined) return "silent";
  if (status.build !== null && !status.build.shown && status.build.of > 0) return status.build;
  if (status.build?.shown === false) return "silent";
  return status.mounts.some((mount) => mount.mountpoint === mountpoint) ? "ready" : "silent";
}

/** The error for a daemon that ended: the last message in its log that is no line of a logger, or else our own words. */
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
