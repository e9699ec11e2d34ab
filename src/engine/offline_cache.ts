import { openEventLog } from "../../events/mod.ts";
import { type LibraryProjector, openLibrary } from "../../projections/mod.ts";
import type { Logger } from "../base/mod.ts";
import { DiskChunkStore, loadChecksum } from "../cache/store/mod.ts";
import { chunksDirectory, libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { StoreKeeper } from "../cache/mod.ts";
import { unknownOrigin } from "../control/mod.ts";
import type { CacheChange, CacheVerification } from "../control/protocol.ts";
import { WrittenCache } from "./written_cache.ts";

type Places = Pick<Settings, "stateDir" | "cacheDir">;

export interface OfflineVerification extends Places {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/** Both logs and what is made of them, of a library that no daemon has. */
export interface OfflineCache {
  readonly keeper: StoreKeeper;
  readonly cache: WrittenCache;
  readonly projector: LibraryProjector;
}

/**
 * Takes what is stored of an origin's files, or of all, out of the cache, with no daemon running. Throws UserError when
 * one is, and for an origin that the log never named.
 */
export function clearOffline(
  places: Places,
  origin: string | null,
  logger: Logger,
): Promise<CacheChange> {
  return withCacheOffline(places, logger, async ({ keeper, projector }) => {
    await keeper.look();
    if (origin !== null && projector.queries.origin(origin) === undefined) {
      throw unknownOrigin(origin);
    }
    return await keeper.clear(origin);
  });
}

/** Reads every chunk, with no daemon running. Throws UserError when one is. */
export function verifyCacheOffline(
  { signal, onProgress, logger, ...places }: OfflineVerification,
): Promise<CacheVerification> {
  return withCacheOffline(places, logger, async ({ keeper, cache }) => {
    await keeper.look();
    const { bytes } = cache.queries.totals();
    return await keeper.verify(signal, (done) => onProgress(done, bytes));
  });
}

/** Opens both logs to append. Throws UserError when another process does. */
export async function withCacheOffline<T>(
  places: Places,
  logger: Logger,
  work: (opened: OfflineCache) => Promise<T>,
): Promise<T> {
  const log = openEventLog(places.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(places), log });
    try {
      const cache = await WrittenCache.open({ places, library: { log, projector }, logger });
      try {
        const keeper = new StoreKeeper({
          store: new DiskChunkStore(chunksDirectory(places), await loadChecksum()),
          log: cache,
          appendToLibrary: async (events) => {
            await log.append(events);
            await projector.catchUp();
          },
          // Nothing is stored here, so nothing has to go for it.
          limits: { content: Infinity, metadata: Infinity },
          logger,
          now: () => Date.now(),
        });
        return await work({ keeper, cache, projector });
      } finally {
        await cache.close();
      }
    } finally {
      await projector.close();
    }
  } finally {
    await log.close();
  }
}
