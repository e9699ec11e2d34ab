import {
  createLogger,
  EXIT,
  type ExitCode,
  formatBytes,
  plural,
  ProgressLine,
} from "../base/mod.ts";
import type { CacheVerification } from "../control/protocol.ts";
import { cacheWorkText, statusWorkText } from "./cache_work_text.ts";
import type { Context, Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { withLog } from "./event_selection.ts";
import { untilInterrupted } from "./interrupt.ts";
import { asOnlyWriter } from "./only_writer.ts";
import { printable } from "./output.ts";
import { showingProgress } from "./showing_progress.ts";

/**
 * `musicfs cache verify`: the daemon does it, or this process when there is no daemon. Exit code 1 when a chunk was
 * damaged.
 */
export function cacheVerify({ context }: Invocation): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const found = daemon !== undefined
        ? await showingProgress(
          daemon,
          daemon.request("cache.verify", {}, { signal, deadlineMs: Infinity }),
          statusWorkText,
        )
        : await verifyHere(context, signal);
      context.output.print(found, () => human(found));
      return found.corrupt.length === 0 ? EXIT.done : EXIT.failed;
    })
  );
}

async function verifyHere(context: Context, signal: AbortSignal): Promise<CacheVerification> {
  // Opening a log that isn't there would make one, while most likely the user named the wrong directory: this fails
  // instead.
  await withLog(context, () => {});
  const { verifyCacheOffline } = await import("../engine/mod.ts");
  const line = new ProgressLine();
  try {
    return await asOnlyWriter(context, "cache verify", () =>
      verifyCacheOffline({
        ...context.locations,
        // Warnings would repeat what the answer says.
        logger: createLogger("cache", "error"),
        signal,
        onProgress: (done_bytes, total_bytes) =>
          line.update(cacheWorkText({ what: "verify", done_bytes, total_bytes })),
      }));
  } finally {
    line.clear();
  }
}

function human({ chunks, bytes, corrupt, orphans }: CacheVerification): string {
  const read = `Read ${plural(chunks, "chunk")} of the cache, ${
    formatBytes(bytes)
  }; no origin was read`;
  const swept = orphans === 0
    ? []
    : [`Deleted ${plural(orphans, "chunk file")} that nothing in the library needs`];
  if (corrupt.length === 0) return [read, ...swept, "All is well"].join("\n");
  return [
    read,
    ...swept,
    `Dropped ${plural(corrupt.length, "damaged chunk")}, to be fetched again when read:`,
    ...corrupt.map(({ hash, reason }) => `  ${hash}  ${printable(reason)}`),
  ].join("\n");
}
