import { openEventLog } from "../../events/mod.ts";
import { openLibrary } from "../../projections/mod.ts";
import type { Logger } from "../../src/base/mod.ts";
import { libraryDirectory } from "../../src/config/places.ts";
import { WrittenCache } from "../../src/engine/written_cache.ts";

const silent = () => {};
const logger: Logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** The cache of a library as the engine writes it, in the directories `state` and `cache` below `base`. */
export class OpenedCache implements AsyncDisposable {
  readonly cache: WrittenCache;
  readonly #close: () => Promise<void>;

  private constructor(cache: WrittenCache, close: () => Promise<void>) {
    this.cache = cache;
    this.#close = close;
  }

  static async open(base: string): Promise<OpenedCache> {
    const places = { cacheDir: `${base}/cache` };
    const log = openEventLog(`${base}/state`);
    const projector = await openLibrary({ directory: libraryDirectory(places), log });
    const cache = await WrittenCache.open({ places, library: { log, projector }, logger });
    return new OpenedCache(cache, async () => {
      await cache.close();
      await projector.close();
      await log.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
