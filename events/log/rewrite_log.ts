import { assert, type Seq } from "../../src/base/mod.ts";
import { lockPath } from "./_lmdb_file.ts";
import { WriterLock } from "./_writer_lock.ts";
import { decodeRecord, encodeBody, encodeRecord } from "./codec.ts";
import type { EventLog, MusicEvent, StoredEvent } from "./event_log.ts";
import { DATA_FILE, LmdbRecords } from "./lmdb_records.ts";
import {
  LOCK_FILE,
  openEventLog,
  removeRewritten,
  REWRITTEN_DIRECTORY,
  syncDirectory,
} from "./lmdb_event_log.ts";
import { LOG_FORMAT, type StoredRecord } from "./record_store.ts";
import { storageError } from "./storage_error.ts";
import { upcast } from "./upcast.ts";
import { MUSIC_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

const VOCABULARY: Vocabulary = MUSIC_VOCABULARY;
/** What is copied in one transaction. */
const AT_ONCE = { records: 4_096, bytes: 8 * 1024 * 1024 };

export interface Rewriting {
  /** Positions of the events that may become others. All other records are copied as they are, unread. */
  readonly touched: ReadonlySet<Seq>;
  /** What stands in place of one of those: at its position, with its time and type; undefined when nothing does. */
  readonly change: (event: StoredEvent) => MusicEvent | undefined;
  /** Looks at the new log before it takes the place of the old one; what it throws leaves the old one. */
  readonly check: (rewritten: EventLog) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((position: number, of: number) => void) | undefined;
}

/**
 * Writes the log of a state directory anew, beside it, and puts it in the place of the old one: a crash at any moment leaves
 * one or the other, whole. Events keep their positions and times, and the log its identity; the newest event has to stay.
 *
 * A process that reads the log meanwhile goes over to the new one when it next asks how long it is.
 *
 * @throws UserError when another process appends, or the directory can't be used.
 */
export async function rewriteEventLog(directory: string, rewriting: Rewriting): Promise<void> {
  const beside = `${directory}/${REWRITTEN_DIRECTORY}`;
  try {
    const lock = new WriterLock(`${directory}/${LOCK_FILE}`);
    try {
      removeRewritten(directory);
      Deno.mkdirSync(beside, { mode: 0o700 });
      await copyRecords(directory, beside, rewriting);
      await checked(beside, rewriting);
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
 * The new file goes in with the lock table that belongs to it, while it is open: whoever opens the log from here on finds
 * a table that speaks of that file. In between, a reader may join the new table with the old file, which nobody writes to.
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
