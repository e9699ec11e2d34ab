import { type ExitCode, formatBytes, plural } from "../base/mod.ts";
import type { CacheChange } from "../control/protocol.ts";
import type { Context, Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { withLog } from "./event_selection.ts";
import { untilInterrupted } from "./interrupt.ts";
import { asOnlyWriter } from "./only_writer.ts";

/**
 * `musicfs cache clear`: the daemon does it, or this process when there is no daemon. Pinned tracks lose their bytes
 * too, and stay pinned.
 */
export function cacheClear(
  { context, options }: Invocation<{ origin?: string }>,
): Promise<ExitCode | void> {
  const origin = options.origin ?? null;
  return untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const change = daemon !== undefined
        ? await daemon.request("cache.clear", { origin }, { signal, deadlineMs: Infinity })
        : await clearHere(context, origin);
      context.output.done(
        { origin, tracks: change.tracks, freed_bytes: change.bytes },
        () => `Freed ${formatBytes(change.bytes)}, of ${plural(change.tracks, "file")}`,
      );
    })
  );
}

async function clearHere(context: Context, origin: string | null): Promise<CacheChange> {
  // Opening a log that isn't there would make one, while most likely the user named the wrong directory: this fails
  // instead.
  await withLog(context, () => {});
  const { clearOffline } = await import("../engine/mod.ts");
  return await asOnlyWriter(
    context,
    "cache clear",
    () => clearOffline(context.locations, origin, context.logger),
  );
}
