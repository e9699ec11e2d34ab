import { type ExitCode, formatDuration, plural } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";

/** `musicfs events replay`: by the daemon, which goes on serving the while, or here when there is none. */
export function eventsReplay({ context }: Invocation): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const result = daemon !== undefined
        ? await daemon.request("events.replay", {}, { signal, deadlineMs: Infinity })
        : await (await import("../engine/mod.ts")).replayOffline(
          (await context.settings()).settings,
        );
      context.output.print(result, () =>
        `Rebuilt from ${plural(result.events, "event")} (${
          plural(result.files, "file record")
        }) in ${formatDuration(result.duration_ms)}`);
    })
  );
}
