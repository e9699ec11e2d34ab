import type { Seq } from "../../src/base/mod.ts";
import type { CacheEvent, ChunkStoreFound } from "../facts/cache.ts";
import type { Envelope } from "./event.ts";
import type { FileEvent } from "../facts/files.ts";
import type { LibraryEvent } from "../facts/library.ts";
import type { OriginEvent } from "../facts/origins.ts";
import type { PlayEvent } from "../facts/plays.ts";

/** Everything that can be said in a log, of either kind; its vocabulary says what can be said in one. */
export type MusicEvent =
  | OriginEvent
  | FileEvent
  | LibraryEvent
  | PlayEvent
  | CacheEvent
  | ChunkStoreFound;
export type EventType = MusicEvent["type"];
/** An event as it is read back. */
export type StoredEvent = MusicEvent & Envelope;

export interface ReadOptions {
  /** First position that is wanted, 1 when absent. */
  readonly from?: Seq;
  /** Last position that is wanted, the end of the log when absent. */
  readonly to?: Seq;
}

/**
 * The append-only truth. One process appends at a time; any number of processes read meanwhile.
 *
 * - Positions ascend in the order of `append` calls. There are gaps where superseded events were left out, and where this
 *   program passed over an event that it does not know and that says that it may.
 * - What `append` resolved for is durable: it survives SIGKILL and a power cut.
 * - An `append` that rejects has appended nothing of its batch.
 * - Readers see events in order, lifted to the newest shape by the upcasters, and never half a batch.
 */
export interface EventLog {
  /** Tells one log from another, for as long as it lives: what was made from a log records it. */
  readonly id: string;
  /** What it was made to speak of: of a cache log, the identities of the store and of the library log; nothing of others. */
  readonly about: Readonly<Record<string, string>>;
  /** False for a type of which no event was ever appended. */
  mayHold(type: EventType): boolean;
  /** Appends all or nothing; resolves, once durable, with the stored events. Concurrent calls share one commit. */
  append(events: readonly MusicEvent[]): Promise<readonly StoredEvent[]>;
  /**
   * Position of the newest event that this program knows, 0 when there is none. Sees what other processes appended.
   */
  lastSeq(): Seq;
  /** Events from a position on, oldest first: a few hundred are copied at a time, and no snapshot is held meanwhile. */
  read(options?: ReadOptions): IterableIterator<StoredEvent>;
  /** Goes on where `read` would end: yields what is appended, by whichever process, until aborted. */
  tail(
    options: { readonly from: Seq; readonly signal: AbortSignal },
  ): AsyncIterableIterator<StoredEvent>;
  close(): Promise<void>;
}
