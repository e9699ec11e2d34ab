import { assert, LOG_START, type Seq, seqAfter } from "../../src/base/mod.ts";
import { lockPath } from "./_lmdb_file.ts";
import { WriterLock } from "./_writer_lock.ts";
import { decodeRecord, encodeBody, encodeRecord } from "./codec.ts";
import type { EventLog, MusicEvent, StoredEvent } from "./event_log.ts";
import { DATA_FILE, LmdbRecords } from "./lmdb_records.ts";
import {
  holdsLog,
  LOCK_FILE,
  openEventLog,
  removeRewritten,
  REWRITTEN_DIRECTORY,
  syncDirectory,
} from "./lmdb_event_log.ts";
import { LOG_FORMAT, type LogHead, newLogHead, type StoredRecord } from "./record_store.ts";
import { storageError } from "./storage_error.ts";
import { upcast } from "./upcast.ts";
import { LIBRARY_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

const VOCABULARY: Vocabulary = LIBRARY_VOCABULARY;
/** Events that are written in one transaction. */
const WRITTEN_AT_ONCE = 1_024;
/** Records that are copied in one transaction. */
const AT_ONCE = { records: 4_096, bytes: 8 * 1024 * 1024 };

export interface Rewriting {
  /** Positions of the events that `change` may replace. All other records are copied as they are, without decoding. */
  readonly touched: ReadonlySet<Seq>;
  /** Returns the event that replaces a touched one, with its position, time and type; undefined to leave it out. */
  readonly change: (event: StoredEvent) => MusicEvent | undefined;
  /** Checks the new log before it replaces the old one; when it throws, the old one stays. */
  readonly check: (rewritten: EventLog) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((position: number, of: number) => void) | undefined;
}

/** An event with the time that it will have in the log. */
export type TimedEvent = MusicEvent & { readonly at: number };

export interface Replacement {
  readonly vocabulary: Vocabulary;
  /** What the log describes, when there is none yet; see EventLog. */
  readonly about: LogHead["about"];
  /** All events of the new log, at least one, in the order of their times. */
  readonly events: Iterable<TimedEvent>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a new library log beside the one of a state directory, then replaces the old one. A crash at any moment leaves
 * the old log or the new one, whole. Events keep their positions and times, and the log its identity; the newest event
 * must stay.
 *
 * A process that reads the log meanwhile changes to the new file when it next asks for the newest position.
 *
 * @throws UserError when another process appends, or the directory can't be used.
 */
export async function rewriteEventLog(directory: string, rewriting: Rewriting): Promise<void> {
  await replaceLog(directory, async (beside) => {
    await copyRecords(directory, beside, rewriting);
    await checked(beside, rewriting);
  });
}

/**
 * Replaces all events of a log by these. A crash at any moment leaves the old log (or none), or the new one, whole. An
 * existing log keeps its identity, and the new positions continue after its last one. A missing log is created.
 *
 * @throws UserError when another process appends, or the directory can't be used.
 */
export async function replaceEvents(directory: string, replacement: Replacement): Promise<void> {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  await replaceLog(directory, (beside) => writeEvents(directory, beside, replacement));
}

/** Lets `write` make the new log in the directory that it gets, then puts that in place of the old log. */
async function replaceLog(
  directory: string,
  write: (beside: string) => Promise<void>,
): Promise<void> {
  const beside = `${directory}/${REWRITTEN_DIRECTORY}`;
  try {
    const lock = new WriterLock(`${directory}/${LOCK_FILE}`);
    try {
      removeRewritten(directory);
      Deno.mkdirSync(beside, { mode: 0o700 });
      await write(beside);
      await switchFiles(beside, directory);
    } finally {
      removeRewritten(directory);
      lock[Symbol.dispose]();
    }
  } catch (error) {
    throw storageError(error, directory);
  }
}

async function copyRecords(from: string, to: string, rewriting: Rewriting): Promise<void> {
  const old = new LmdbRecords(from, undefined);
  try {
    const head = { ...old.head, format: LOG_FORMAT };
    const fresh = new LmdbRecords(to, new WriterLock(`${to}/${LOCK_FILE}`), head);
    try {
      const last = old.lastSeq();
      for (let next = 1; next <= last;) {
        rewriting.signal?.throwIfAborted();
        const records = old.copy(next, last, AT_ONCE);
        fresh.append(records.flatMap((record) => rewritten(record, rewriting)), undefined);
        next = records.at(-1)!.seq + 1;
        rewriting.onProgress?.(next - 1, last);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      assert(fresh.lastSeq() === last, "the newest event is kept");
    } finally {
      await fresh.close();
    }
  } finally {
    await old.close();
  }
}

async function writeEvents(
  from: string,
  to: string,
  { vocabulary, about, events, signal }: Replacement,
): Promise<void> {
  const old = holdsLog(from) ? new LmdbRecords(from, undefined) : undefined;
  const last = old?.lastSeq() ?? LOG_START;
  const former = old?.head ?? newLogHead(about);
  await old?.close();
  const fresh = new LmdbRecords(to, new WriterLock(`${to}/${LOCK_FILE}`), {
    ...former,
    format: LOG_FORMAT,
  });
  try {
    let records: StoredRecord[] = [];
    let seq = last;
    let head = fresh.head;
    const append = async () => {
      signal?.throwIfAborted();
      fresh.append(records, head);
      records = [];
      await new Promise((resolve) => setTimeout(resolve, 0));
    };
    for (const { at, type, v, data } of events) {
      const known = vocabulary.events[type];
      assert(known?.v === v && known.check(data) === null, "the event can be said in the log");
      if (head.vocabulary[type] !== v) {
        head = { ...head, vocabulary: { ...head.vocabulary, [type]: v } };
      }
      seq = seqAfter(seq);
      records.push({ seq, bytes: encodeRecord(seq, encodeBody({ type, v, data }, at)) });
      if (records.length === WRITTEN_AT_ONCE) await append();
    }
    assert(seq > last, "a log is replaced by one that goes on");
    await append();
  } finally {
    await fresh.close();
  }
}

function rewritten(record: StoredRecord, { touched, change }: Rewriting): StoredRecord[] {
  const { seq } = record;
  if (!touched.has(seq)) return [record];
  const written = decodeRecord(seq, record.bytes);
  const event = upcast(written, seq, VOCABULARY);
  if (event === undefined) return [record];
  const { at } = written;
  const changed = change({ seq, at, ...event });
  if (changed === undefined) return [];
  const { type, v, data } = changed;
  assert(type === event.type && v === event.v, "an event stays of its type");
  const { passable = false } = VOCABULARY.events[type]!;
  return [{ seq, bytes: encodeRecord(seq, encodeBody({ type, v, data, passable }, at)) }];
}

async function checked(directory: string, { check }: Rewriting): Promise<void> {
  const log = openEventLog(directory, { readOnly: true });
  try {
    await check(log);
  } finally {
    await log.close();
  }
}

/**
 * Renames the new file, and before it its lock table, while the file is open: a process that opens the log later finds
 * the table that belongs to the file. Between the two renames, a reader may use the new table with the old file, which
 * no process writes.
 */
async function switchFiles(from: string, to: string): Promise<void> {
  const fresh = new LmdbRecords(from, new WriterLock(`${from}/${LOCK_FILE}`));
  try {
    fresh.lastSeq();
    syncDirectory(from);
    Deno.renameSync(lockPath(`${from}/${DATA_FILE}`), lockPath(`${to}/${DATA_FILE}`));
    Deno.renameSync(`${from}/${DATA_FILE}`, `${to}/${DATA_FILE}`);
    syncDirectory(to);
  } finally {
    await fresh.close();
  }
}
