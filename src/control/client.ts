import { EXIT, messageOf, UserError } from "../base/mod.ts";
import type { ControlMethods } from "./protocol.ts";
import { assertSocketPath, RpcPeer, webByteStream } from "./rpc/mod.ts";

/** A command's connection to the daemon; `request` knows the parameters and the result of each method. */
export type ControlClient = RpcPeer<ControlMethods>;

/** Connects to the daemon at a control socket. @throws UserError with exit code 3 when no daemon is there. */
export async function connectControl(path: string): Promise<ControlClient> {
  const client = await findControl(path);
  if (client !== undefined) return client;
  throw new UserError(`Cannot reach a daemon at '${path}': none is running`, {
    hint: "Start one with `musicfs mount`, or name its socket with --socket",
    exitCode: EXIT.noDaemon,
  });
}

/** Like {@link connectControl}, for callers that can do without a daemon: undefined when there is none. */
export async function findControl(path: string): Promise<ControlClient | undefined> {
  assertSocketPath(path);
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    return new RpcPeer(webByteStream(connection.readable, connection.writable));
  } catch (error) {
    const nobody = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused;
    if (nobody) return undefined;
    throw new UserError(`Cannot reach the daemon at '${path}': ${messageOf(error)}`, {
      hint: "Run the command as the user who mounted",
      exitCode: EXIT.noDaemon,
      cause: error,
    });
  }
}
