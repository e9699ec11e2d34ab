import { type Clock, EXIT, systemClock, UserError } from "../../src/base/mod.ts";
import { WriterLock } from "./_writer_lock.ts";
import type { EventLog } from "./event_log.ts";
import { DATA_FILE, LmdbRecords } from "./lmdb_records.ts";
import { newLogHead, type RecordStore } from "./record_store.ts";
import { storageError } from "./storage_error.ts";
import { StoredEventLog } from "./stored_event_log.ts";
import { LIBRARY_VOCABULARY, type Vocabulary } from "../vocabulary.ts";

export const LOCK_FILE = "events.lock";
/** Where a log is written anew; what lies there was cut off. */
export const REWRITTEN_DIRECTORY = "rewritten";

export interface OpenEventLogOptions {
  /** Only read: works beside the process that appends, and without one; false when absent. */
  readonly readOnly?: boolean;
  readonly clock?: Clock;
  /** What can be said in it: of a library log when absent. */
  readonly vocabulary?: Vocabulary;
  /** What a log that is made here is to speak of. */
  readonly about?: Readonly<Record<string, string>>;
}

/**
 * Opens the log of a state directory. To append, the directory is made when it isn't there.
 *
 * @throws UserError when another process appends, the directory can't be used, or there is no log to read.
 * @throws LogFromNewerVersion when the log holds what this program can't read.
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

/** What a process left that ended while it wrote the log anew. */
export function removeRewritten(directory: string): void {
  try {
    Deno.removeSync(`${directory}/${REWRITTEN_DIRECTORY}`, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A file is safe from a power cut once the directory that names it is on the disk too. */
export function syncDirectory(directory: string): void {
  using handle = Deno.openSync(directory);
  handle.syncSync();
}
