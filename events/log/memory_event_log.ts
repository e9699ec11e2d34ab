import { type Clock, systemClock } from "../../src/base/mod.ts";
import type { EventLog } from "./event_log.ts";
import { type LogHead, newLogHead, type RecordStore } from "./record_store.ts";
import { StoredEventLog } from "./stored_event_log.ts";
import { MUSIC_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

/** Records in memory: through the same codec as on disk, so that nothing is shared with who appended. */
export class MemoryRecords implements RecordStore {
  head: LogHead = newLogHead();
  readonly #records: Uint8Array[] = [];

  lastSeq(): number {
    return this.#records.length;
  }

  get(seq: number): Uint8Array | undefined {
    return this.#records[seq - 1];
  }

  append(_first: number, records: readonly Uint8Array[], head: LogHead | undefined): void {
    for (const record of records) this.#records.push(record);
    if (head !== undefined) this.head = head;
  }

  release(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A log for tests; give it the records of another to reopen that one. */
export function createMemoryEventLog(
  options: { records?: MemoryRecords; clock?: Clock; vocabulary?: Vocabulary } = {},
): EventLog {
  return new StoredEventLog(options.records ?? new MemoryRecords(), {
    clock: options.clock ?? systemClock,
    vocabulary: options.vocabulary ?? MUSIC_VOCABULARY,
    writable: true,
  });
}
