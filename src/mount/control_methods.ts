import { type Logger, UserError } from "../base/mod.ts";
import { cachePlaces } from "../config/places.ts";
import {
  CONTROL_METHODS,
  type Handlers,
  type HandlersOf,
  methods,
  type MountMethods,
  scannedOrigins,
} from "../control/methods/mod.ts";
import { type Service, unknownOrigin } from "../control/mod.ts";
import type { ScanSummary } from "../control/protocol.ts";
import { answerStatus } from "./answer_status.ts";
import { cacheStats } from "./cache_stats.ts";
import type { LiveSettings } from "./live_settings.ts";
import type { MountEngine } from "./mount_engine.ts";
import type { MountLife } from "./mount_life.ts";
import type { ServedLibrary } from "./served_library.ts";
import type { StatusSources } from "./compose_status.ts";
import { EngineGone } from "./supervisor.ts";

/** The parts of a mount that the methods of the control socket ask, or ask about. */
export interface AskedMount {
  readonly settings: LiveSettings;
  readonly library: ServedLibrary;
  readonly engine: MountEngine;
  readonly life: MountLife;
  readonly reads: () => StatusSources["reads"];
  readonly logger: Logger;
}

/** The methods that a mount serves on its control socket. */
export function servedMethods(mount: AskedMount): Service["methods"] {
  const { settings, engine, life, reads } = mount;
  return methods(controlMethods({
    own: {
      status: () => answerStatus(mount),
      "cache.stats": () => cacheStats(cachePlaces(settings.current), reads()),
      unmount: (params) => life.unmount(params),
      release: () => life.release(),
    },
    isOrigin: (id) => settings.current.origins.some((origin) => origin.id === id),
    ask: (...asked) => engine.ask(...asked),
    inBackground: (work) => engine.inBackground(work),
  }));
}

export interface ControlParts {
  /** The methods that the mount answers without the engine. */
  readonly own: HandlersOf<MountMethods>;
  /** Whether an origin of this id is configured now. */
  readonly isOrigin: (id: string) => boolean;
  /** Has the engine answer, and resolves once the mount shows what the engine did. */
  readonly ask: (method: string, params: unknown, signal?: AbortSignal) => Promise<unknown>;
  /** Logs what goes wrong with work whose result nobody awaits. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/**
 * Every method of the control socket: the mount's own, and those that it hands on to the engine with their parameters
 * as they came.
 */
export function controlMethods({ own, isOrigin, ask, inBackground }: ControlParts): Handlers {
  const through = CONTROL_METHODS.filter(({ served }) => served === "through");
  const handedOn: Handlers = Object.fromEntries(through.map(({ name }) => [
    name,
    (params: unknown, { signal }: { signal: AbortSignal }) => forCaller(ask(name, params, signal)),
  ]));
  return {
    ...handedOn,
    ...own,
    // The mount itself refuses an unknown origin: for that answer no engine has to be started.
    "origin.rescan": async ({ id, ids, full = false, wait = false }) => {
      const wanted = scannedOrigins({ ...id !== undefined && { id }, ...ids && { ids } });
      const unknown = wanted.find((each) => !isOrigin(each));
      if (unknown !== undefined) throw unknownOrigin(unknown);
      // The mount always asks the engine to answer when the scan is over, whatever the caller wants: when this engine
      // crashes, the request goes to the next one.
      const scans = ask("engine.log_in", { origins: wanted })
        .then(() => ask("origin.rescan", { ids: wanted, full, wait: true }));
      if (wait) return await forCaller(scans) as ScanSummary[];
      inBackground(scans);
      return [];
    },
  };
}

/**
 * Rewords the failure of a request for want of an engine, so that the caller on the control socket reads the reason
 * and what to do.
 */
async function forCaller(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof EngineGone)) throw error;
    throw new UserError(error.message, { hint: "unmount, and mount again", cause: error });
  }
}
