import {
  CACHE_VOCABULARY,
  type CacheEvent,
  createMemoryEventLog,
  type EventLog,
} from "../../events/mod.ts";
import { CACHE, CacheQueries, Projector } from "../../projections/mod.ts";
import type { Clock } from "../../src/base/mod.ts";
import type { CacheLog } from "../../src/cache/mod.ts";

/** A cache log in memory. Its rows are in a directory, and are joined with those of a library. */
export class MemoryCache implements CacheLog {
  readonly #library: string;
  #directory: string;
  readonly #clock: Clock;
  readonly #onAppended: (events: readonly CacheEvent[]) => void;
  log: EventLog;
  store: string | undefined;
  projector: Projector<unknown>;
  #joined: { queries: CacheQueries; file: string } | undefined;

  private constructor(options: MemoryCacheOptions, opened: Opened) {
    this.#library = options.library;
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#onAppended = options.onAppended ?? (() => {});
    this.log = opened.log;
    this.projector = opened.projector;
  }

  static async open(options: MemoryCacheOptions): Promise<MemoryCache> {
    return new MemoryCache(options, await opened(options.directory, options.clock));
  }

  /** Where the rows are. */
  get directory(): string {
    return this.#directory;
  }

  get queries(): CacheQueries {
    const { file } = this.projector;
    if (this.#joined?.file !== file) {
      this.forget();
      const places = { library: this.#library, cache: this.#directory };
      this.#joined = { queries: CacheQueries.open(places)!, file };
    }
    return this.#joined.queries;
  }

  /** Closes the queries; the next use opens the files again. To be called when another library serves. */
  forget(): void {
    this.#joined?.queries.close();
    this.#joined = undefined;
  }

  async append(events: readonly CacheEvent[]): Promise<void> {
    await this.log.append(events);
    await this.projector.catchUp();
    this.#onAppended(events);
  }

  end(): Promise<void> {
    throw new Error("A store in memory can always be made");
  }

  async begin(store: string): Promise<void> {
    const { projector } = this;
    this.#directory += "-again";
    Object.assign(this, await opened(this.#directory, this.#clock), { store });
    this.forget();
    await projector.close();
  }

  async reopen(): Promise<void> {
    this.forget();
    await this.projector.close();
    this.projector = await Projector.open({
      directory: this.#directory,
      log: this.log,
      set: CACHE,
    });
  }

  async close(): Promise<void> {
    this.forget();
    await this.projector.close();
  }
}

interface MemoryCacheOptions {
  /** The directory of the library's rows; `directory` is that of the cache's rows. */
  readonly library: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly onAppended?: (events: readonly CacheEvent[]) => void;
}

interface Opened {
  readonly log: EventLog;
  readonly projector: Projector<unknown>;
}

async function opened(directory: string, clock: Clock): Promise<Opened> {
  const log = createMemoryEventLog({ clock, vocabulary: CACHE_VOCABULARY });
  return { log, projector: await Projector.open({ directory, log, set: CACHE }) };
}
