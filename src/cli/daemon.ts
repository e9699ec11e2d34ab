import { EXIT, UserError } from "../base/mod.ts";
import type { ControlClient, LibraryHolder, Status } from "../control/mod.ts";
import type { Context } from "./context.ts";

/** Who serves the library of a context, and a connection to it when it answers. */
interface Found {
  readonly daemon: ControlClient | undefined;
  /** Undefined when nobody is known to write to the library. */
  readonly holder: LibraryHolder | undefined;
}

/** Speaks to the daemon of this context and hangs up at the end; `work` gets undefined when none is there. */
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

/** Undefined when there is no daemon, or one that does not answer: for commands to look into that with. */
export async function statusOfDaemon(context: Context): Promise<Status | undefined> {
  try {
    return await withDaemon(context, async (daemon) => await daemon?.request("status", {}));
  } catch {
    return undefined;
  }
}

/** The same of the daemon that listens at a socket. */
export async function statusAt(socket: string): Promise<Status | undefined> {
  const { findControl } = await import("../control/mod.ts");
  try {
    const daemon = await findControl(socket);
    return await daemon?.request("status", {}).finally(() => daemon.close());
  } catch {
    return undefined;
  }
}

/** As {@link withDaemon}, for what only a daemon can do. Throws UserError, exit code 3, when none is there. */
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
 * The daemon at the socket that was named; else the one that holds the library of the state directory, wherever it
 * listens: a cron job has another environment than the session that mounted.
 */
async function find(context: Context): Promise<Found> {
  const { findControl, libraryHolder } = await import("../control/mod.ts");
  const { socket, stateDir, sources } = context.locations;
  if (sources.socket !== "default") {
    return { daemon: await findControl(socket), holder: undefined };
  }
  const holder = await libraryHolder(stateDir);
  if (holder?.socket) return { daemon: await findControl(holder.socket), holder };
  // A mount on a disk that can't be written holds no lock, so it can't be found by one, and might serve another library.
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
