import { type ExitCode, formatCount, formatDuration, plural } from "../base/mod.ts";
import type { ReplayResult } from "../control/mod.ts";
import type { Context, Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { withLog } from "./event_selection.ts";
import { asOnlyWriter } from "./only_writer.ts";
import { untilInterrupted } from "./interrupt.ts";

/**
 * `musicfs events replay`: the daemon rebuilds the library and serves the old one meanwhile; without a daemon, this
 * process rebuilds it.
 */
export function eventsReplay({ context }: Invocation): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const result = daemon !== undefined
        ? await daemon.request("events.replay", {}, { signal, deadlineMs: Infinity })
        : await replayHere(context);
      context.output.done(result, () =>
        `Rebuilt from the log up to event ${formatCount(result.events)} (${
          plural(result.files, "file record")
        }) in ${formatDuration(result.duration_ms)}`);
    })
  );
}

async function replayHere(context: Context): Promise<ReplayResult> {
  // Opening a log that isn't there would make one, while most likely the user named the wrong directory: this fails
  // instead.
  await withLog(context, () => {});
  const { replayOffline } = await import("../engine/mod.ts");
  const { settings } = await context.settings();
  return await asOnlyWriter(
    context,
    "events replay",
    () => replayOffline(settings, context.logger),
  );
}
