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

/** Both logs and their projections, of a library that no daemon uses. */
export interface OfflineCache {
  readonly keeper: StoreKeeper;
  readonly cache: WrittenCache;
  readonly projector: LibraryProjector;
}

/**
 * Removes the stored bytes of an origin's files, or of all files when `origin` is null, with no daemon running. Rejects
 * with UserError when one is running, and for an origin that the log never named.
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

/** Reads every chunk, with no daemon running. Rejects with UserError when one is running. */
export function verifyCacheOffline(
  { signal, onProgress, logger, ...places }: OfflineVerification,
): Promise<CacheVerification> {
  return withCacheOffline(places, logger, async ({ keeper, cache }) => {
    await keeper.look();
    const { bytes } = cache.queries.totals();
    return await keeper.verify(signal, (done) => onProgress(done, bytes));
  });
}

/** Runs `work` with both logs open to append, and closes them. Rejects with UserError when another process appends. */
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
          // Nothing is stored here, so nothing must be given up.
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
