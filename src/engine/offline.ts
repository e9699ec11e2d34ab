import { CACHE_VOCABULARY, holdsLog, openEventLog } from "../../events/mod.ts";
import { openLibrary, StoredReader, verifyLibrary } from "../../projections/mod.ts";
import type { Logger } from "../base/mod.ts";
import { cacheLogDirectory, libraryDirectory, storedDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import type { ReplayResult, VerifyResult } from "../control/protocol.ts";
import { cacheDifference, WrittenCache } from "./written_cache.ts";
import { withCache } from "./written_library.ts";

/** Builds the library from the log, with no daemon running. Throws UserError when one is. */
export async function replayOffline(settings: Settings, logger: Logger): Promise<ReplayResult> {
  // Only who may append may replace the library.
  const log = openEventLog(settings.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(settings), log });
    try {
      // One that could not be trusted, or was not there, has just been built.
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

/** Compares the library with what the log says, with no daemon running or beside one. */
export async function verifyOffline(settings: Settings): Promise<VerifyResult> {
  const log = openEventLog(settings.stateDir, { readOnly: true });
  try {
    const found = await verifyLibrary({ directory: libraryDirectory(settings), log });
    // An engine may compact the log between the look at the rows and the look at the log.
    const ofCache = await differenceOfCache(settings) && await differenceOfCache(settings);
    return withCache(found, ofCache);
  } finally {
    await log.close();
  }
}

/** Null when there is no cache log, or nothing is served of it yet, as before anything was stored. */
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
