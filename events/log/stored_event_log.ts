import { assert, type Clock } from "../../src/base/mod.ts";
import { decodeRecord, encodeBody, encodeRecord } from "./codec.ts";
import { LogCorrupt, LogFromNewerVersion } from "./errors.ts";
import type { EventLog, MusicEvent, ReadOptions, StoredEvent } from "./event_log.ts";
import { LOG_FORMAT, type LogHead, type RecordStore } from "./record_store.ts";
import { upcast } from "./upcast.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** So many records are copied at once, ... */
const RECORDS_AT_ONCE = 256;
/** ... and no more of them than this many bytes hold. */
const BYTES_AT_ONCE = 1024 * 1024;
/** How often a log that others append to is looked at, in ms: five times below what a person notices. */
const TAIL_POLL_MS = 50;

interface Waiting {
  readonly events: readonly MusicEvent[];
  readonly bodies: readonly Uint8Array[];
  readonly resolve: (stored: readonly StoredEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** An event log over records: positions, times, group commit, reading and tailing. */
export class StoredEventLog implements EventLog {
  readonly #store: RecordStore;
  readonly #vocabulary: Vocabulary;
  readonly #clock: Clock;
  readonly #writable: boolean;
  readonly #wakers = new Set<() => void>();
  #waiting: Waiting[] = [];
  #head: LogHead;
  #lastAt = 0;
  #closed = false;

  constructor(
    store: RecordStore,
    options: { vocabulary: Vocabulary; clock: Clock; writable: boolean },
  ) {
    this.#store = store;
    this.#vocabulary = options.vocabulary;
    this.#clock = options.clock;
    this.#writable = options.writable;
    this.#head = store.head;
    refuseNewer(this.#head, this.#vocabulary);
    const last = store.lastSeq();
    if (this.#writable && last > 0) this.#lastAt = this.#event(last).at;
    this.#store.release();
  }

  get id(): string {
    return this.#head.id;
  }

  append(events: readonly MusicEvent[]): Promise<readonly StoredEvent[]> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      if (!this.#writable) throw new TypeError("Cannot append to a log that is open for reading");
      if (events.length === 0) return resolve([]);
      this.#lastAt = Math.max(this.#lastAt, this.#clock.now());
      const bodies = events.map((event) => this.#encode(event));
      if (this.#waiting.length === 0) queueMicrotask(() => this.#commit());
      this.#waiting.push({ events, bodies, resolve, reject });
    });
  }

  lastSeq(): number {
    this.#assertOpen();
    return this.#newest();
  }

  *read(options: ReadOptions = {}): IterableIterator<StoredEvent> {
    const from = Math.max(1, options.from ?? 1);
    const to = Math.min(options.to ?? Infinity, this.lastSeq());
    for (let next = from; next <= to;) {
      const records = this.#copy(next, to);
      for (const record of records) {
        this.#assertOpen();
        yield this.#decode(next++, record);
      }
    }
  }

  /**
   * The next records, copied, so that whoever reads them may take any time: with a snapshot in hand no page that was
   * replaced since could be used again, and the file would grow as long as a person looks at one screen of it.
   */
  #copy(from: number, to: number): Uint8Array[] {
    this.#assertOpen();
    const records: Uint8Array[] = [];
    let bytes = 0;
    try {
      for (let seq = from; seq <= to && records.length < RECORDS_AT_ONCE; seq++) {
        const record = this.#record(seq);
        records.push(record.slice());
        bytes += record.length;
        if (bytes >= BYTES_AT_ONCE) break;
      }
      return records;
    } finally {
      this.#store.release();
    }
  }

  async *tail(
    { from, signal }: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncIterableIterator<StoredEvent> {
    let next = Math.max(1, from);
    while (!signal.aborted && !this.#closed) {
      const last = this.#newest();
      if (last < next) {
        await this.#news(signal);
        continue;
      }
      for (const event of this.read({ from: next, to: last })) {
        yield event;
        if (signal.aborted || this.#closed) return;
      }
      next = last + 1;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#wake();
    await this.#store.close();
  }

  #encode(event: MusicEvent): Uint8Array {
    const known = this.#vocabulary.events[event.type];
    if (known === undefined || known.v !== event.v) {
      throw new TypeError(`Cannot append '${event.type}' of version ${event.v}: not in use`);
    }
    const problem = known.check(event.data);
    if (problem !== null) throw new TypeError(`Cannot append '${event.type}': data${problem}`);
    return encodeBody(event, this.#lastAt);
  }

  /** Makes all that waits durable in one commit. What callers get is read back from the very bytes. */
  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      const first = this.#store.lastSeq() + 1;
      const records = waiting.flatMap((each) => each.bodies)
        .map((body, i) => encodeRecord(first + i, body));
      const head = this.#headWith(waiting.flatMap((each) => each.events));
      this.#store.append(first, records, head === this.#head ? undefined : head);
      this.#head = head;
      let at = 0;
      for (const each of waiting) {
        each.resolve(each.bodies.map(() => this.#decode(first + at, records[at++]!)));
      }
    } catch (error) {
      for (const each of waiting) each.reject(error);
    }
    this.#wake();
  }

  #headWith(events: readonly MusicEvent[]): LogHead {
    let head = this.#head;
    for (const { type, v } of events) {
      if (head.vocabulary[type] !== v) {
        head = { ...head, vocabulary: { ...head.vocabulary, [type]: v } };
      }
    }
    return head;
  }

  /** The last position at this moment, with no snapshot left behind. */
  #newest(): number {
    const last = this.#store.lastSeq();
    this.#store.release();
    return last;
  }

  #event(seq: number): StoredEvent {
    return this.#decode(seq, this.#record(seq));
  }

  #record(seq: number): Uint8Array {
    const record = this.#store.get(seq);
    if (record === undefined) throw new LogCorrupt(`event ${seq} is missing`);
    return record;
  }

  #decode(seq: number, record: Uint8Array): StoredEvent {
    const written = decodeRecord(seq, record);
    const { type, v, data } = upcast(written, seq, this.#vocabulary);
    return { seq, at: written.at, type, v, data } as StoredEvent;
  }

  /** Resolves when there may be something new: at once for our own appends, by polling for those of others. */
  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = this.#writable ? undefined : setTimeout(done, TAIL_POLL_MS);
      signal.addEventListener("abort", done);
      this.#wakers.add(done);
    });
  }

  #wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }

  #assertOpen(): void {
    assert(!this.#closed, "the event log is open");
  }
}

function refuseNewer(head: LogHead, vocabulary: Vocabulary): void {
  if (head.format > LOG_FORMAT) {
    throw new LogFromNewerVersion(`format ${head.format}, this program knows ${LOG_FORMAT}`);
  }
  for (const [type, v] of Object.entries(head.vocabulary)) {
    const known = Object.hasOwn(vocabulary.events, type) ? vocabulary.events[type]! : undefined;
    if (known === undefined || known.v < v) {
      throw new LogFromNewerVersion(`it holds '${type}' of version ${v}`);
    }
  }
}
