import { assert, type Clock, LOG_START, type Seq, seqAfter, toSeq } from "../../src/base/mod.ts";
import { decodeRecord, encodeBody, encodeRecord } from "./codec.ts";
import { LogFromNewerVersion } from "./errors.ts";
import type { EventLog, EventType, MusicEvent, ReadOptions, StoredEvent } from "./event_log.ts";
import {
  type CopyLimit,
  LOG_FORMAT,
  type LogHead,
  type RecordStore,
  type StoredRecord,
} from "./record_store.ts";
import { upcast } from "./upcast.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** Records that are copied at a time: a reader may take any time to handle them. */
const AT_ONCE: CopyLimit = { records: 256, bytes: 1024 * 1024 };
const ONE: CopyLimit = { records: 1, bytes: 1 };
/**
 * How often a reader checks for events that other processes appended, in ms: a fifth of the delay that a person
 * notices.
 */
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
  /** The position of the newest event that this program knows, as long as the newest record is that at `before`. */
  #newestKnown = { before: LOG_START, seq: LOG_START };
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
    if (this.#writable) this.#lastAt = this.#newestAt();
  }

  get id(): string {
    return this.#head.id;
  }

  get about(): Readonly<Record<string, string>> {
    return this.#head.about;
  }

  mayHold(type: EventType): boolean {
    const { vocabulary, passable } = this.#store.head;
    return Object.hasOwn(vocabulary, type) || Object.hasOwn(passable, type);
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

  lastSeq(): Seq {
    this.#assertOpen();
    const newest = this.#store.lastSeq();
    if (this.#newestKnown.before !== newest) {
      this.#newestKnown = { before: newest, seq: this.#lastKnown(newest) };
    }
    return this.#newestKnown.seq;
  }

  *read(options: ReadOptions = {}): IterableIterator<StoredEvent> {
    const to = Math.min(options.to ?? Infinity, this.#store.lastSeq());
    for (let next = Math.max(1, options.from ?? 1); next <= to;) {
      this.#assertOpen();
      const records = this.#store.copy(next, to, AT_ONCE);
      if (records.length === 0) return;
      for (const record of records) {
        this.#assertOpen();
        const event = this.#decode(record);
        next = record.seq + 1;
        if (event !== undefined) yield event;
      }
    }
  }

  async *tail(
    { from, signal }: { readonly from: Seq; readonly signal: AbortSignal },
  ): AsyncIterableIterator<StoredEvent> {
    let next = from;
    while (!signal.aborted && !this.#closed) {
      const last = this.#store.lastSeq();
      if (last < next) {
        await this.#news(signal);
        continue;
      }
      for (const event of this.read({ from: next, to: last })) {
        yield event;
        if (signal.aborted || this.#closed) return;
      }
      next = seqAfter(last);
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
    if (known === undefined || known.v !== event.v || known.former === true) {
      throw new TypeError(`Cannot append '${event.type}' of version ${event.v}: not in use`);
    }
    const problem = known.check(event.data);
    if (problem !== null) throw new TypeError(`Cannot append '${event.type}': data${problem}`);
    const { type, v, data } = event;
    return encodeBody({ type, v, data, passable: known.passable ?? false }, this.#lastAt);
  }

  /**
   * Makes the events of all waiting calls durable in one commit. The callers get events that are decoded from the very
   * bytes.
   */
  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      const first = this.#store.lastSeq() + 1;
      const records = waiting.flatMap((each) => each.bodies)
        .map((body, i) => ({ seq: toSeq(first + i), bytes: encodeRecord(first + i, body) }));
      const head = this.#headWith(waiting.flatMap((each) => each.events));
      this.#store.append(records, head === this.#head ? undefined : head);
      this.#head = head;
      let at = 0;
      for (const each of waiting) {
        each.resolve(each.bodies.map(() => this.#decode(records[at++]!)!));
      }
    } catch (error) {
      for (const each of waiting) each.reject(error);
    }
    this.#wake();
  }

  /**
   * The head of the log once these events are in it. This is where a log of an older format becomes one of this format.
   */
  #headWith(events: readonly MusicEvent[]): LogHead {
    let head = this.#head;
    if (head.format !== LOG_FORMAT) head = { ...head, format: LOG_FORMAT };
    for (const { type, v } of events) {
      const kind = this.#vocabulary.events[type]!.passable === true ? "passable" : "vocabulary";
      if (head[kind][type] === v) continue;
      head = { ...head, [kind]: { ...head[kind], [type]: v } };
    }
    return head;
  }

  /** When the newest event was appended, whether this program knows it or not; 0 in an empty log. */
  #newestAt(): number {
    const newest = this.#store.lastSeq();
    const [record] = this.#store.copy(newest, newest, ONE);
    return record === undefined ? 0 : decodeRecord(record.seq, record.bytes).at;
  }

  /** Position of the last event up to `newest` that this program knows, 0 when there is none. */
  #lastKnown(newest: Seq): Seq {
    for (let to = newest; to > 0; to = toSeq(to - AT_ONCE.records)) {
      const from = toSeq(Math.max(1, to - AT_ONCE.records + 1));
      let seq = LOG_START;
      // The last event alone is read first, since it nearly always is the answer.
      for (const event of this.read({ from: to, to })) seq = event.seq;
      if (seq === 0) { for (const event of this.read({ from, to })) seq = event.seq; }
      if (seq > 0) return seq;
    }
    return LOG_START;
  }

  #decode({ seq, bytes }: StoredRecord): StoredEvent | undefined {
    const written = decodeRecord(seq, bytes);
    const event = upcast(written, seq, this.#vocabulary);
    return event && { seq, at: written.at, ...event };
  }

  /**
   * Resolves when there may be new events: at once after an append of this process; else a timer polls for those of
   * others.
   */
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
