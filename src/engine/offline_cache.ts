import type { MusicEvent } from "../../events/mod.ts";
import { openEventLog } from "../../events/mod.ts";
import { type LibraryProjector, openLibrary } from "../../projections/mod.ts";
import type { Logger } from "../base/mod.ts";
import { DiskChunkStore, loadChecksum } from "../cache/store/mod.ts";
import { chunksDirectory, libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { StoreKeeper } from "../cache/mod.ts";
import { unknownOrigin } from "../control/mod.ts";
import type { CacheChange, CacheVerification } from "../control/protocol.ts";

type Places = Pick<Settings, "stateDir" | "cacheDir">;

export interface OfflineVerification extends Places {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
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
  return withKeeper(places, logger, async (keeper, { queries }) => {
    if (origin !== null && queries.origin(origin) === undefined) throw unknownOrigin(origin);
    return await keeper.clear(origin);
  });
}

/** Reads every chunk, with no daemon running. Throws UserError when one is. */
export function verifyCacheOffline(
  { signal, onProgress, logger, ...places }: OfflineVerification,
): Promise<CacheVerification> {
  return withKeeper(places, logger, async (keeper, { content }) => {
    const { bytes } = content.totals();
    return await keeper.verify(signal, (done) => onProgress(done, bytes));
  });
}

/** What is dropped is appended to the log, so only who may append may keep the store. */
async function withKeeper<T>(
  places: Places,
  logger: Logger,
  work: (keeper: StoreKeeper, projector: LibraryProjector) => Promise<T>,
): Promise<T> {
  const log = openEventLog(places.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(places), log });
    try {
      const append = async (events: MusicEvent[]) => {
        await log.append(events);
        await projector.catchUp();
      };
      const keeper = new StoreKeeper({
        store: new DiskChunkStore(chunksDirectory(places), await loadChecksum()),
        content: () => projector.content,
        append,
        // Nothing is stored here, so nothing has to go for it.
        limits: { content: Infinity, metadata: Infinity },
        logger,
        now: () => Date.now(),
      });
      return await work(keeper, projector);
    } finally {
      await projector.close();
    }
  } finally {
    await log.close();
  }
}
