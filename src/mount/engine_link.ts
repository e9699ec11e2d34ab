import {
  MOUNT_PROGRAM_VARIABLE,
  type Program,
  RpcClosed,
  RpcPeer,
  webByteStream,
} from "../control/mod.ts";
import type { ControlMethods, EngineMethods, EngineNotifications } from "../control/protocol.ts";
import type { Settings } from "../config/settings.ts";
import { ENGINE_SETTINGS_VARIABLE, REFUSED_VARIABLE } from "../config/engine_settings.ts";
import { selfCommand } from "../base/mod.ts";
import { EngineGone, type EngineLink } from "./supervisor.ts";

type Methods = ControlMethods & EngineMethods;

/** What the mount does with each notification of the engine, by the notification's name. */
export type EngineListener = {
  [Name in keyof EngineNotifications]: (params: EngineNotifications[Name]) => void;
};

/**
 * Starts an engine process. `program` describes this mount's own program; `refused` names the roots of origins that
 * refused a password, as earlier engines told with "engine.refused".
 */
export function startEngine(
  settings: Settings,
  program: Program,
  refused: readonly string[],
  listener: EngineListener,
): EngineLink {
  return linkEngine(selfCommand(["__engine"]), listener, {
    [ENGINE_SETTINGS_VARIABLE]: JSON.stringify(settings),
    [REFUSED_VARIABLE]: JSON.stringify(refused),
    [MOUNT_PROGRAM_VARIABLE]: JSON.stringify(program),
  });
}

/** Starts a program and speaks JSON-RPC with it over its standard input and output. */
export function linkEngine(
  [program, args]: [program: string, args: string[]],
  listener: Partial<EngineListener>,
  env: Record<string, string> = {},
): EngineLink {
  const child = new Deno.Command(program, {
    args,
    env,
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const notified = new Map<string, (params: unknown) => void>();
  for (const [name, told] of Object.entries(listener)) {
    notified.set(name, told as (params: unknown) => void);
  }
  const peer = new RpcPeer<Methods>(webByteStream(child.stdout, child.stdin), {
    service: { notified },
  });
  const ended = child.status.then(({ code }) => code);
  return {
    pid: child.pid,
    ended,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // The engine has ended by itself.
      }
    },
    async request(method, params, options) {
      try {
        return await peer.request(method as keyof Methods, params as never, options);
      } catch (error) {
        // A request that was aborted stays as it is; only one that the engine's end cut off is asked again by the
        // supervisor.
        if (!(error instanceof RpcClosed) || options.signal?.aborted) throw error;
        throw new EngineGone(`The engine ended before it answered '${method}'`, { cause: error });
      }
    },
  };
}
