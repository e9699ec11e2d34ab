import type { Seq } from "../../src/base/mod.ts";

/** The head of a log, which is read before any of its events. */
export interface LogHead {
  /** Version of the layout on disk. */
  readonly format: number;
  /** Random. A projection compares it to know whether it was made from this log. */
  readonly id: string;
  /** What the log describes; see EventLog. */
  readonly about: Readonly<Record<string, string>>;
  /** For each event type that a reader must know: the newest version that was ever appended. */
  readonly vocabulary: { readonly [type: string]: number };
  /** The same for the types that a reader may pass over. */
  readonly passable: { readonly [type: string]: number };
}

export interface StoredRecord {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
}

/** How much is copied at a time: copying ends at whichever bound is reached first, after at least one record. */
export interface CopyLimit {
  readonly records: number;
  readonly bytes: number;
}

/** Storage of records. All calls but `close` are synchronous, and none keeps a snapshot. */
export interface RecordStore {
  readonly head: LogHead;
  /** Position of the newest record, 0 when there is none. Includes records that other processes appended. */
  lastSeq(): Seq;
  /**
   * Copies of the first records from `from` to `to` (inclusive), ascending, within the limit; empty when there are
   * none.
   */
  copy(from: number, to: number, limit: CopyLimit): StoredRecord[];
  /**
   * Appends all records or none, and replaces the head when one is given. Both are durable when it returns. The
   * positions must ascend, and be above the newest one.
   */
  append(records: readonly StoredRecord[], head: LogHead | undefined): void;
  close(): Promise<void>;
}

export const LOG_FORMAT = 2;

export function newLogHead(about: LogHead["about"] = {}): LogHead {
  return { format: LOG_FORMAT, id: crypto.randomUUID(), about, vocabulary: {}, passable: {} };
}
