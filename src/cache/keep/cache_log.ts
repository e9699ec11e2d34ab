import type { CacheEvent } from "../../../events/facts/cache.ts";
import type { CacheQueries } from "../../../projections/mod.ts";

/** Whether a chunk of that name and length lies in a store. */
export type HasChunk = (hash: string, length: number) => boolean;

/** The log of what a chunk store holds, and the rows behind it. */
export interface CacheLog {
  /** Identity of the store that the log speaks of; undefined when there is no log, or it was deleted. */
  readonly store: string | undefined;
  /** Ask anew after an await: rows may have been replaced. Nothing is stored where there is no log. */
  readonly queries: CacheQueries;
  /** Resolves when the events are durable and folded in. Throws what the disk says, and when there is no log. */
  append(events: readonly CacheEvent[]): Promise<void>;
  /**
   * Begins the log anew, for this store, with what is known of it from before there was one: of the chunks for which `has`
   * says that they are there, where it may have some.
   */
  begin(store: string, has: HasChunk | undefined): Promise<void>;
}
