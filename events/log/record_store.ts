/** What is known of a log before any of its events is read. */
export interface LogHead {
  /** Version of the layout on disk. */
  readonly format: number;
  /** Random; tells a projection whether it was made from this log. */
  readonly id: string;
  /** Newest version of each event type that was ever appended. */
  readonly vocabulary: { readonly [type: string]: number };
}

/** Where records lie. Everything is synchronous; `append` returns once its records are durable. */
export interface RecordStore {
  readonly head: LogHead;
  /** Position of the newest record, 0 when there is none; sees what other processes appended. */
  lastSeq(): number;
  /** Bytes of a record, good until the next call of any method. */
  get(seq: number): Uint8Array | undefined;
  /** Appends all or nothing from position `first` on, and replaces the head when one is given. */
  append(first: number, records: readonly Uint8Array[], head: LogHead | undefined): void;
  /** Lets go of the snapshot that `get` reads from. */
  release(): void;
  close(): Promise<void>;
}

export const LOG_FORMAT = 1;

export function newLogHead(): LogHead {
  return { format: LOG_FORMAT, id: crypto.randomUUID(), vocabulary: {} };
}
