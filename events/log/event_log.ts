import type { CacheEvent } from "../facts/cache.ts";
import type { Envelope } from "./event.ts";
import type { FileEvent } from "../facts/files.ts";
import type { LibraryEvent } from "../facts/library.ts";
import type { OriginEvent } from "../facts/origins.ts";
import type { PlayEvent } from "../facts/plays.ts";

/** Everything that can be said in the log. */
export type MusicEvent = OriginEvent | FileEvent | LibraryEvent | PlayEvent | CacheEvent;
export type EventType = MusicEvent["type"];
/** An event as it is read back. */
export type StoredEvent = MusicEvent & Envelope;

export interface ReadOptions {
  /** First position that is wanted, 1 when absent. */
  readonly from?: number;
  /** Last position that is wanted, the end of the log when absent. */
  readonly to?: number;
}

/**
 * The append-only truth. One process appends at a time; any number of processes read meanwhile.
 *
 * - Positions are 1, 2, 3, … in the order of `append` calls, without gaps.
 * - What `append` resolved for is durable: it survives SIGKILL and a power cut.
 * - An `append` that rejects has appended nothing of its batch.
 * - Readers see events in order, lifted to the newest shape by the upcasters, and never half a batch.
 */
export interface EventLog {
  /** Tells one log from another, for as long as it lives: what was made from a log records it. */
  readonly id: string;
  /** Appends all or nothing; resolves, once durable, with the stored events. Concurrent calls share one commit. */
  append(events: readonly MusicEvent[]): Promise<readonly StoredEvent[]>;
  /** Position of the newest event, 0 when the log is empty. Sees what other processes appended. */
  lastSeq(): number;
  /** Events from a position on, oldest first. Holds no long read transaction while the caller works. */
  read(options?: ReadOptions): IterableIterator<StoredEvent>;
  /** Goes on where `read` would end: yields what is appended, by whichever process, until aborted. */
  tail(
    options: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncIterableIterator<StoredEvent>;
  close(): Promise<void>;
}
