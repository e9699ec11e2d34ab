import type { Seq } from "../../src/base/mod.ts";
import type { CacheEvent, ChunkStoreFound } from "../facts/cache.ts";
import type { Envelope } from "./event.ts";
import type { FileEvent } from "../facts/files.ts";
import type { CollectionEvent } from "../facts/collections.ts";
import type { LibraryEvent } from "../facts/library.ts";
import type { OriginEvent } from "../facts/origins.ts";
import type { PlaylistEvent } from "../facts/playlists.ts";
import type { PlayEvent } from "../facts/plays.ts";

/** The events of both kinds of logs. The vocabulary of a log says which events it may have. */
export type MusicEvent =
  | OriginEvent
  | FileEvent
  | CollectionEvent
  | PlaylistEvent
  | LibraryEvent
  | PlayEvent
  | CacheEvent
  | ChunkStoreFound;
export type EventType = MusicEvent["type"];
/** An event as it is read back. */
export type StoredEvent = MusicEvent & Envelope;

export interface ReadOptions {
  /** The first position to read; 1 when absent. */
  readonly from?: Seq;
  /** The last position to read; the end of the log when absent. */
  readonly to?: Seq;
}

/**
 * The append-only truth. One process appends at a time; any number of processes read meanwhile.
 *
 * - Positions ascend in the order of `append` calls. They have gaps where superseded events were left out, and where
 *   this program passes over an event that it does not know and that allows this.
 * - When `append` has resolved, its events are durable: they survive SIGKILL and a power cut.
 * - An `append` that rejects has appended nothing of its batch.
 * - Readers see events in order, converted to the newest shape by the upcasters, and never half a batch.
 */
export interface EventLog {
  /** Identifies the log, and never changes. Projections record the id of the log from which they were made. */
  readonly id: string;
  /** What the log describes. For a cache log: the identities of the chunk store and of the library log; else empty. */
  readonly about: Readonly<Record<string, string>>;
  /** Whether the log may have events of a type; false when none was ever appended. */
  mayHold(type: EventType): boolean;
  /**
   * Appends all events or none; resolves with the stored events once these are durable. Concurrent calls share one
   * commit.
   */
  append(events: readonly MusicEvent[]): Promise<readonly StoredEvent[]>;
  /**
   * Position of the newest event that this program knows, 0 when there is none. Includes events that other processes
   * appended.
   */
  lastSeq(): Seq;
  /**
   * The events from a position on, oldest first. A few hundred are copied at a time; no snapshot is held between the
   * copies.
   */
  read(options?: ReadOptions): IterableIterator<StoredEvent>;
  /**
   * Like `read`, but does not end: yields the events from `from` on, and then those that any process appends, until
   * aborted.
   */
  tail(
    options: { readonly from: Seq; readonly signal: AbortSignal },
  ): AsyncIterableIterator<StoredEvent>;
  close(): Promise<void>;
}
