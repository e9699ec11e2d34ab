import { EXIT, UserError } from "../base/mod.ts";
import type { ControlClient, LibraryHolder, Status } from "../control/mod.ts";
import type { Context } from "./context.ts";

/** The process that holds the library of a context, and a connection to it when it is a daemon that answers. */
interface Found {
  readonly daemon: ControlClient | undefined;
  /** Undefined when no process is known to write to the library. */
  readonly holder: LibraryHolder | undefined;
}

/**
 * Connects `work` to the daemon of this context, and hangs up at the end. `work` gets undefined when there is no
 * daemon.
 */
export async function withDaemon<T>(
  context: Context,
  work: (daemon: ControlClient | undefined) => Promise<T>,
): Promise<T> {
  const { daemon } = await find(context);
  try {
    return await work(daemon);
  } finally {
    await daemon?.close();
  }
}

/**
 * The status of the daemon; undefined when there is none, or when it does not answer. For commands that find out why
 * something fails.
 */
export async function statusOfDaemon(context: Context): Promise<Status | undefined> {
  try {
    return await withDaemon(context, async (daemon) => await daemon?.request("status", {}));
  } catch {
    return undefined;
  }
}

/** The status of the daemon that listens at a socket; undefined as above. */
export async function statusAt(socket: string): Promise<Status | undefined> {
  const { findControl } = await import("../control/mod.ts");
  try {
    const daemon = await findControl(socket);
    return await daemon?.request("status", {}).finally(() => daemon.close());
  } catch {
    return undefined;
  }
}

/** Like {@link withDaemon}, for work that only a daemon can do. Throws UserError with exit code 3 when there is none. */
export async function requireDaemon<T>(
  context: Context,
  work: (daemon: ControlClient) => Promise<T>,
): Promise<T> {
  const { daemon, holder } = await find(context);
  if (daemon === undefined) throw await noDaemon(context, holder);
  try {
    return await work(daemon);
  } finally {
    await daemon.close();
  }
}

/**
 * The daemon at the socket that the user named; otherwise the one that holds the library of the state directory,
 * wherever it listens: a cron job has another environment than the session that mounted.
 */
async function find(context: Context): Promise<Found> {
  const { findControl, libraryHolder } = await import("../control/mod.ts");
  const { socket, stateDir, sources } = context.locations;
  if (sources.socket !== "default") {
    return { daemon: await findControl(socket), holder: undefined };
  }
  const holder = await libraryHolder(stateDir);
  if (holder?.socket) return { daemon: await findControl(holder.socket), holder };
  // A mount on a read-only disk holds no lock, so a lock can't lead to it. The daemon at the default socket may be
  // that one, or may serve another library.
  const daemon = await findControl(socket);
  if (daemon === undefined) return { daemon, holder };
  const isOurs = await daemon.request("status", {})
    .then(({ state_dir }) => state_dir === stateDir, () => false);
  if (isOurs) return { daemon, holder };
  await daemon.close();
  return { daemon: undefined, holder };
}

async function noDaemon(context: Context, holder: LibraryHolder | undefined): Promise<UserError> {
  const { holderText } = await import("../control/mod.ts");
  const { socket, stateDir, sources } = context.locations;
  if (holder !== undefined) {
    return new UserError(`Cannot reach a daemon: ${holderText(holder)}, and does not answer`, {
      hint: "Wait a moment: it is starting or ending",
      exitCode: EXIT.noDaemon,
    });
  }
  const where = sources.socket === "default" ? `for ${stateDir}` : `at ${socket}`;
  return new UserError(`Cannot reach a daemon: none is running ${where}`, {
    hint: "Start one with `musicfs mount`, or name its --state-dir or its --socket",
    exitCode: EXIT.noDaemon,
  });
}
