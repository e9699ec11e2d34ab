import { openEventLog, rewriteEventLog } from "../../events/mod.ts";
import { openLibrary, planCompaction, verifyLibrary } from "../../projections/mod.ts";
import { assert, type Logger, type Seq, toSeq } from "../base/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { withCacheOffline } from "./offline_cache.ts";

/**
 * The stages of a compaction: the log is read, a new one is written, and that is compared with the served projections.
 */
export type CompactionStage = "reading" | "writing" | "comparing";

export interface CompactedLog {
  /** Events before and after. */
  readonly events_before: number;
  readonly events: number;
  /** Bytes of the log's file before and after. */
  readonly bytes_before: number;
  readonly bytes: number;
  /** The position from which on every event was left as it is. */
  readonly kept_from: Seq;
  readonly duration_ms: number;
}

export interface CompactionOptions {
  /** The position from which on every event stays. */
  readonly keptFrom: Seq;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: CompactionStage, done: number, of: number) => void;
}

/**
 * Leaves superseded events out of the log, with no daemon running. Before the new log replaces the old one, it is
 * compared, row by row, with the served projections. Throws UserError when another process appends.
 */
export async function compactOffline(
  places: Pick<Settings, "stateDir" | "cacheDir">,
  { keptFrom, logger, signal, onProgress }: CompactionOptions,
): Promise<CompactedLog> {
  const started = performance.now();
  const { stateDir } = places;
  const directory = libraryDirectory(places);
  const bytesBefore = bytesOf(stateDir);
  const told = (stage: CompactionStage) => ({ events, of }: { events: number; of: number }) =>
    onProgress(stage, events, of);
  // An older library log describes the cache too. The cache log takes this over before the compaction leaves it out.
  await withCacheOffline(places, logger, ({ keeper }) => keeper.look());
  const log = openEventLog(stateDir);
  let plan;
  let before = 0;
  try {
    const projector = await openLibrary({ directory, log, signal, onProgress: told("reading") });
    await projector.close();
    const until = toSeq(Math.max(0, Math.min(keptFrom, log.lastSeq()) - 1));
    plan = await planCompaction(log, until, directory, {
      ...{ signal, onProgress: told("reading") },
    });
    for (const _ of log.read()) before++;
  } finally {
    await log.close();
  }
  let after = before;
  if (plan.touched.size > 0) {
    await rewriteEventLog(stateDir, {
      ...{ touched: plan.touched, change: (event) => plan.change(event), signal },
      onProgress: (position, of) => onProgress("writing", position, of),
      check: async (rewritten) => {
        const options = { directory, log: rewritten, signal, onProgress: told("comparing") };
        const { difference } = await verifyLibrary(options);
        assert(difference === null, `the compacted log says the same (${difference})`);
        after = 0;
        for (const _ of rewritten.read()) after++;
      },
    });
  }
  return {
    ...{ events_before: before, events: after },
    ...{ bytes_before: bytesBefore, bytes: bytesOf(stateDir), kept_from: keptFrom },
    duration_ms: Math.round(performance.now() - started),
  };
}

function bytesOf(stateDir: string): number {
  return Deno.statSync(`${stateDir}/events.mdb`).size;
}
