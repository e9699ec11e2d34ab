import { type Clock, EXIT, systemClock, UserError } from "../../src/base/mod.ts";
import { WriterLock } from "./_writer_lock.ts";
import type { EventLog } from "./event_log.ts";
import { DATA_FILE, LmdbRecords } from "./lmdb_records.ts";
import { newLogHead, type RecordStore } from "./record_store.ts";
import { storageError } from "./storage_error.ts";
import { StoredEventLog } from "./stored_event_log.ts";
import { LIBRARY_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

export const LOCK_FILE = "events.lock";
/**
 * The directory in which a new log is written that will replace the old one. A file that is found there is unfinished.
 */
export const REWRITTEN_DIRECTORY = "rewritten";

export interface OpenEventLogOptions {
  /** Opens the log for reading only, which works with and without another process that appends; false when absent. */
  readonly readOnly?: boolean;
  readonly clock?: Clock;
  /** The events that the log may have; those of a library log when absent. */
  readonly vocabulary?: Vocabulary;
  /** What a log that is created here describes; see EventLog. */
  readonly about?: Readonly<Record<string, string>>;
}

/**
 * Opens the log of a directory. To append, the directory and the log are created when they aren't there.
 *
 * @throws UserError when another process appends, the directory can't be used, or there is no log to read.
 * @throws LogFromNewerVersion when the log has events that only a newer program can read.
 * @throws LogCorrupt when the file is no event log.
 */
export function openEventLog(directory: string, options: OpenEventLogOptions = {}): EventLog {
  const readOnly = options.readOnly ?? false;
  let store: RecordStore | undefined;
  try {
    store = readOnly ? openToRead(directory) : openToAppend(directory, options.about);
    return new StoredEventLog(store, {
      clock: options.clock ?? systemClock,
      vocabulary: options.vocabulary ?? LIBRARY_VOCABULARY,
      writable: !readOnly,
    });
  } catch (error) {
    void store?.close();
    throw storageError(error, directory);
  }
}

function openToRead(directory: string): RecordStore {
  if (!holdsLog(directory)) {
    throw new UserError(`Cannot read the event log: '${directory}' holds none`, {
      hint: "Mount a library once to begin one, or name its place with --state-dir",
      exitCode: EXIT.notFound,
    });
  }
  return new LmdbRecords(directory, undefined);
}

/** Whether there is a log to read. */
export function holdsLog(directory: string): boolean {
  try {
    return Deno.statSync(`${directory}/${DATA_FILE}`).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // A file has taken the place of the directory.
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

function openToAppend(directory: string, about?: Readonly<Record<string, string>>): RecordStore {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = new WriterLock(`${directory}/${LOCK_FILE}`);
  try {
    removeRewritten(directory);
    const records = new LmdbRecords(directory, lock, newLogHead(about));
    syncDirectory(directory);
    return records;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Deletes the unfinished log that a process left which was killed while it rewrote the log. */
export function removeRewritten(directory: string): void {
  try {
    Deno.removeSync(`${directory}/${REWRITTEN_DIRECTORY}`, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Flushes a directory: a new file survives a power cut only once the directory that names it is on the disk too. */
export function syncDirectory(directory: string): void {
  using handle = Deno.openSync(directory);
  handle.syncSync();
}
