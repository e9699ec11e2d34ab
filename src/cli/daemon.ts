import type { ControlClient, Status } from "../control/mod.ts";
import type { Context } from "./context.ts";

/** Speaks to the daemon of this context and hangs up at the end; `work` gets undefined when none is there. */
export async function withDaemon<T>(
  context: Context,
  work: (daemon: ControlClient | undefined) => Promise<T>,
): Promise<T> {
  const { findControl } = await import("../control/mod.ts");
  const daemon = await findControl(context.locations.socket);
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

/** As {@link withDaemon}, for what only a daemon can do. Throws UserError, exit code 3, when none is there. */
export async function requireDaemon<T>(
  context: Context,
  work: (daemon: ControlClient) => Promise<T>,
): Promise<T> {
  const { connectControl } = await import("../control/mod.ts");
  const daemon = await connectControl(context.locations.socket);
  try {
    return await work(daemon);
  } finally {
    await daemon.close();
  }
}
