import {
  createLogger,
  EXIT,
  type ExitCode,
  keepProgramIn,
  messageOf,
  reportFailure,
  UserError,
} from "../base/mod.ts";
import {
  canWorkTogether,
  MOUNT_PROGRAM_VARIABLE,
  parseProgram,
  RpcPeer,
  thisProgram,
  webByteStream,
} from "../control/mod.ts";
import type { EngineNotifications } from "../control/protocol.ts";
import { SCHEMA } from "../../projections/mod.ts";
import { engineIdleMs, retryMs } from "../config/tuning.ts";
import {
  engineSettingsFromEnvironment,
  refusedFromEnvironment,
} from "../config/engine_settings.ts";
import { Engine } from "./engine.ts";
import { engineService } from "./methods.ts";
import { dueRetries, dueScans } from "./schedule.ts";

/** How often the engine checks whether there is still work. */
const LOOK_MS = 100;
/** How often the mount is told the progress of a build. */
const STEP_MS = 250;

/**
 * The process that writes. It answers the mount over standard input and output, scans, appends, projects, and ends when
 * it has had no work for a while. When it can't work with its settings or its mount, it ends with the code for wrong
 * configuration, since starting it again would not help.
 */
export async function engineMain(): Promise<ExitCode> {
  const program = thisProgram(SCHEMA);
  const mount = parseProgram(Deno.env.get(MOUNT_PROGRAM_VARIABLE));
  Deno.env.delete(MOUNT_PROGRAM_VARIABLE);
  const settings = engineSettingsFromEnvironment();
  const refused = refusedFromEnvironment();
  keepProgramIn(settings.cacheDir);
  const logger = createLogger("engine", settings.logLevel);
  // Ctrl-C, and the closing of the terminal, signal every process of the terminal; the mount decides when the engine
  // ends.
  for (const signal of ["SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});

  const stopping = new AbortController();
  const engineReady = Promise.withResolvers<Engine>();
  engineReady.promise.catch(() => {});
  let lastWork = Date.now();
  const service = engineService(engineReady.promise, {
    stop: () => stopping.abort(),
    asked: () => lastWork = Date.now(),
    leaving: stopping.signal,
  });
  const peer = new RpcPeer<Record<never, never>, EngineNotifications>(
    webByteStream(Deno.stdin.readable, Deno.stdout.writable),
    { service, onFault: (error, method) => logger.error(`${method}: ${stackOf(error)}`) },
  );
  // Without its mount the engine works for nobody.
  peer.closed.then(() => stopping.abort());
  Deno.addSignalListener("SIGTERM", () => stopping.abort());
  peer.notify("engine.hello", program);
  if (mount === undefined || !canWorkTogether(mount, program)) {
    // The engine ends before it touches anything: the mount could not read a library of another layout.
    await peer.close();
    return EXIT.usage;
  }

  let engine: Engine;
  const tellDue = () => {
    const pinsAt = engine?.cache.pinsDueAt ?? null;
    peer.notify("engine.due", {
      scans: [
        ...dueScans(settings, Date.now()),
        ...dueRetries(engine?.originRows ?? [], Date.now(), retryMs()),
        ...pinsAt === null ? [] : [{ origin: null, at: pinsAt }],
      ],
    });
  };
  try {
    engine = await Engine.open({
      settings,
      logger,
      signal: stopping.signal,
      onProjected: (last_seq) => peer.notify("engine.projected", { last_seq }),
      onScan: (status) => {
        peer.notify("engine.scan", status);
        if (!status.running) tellDue();
      },
      onBuild: inSteps((build) => peer.notify("engine.build", build)),
      onCacheWork: (work) => peer.notify("engine.cache", { work }),
      refused,
      onRefused: (roots) => peer.notify("engine.refused", { roots }),
      onOrigins: (origins) => peer.notify("engine.origins", { origins }),
      onSwitched: (file) => peer.notify("engine.switched", { file }),
    });
  } catch (error) {
    if (stopping.signal.aborted) return EXIT.done;
    const code = reportFailure(error);
    engineReady.reject(error);
    await peer.close();
    return error instanceof UserError ? EXIT.usage : code;
  }
  engineReady.resolve(engine);
  peer.notify("engine.ready", { last_seq: engine.lastSeq });
  tellDue();
  engine.resume();

  const idleMs = engineIdleMs();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (engine.busy || service.open > 0) lastWork = Date.now();
      if (!stopping.signal.aborted && Date.now() - lastWork < idleMs) return;
      clearInterval(timer);
      resolve();
    }, LOOK_MS);
    stopping.signal.addEventListener("abort", () => {
      clearInterval(timer);
      resolve();
    });
  });
  tellDue();
  logger.debug(stopping.signal.aborted ? "asked to end" : "nothing to do, leaving");
  stopping.abort();
  try {
    await engine.close();
    await peer.close();
  } catch (error) {
    logger.error(`Cannot end in order: ${messageOf(error)}`);
    return EXIT.failed;
  }
  return EXIT.done;
}

/** Passes on at most one value in STEP_MS: people do not look more often. */
function inSteps<T>(tell: (value: T) => void): (value: T) => void {
  let toldAt = -Infinity;
  return (value) => {
    const now = performance.now();
    if (now - toldAt < STEP_MS) return;
    toldAt = now;
    tell(value);
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
