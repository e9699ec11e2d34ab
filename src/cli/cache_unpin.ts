import { type ExitCode, plural } from "../base/mod.ts";
import { cacheQuery } from "./cache_query.ts";
import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";

/** `musicfs cache unpin QUERY`: tracks that were pinned by this query may be evicted like any other. */
export function cacheUnpin({ context, args }: Invocation): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    requireDaemon(context, async (daemon) => {
      const query = await cacheQuery(args[0]!);
      const options = { signal, deadlineMs: Infinity };
      const { tracks } = await daemon.request("cache.unpin", { query }, options);
      context.output.done(
        { query, tracks },
        () => `Unpinned ${plural(tracks, "track")}; what is stored stays until room is wanted`,
      );
    })
  );
}
