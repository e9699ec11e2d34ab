import { CACHE_VOCABULARY, holdsLog, openEventLog } from "../../events/mod.ts";
import { openLibrary, StoredReader, verifyLibrary } from "../../projections/mod.ts";
import type { Logger } from "../base/mod.ts";
import { cacheLogDirectory, libraryDirectory, storedDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import type { ReplayResult, VerifyResult } from "../control/protocol.ts";
import { cacheDifference, WrittenCache } from "./written_cache.ts";
import { withCache } from "./written_library.ts";

/** Builds the library from the log, with no daemon running. Rejects with UserError when one is running. */
export async function replayOffline(settings: Settings, logger: Logger): Promise<ReplayResult> {
  // The log is opened to append, since only the process that may append may replace the library.
  const log = openEventLog(settings.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(settings), log });
    try {
      // A library that was damaged or missing has just been built by `openLibrary`.
      const { events, files, duration_ms } = projector.rebuilt ?? await projector.rebuild();
      const library = { log, projector };
      const cache = await WrittenCache.open({ places: settings, library, logger });
      await cache.replay().finally(() => cache.close());
      return { events, files, duration_ms };
    } finally {
      await projector.close();
    }
  } finally {
    await log.close();
  }
}

/** Compares the library with the log, while no daemon is running or beside one. */
export async function verifyOffline(settings: Settings): Promise<VerifyResult> {
  const log = openEventLog(settings.stateDir, { readOnly: true });
  try {
    const found = await verifyLibrary({ directory: libraryDirectory(settings), log });
    // A difference counts only when it is found twice: an engine may compact the log between the reading of the rows
    // and of the log.
    const ofCache = await differenceOfCache(settings) && await differenceOfCache(settings);
    return withCache(found, ofCache);
  } finally {
    await log.close();
  }
}

/**
 * The first difference between the cache's rows and its log. Null when there is none, no cache log, or no rows of it
 * yet, as before anything was stored.
 */
async function differenceOfCache(settings: Settings): Promise<string | null> {
  const directory = cacheLogDirectory(settings);
  const rows = new StoredReader(storedDirectory(settings));
  const isBuilt = rows.isOpen;
  rows.close();
  if (!isBuilt || !holdsLog(directory)) return null;
  const log = openEventLog(directory, { readOnly: true, vocabulary: CACHE_VOCABULARY });
  try {
    return await cacheDifference(storedDirectory(settings), log);
  } finally {
    await log.close();
  }
}
