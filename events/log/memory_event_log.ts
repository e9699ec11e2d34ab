import { type Clock, LOG_START, type Seq, systemClock } from "../../src/base/mod.ts";
import type { EventLog } from "./event_log.ts";
import {
  type CopyLimit,
  type LogHead,
  newLogHead,
  type RecordStore,
  type StoredRecord,
} from "./record_store.ts";
import { StoredEventLog } from "./stored_event_log.ts";
import { LIBRARY_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

/** Records in memory. They pass the same codec as on disk, so that no objects are shared with the appender. */
export class MemoryRecords implements RecordStore {
  head: LogHead = newLogHead();
  readonly #records: StoredRecord[] = [];

  lastSeq(): Seq {
    return this.#records.at(-1)?.seq ?? LOG_START;
  }

  copy(from: number, to: number, limit: CopyLimit): StoredRecord[] {
    const copies: StoredRecord[] = [];
    let bytes = 0;
    for (let i = this.#firstFrom(from); i < this.#records.length; i++) {
      const record = this.#records[i]!;
      if (record.seq > to || copies.length === limit.records || bytes >= limit.bytes) break;
      copies.push(record);
      bytes += record.bytes.length;
    }
    return copies;
  }

  append(records: readonly StoredRecord[], head: LogHead | undefined): void {
    this.#records.push(...records);
    if (head !== undefined) this.head = head;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Index of the first record at or after a position. */
  #firstFrom(seq: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#records[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A log for tests. With the `records` of another log it reopens that one. */
export function createMemoryEventLog(
  options: { records?: MemoryRecords; clock?: Clock; vocabulary?: Vocabulary } = {},
): EventLog {
  return new StoredEventLog(options.records ?? new MemoryRecords(), {
    clock: options.clock ?? systemClock,
    vocabulary: options.vocabulary ?? LIBRARY_VOCABULARY,
    writable: true,
  });
}
