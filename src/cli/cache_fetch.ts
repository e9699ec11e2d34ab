import { type ExitCode, formatBytes, plural } from "../base/mod.ts";
import type { CacheChange } from "../control/protocol.ts";
import { cacheQuery } from "./cache_query.ts";
import { statusWorkText } from "./cache_work_text.ts";
import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";
import { showingProgress } from "./showing_progress.ts";

/**
 * `musicfs cache pin QUERY`: keeps the tracks that it finds from now on, and fetches them. Ctrl-C ends the fetching
 * and leaves the pin.
 */
export function cachePin(invocation: Invocation): Promise<ExitCode | void> {
  return fetched("cache.pin", invocation, "Pinned");
}

/** `musicfs cache warm QUERY`: fetches the tracks that it finds. They may be evicted later like any other. */
export function cacheWarm(invocation: Invocation): Promise<ExitCode | void> {
  return fetched("cache.warm", invocation, "At hand:");
}

function fetched(
  method: "cache.pin" | "cache.warm",
  { context, args }: Invocation,
  done: string,
): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    requireDaemon(context, async (daemon) => {
      const query = await cacheQuery(args[0]!);
      const answer = daemon.request(method, { query }, { signal, deadlineMs: Infinity });
      const change = await showingProgress(daemon, answer, statusWorkText);
      context.output.done(
        { query, tracks: change.tracks, fetched_bytes: change.bytes },
        () => `${done} ${plural(change.tracks, "track")}, ${fetchedText(change)}`,
      );
    })
  );
}

function fetchedText({ bytes }: CacheChange): string {
  return bytes === 0 ? "nothing had to be fetched" : `${formatBytes(bytes)} fetched`;
}
