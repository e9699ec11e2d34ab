import type { CacheEvent } from "../../../events/facts/cache.ts";
import type { CacheQueries } from "../../../projections/mod.ts";

/** Whether a chunk of that name and length lies in a store. */
export type HasChunk = (hash: string, length: number) => boolean;

/** The log of what a chunk store holds, and the rows behind it. */
export interface CacheLog {
  /** Identity of the store that the log describes; undefined when there is no log, or it was deleted. */
  readonly store: string | undefined;
  /**
   * Must be read again after an await: the rows may have been replaced. Without a log, these say that nothing is
   * stored.
   */
  readonly queries: CacheQueries;
  /** Resolves when the events are durable and folded. Rejects with the error of the disk, and when there is no log. */
  append(events: readonly CacheEvent[]): Promise<void>;
  /**
   * Begins a new log for this store. With `has`, the store may hold chunks from before there was a cache log: what the
   * library log says of those that `has` finds is taken over.
   */
  begin(store: string, has: HasChunk | undefined): Promise<void>;
  /** Closes the log: its store was deleted, and no other could be made in its place. Nothing counts as stored from then on. */
  end(): Promise<void>;
}
