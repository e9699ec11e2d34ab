import type { Seq } from "../../src/base/mod.ts";

/** What is known of a log before any of its events is read. */
export interface LogHead {
  /** Version of the layout on disk. */
  readonly format: number;
  /** Random; tells a projection whether it was made from this log. */
  readonly id: string;
  /** What the log was made to speak of; see EventLog. */
  readonly about: Readonly<Record<string, string>>;
  /** Newest version of each event type that was ever appended and that a reader has to know. */
  readonly vocabulary: { readonly [type: string]: number };
  /** The same of the types that a reader may pass over. */
  readonly passable: { readonly [type: string]: number };
}

export interface StoredRecord {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
}

/** How much is copied at once: one of the two bounds ends it, and at least one record is copied. */
export interface CopyLimit {
  readonly records: number;
  readonly bytes: number;
}

/** Where records lie. Everything is synchronous, and no call leaves a snapshot behind. */
export interface RecordStore {
  readonly head: LogHead;
  /** Position of the newest record, 0 when there is none; sees what other processes appended. */
  lastSeq(): Seq;
  /** Copies of the first records from `from` up to `to`, ascending; none when there is none. */
  copy(from: number, to: number, limit: CopyLimit): StoredRecord[];
  /**
   * Appends all or nothing, and replaces the head when one is given; durable when it returns. Positions ascend from
   * behind the newest one.
   */
  append(records: readonly StoredRecord[], head: LogHead | undefined): void;
  close(): Promise<void>;
}

export const LOG_FORMAT = 2;

export function newLogHead(about: LogHead["about"] = {}): LogHead {
  return { format: LOG_FORMAT, id: crypto.randomUUID(), about, vocabulary: {}, passable: {} };
}
