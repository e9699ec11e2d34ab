import { LOG_START, type Seq, toSeq } from "../../src/base/mod.ts";
import { type Database, open, type RootDatabase } from "lmdb";
import { prepareToAppend, prepareToRead } from "./_lmdb_file.ts";
import type { WriterLock } from "./_writer_lock.ts";
import { LogCorrupt } from "./errors.ts";
import {
  type CopyLimit,
  type LogHead,
  newLogHead,
  type RecordStore,
  type StoredRecord,
} from "./record_store.ts";
import { storageError } from "./storage_error.ts";

export const DATA_FILE = "events.mdb";
const HEAD_KEY = "head";
/** Keys are 32 bits. */
const SEQ_MAX = 2 ** 32 - 1;

/** An open file. */
interface OpenFile {
  readonly root: RootDatabase;
  readonly events: Database<Uint8Array, number>;
  readonly meta: Database<string, string>;
  /** Distinguishes the file from a later one of the same name. */
  readonly inode: number | null;
}

/** Records in one LMDB file, which FORMAT.md describes. Only this module calls LMDB. */
export class LmdbRecords implements RecordStore {
  readonly #directory: string;
  readonly #lock: WriterLock | undefined;
  #file: OpenFile;
  #head: LogHead;

  /**
   * With a lock, records can be appended, and the file is created with `firstHead` when it isn't there. Without a lock,
   * the file is only read.
   */
  constructor(directory: string, lock: WriterLock | undefined, firstHead: LogHead = newLogHead()) {
    const readOnly = lock === undefined;
    this.#directory = directory;
    this.#lock = lock;
    this.#file = openFile(this.#path, readOnly);
    try {
      this.#head = this.#readHead() ?? this.#writeFirstHead(readOnly, firstHead);
    } catch (error) {
      void this.#file.root.close();
      throw error;
    }
  }

  get head(): LogHead {
    return this.#head;
  }

  lastSeq(): Seq {
    if (this.#lock === undefined) this.#goOver();
    return this.#reading(() => {
      for (const seq of this.#file.events.getKeys({ reverse: true, limit: 1 })) {
        return toSeq(seq);
      }
      return LOG_START;
    });
  }

  copy(from: number, to: number, limit: CopyLimit): StoredRecord[] {
    return this.#reading(() => {
      const copies: StoredRecord[] = [];
      let bytes = 0;
      // In lmdb-js the end is not part of a range; as an end, a key above the greatest possible one would wrap around.
      const end = to < SEQ_MAX ? { end: to + 1 } : {};
      const range = { start: from, ...end, limit: limit.records };
      for (const { key, value } of this.#file.events.getRange(range)) {
        // A value of the binding may lie in a buffer that it reuses, or in the mapped file: so it is copied.
        copies.push({ seq: toSeq(key), bytes: value.slice() });
        bytes += value.length;
        if (bytes >= limit.bytes) break;
      }
      return copies;
    });
  }

  append(records: readonly StoredRecord[], head: LogHead | undefined): void {
    this.#explained(() =>
      this.#file.root.transactionSync(() => {
        for (const record of records) this.#put(record);
        if (head !== undefined) this.#file.meta.putSync(HEAD_KEY, JSON.stringify(head));
      })
    );
    if (head !== undefined) this.#head = head;
  }

  close(): Promise<void> {
    const closed = this.#file.root.close();
    // Every transaction here is synchronous: so nothing is written any more, and the lock can be released.
    this.#lock?.[Symbol.dispose]();
    return closed;
  }

  get #path(): string {
    return `${this.#directory}/${DATA_FILE}`;
  }

  /** Opens the present file when the log was rewritten: later events are appended to that file. */
  #goOver(): void {
    const inode = inodeOf(this.#path);
    if (inode === null || inode === this.#file.inode) return;
    this.#explained(() => {
      const former = this.#file;
      this.#file = openFile(this.#path, true);
      void former.root.close();
      const head = this.#readHead();
      if (head?.id !== this.#head.id) throw new LogCorrupt("another log has taken its place");
      this.#head = head;
    });
  }

  /**
   * Reads the committed state of this moment, then releases the snapshot. While a snapshot is held, LMDB can reuse no
   * page that was replaced since, and the file would grow for as long as a person looks at one screen of events.
   */
  #reading<Result>(work: () => Result): Result {
    return this.#explained(() => {
      this.#file.root.resetReadTxn();
      try {
        return work();
      } finally {
        this.#file.root.resetReadTxn();
      }
    });
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storageError(error, this.#directory);
    }
  }

  #put({ seq, bytes }: StoredRecord): void {
    // With `append` LMDB fills its pages to the brim and refuses a position that isn't behind the last one.
    const added: unknown = this.#file.events.putSync(seq, bytes, { append: true });
    if (added !== true) {
      throw new LogCorrupt(`event ${seq} is there already`);
    }
  }

  #readHead(): LogHead | undefined {
    const head = this.#file.meta.get(HEAD_KEY);
    if (head === undefined) return undefined;
    try {
      const { format, id, about = {}, vocabulary, passable = {} } = JSON.parse(head);
      const areObjects = [about, vocabulary, passable].every((it) => it instanceof Object);
      if (Number.isSafeInteger(format) && typeof id === "string" && areObjects) {
        return { format, id, about, vocabulary, passable };
      }
    } catch {
      // The error below covers this case too.
    }
    throw new LogCorrupt(`its head is '${head}'`);
  }

  #writeFirstHead(readOnly: boolean, head: LogHead): LogHead {
    if (readOnly || this.lastSeq() > 0) throw new LogCorrupt("it has no head");
    this.#file.meta.putSync(HEAD_KEY, JSON.stringify(head));
    return head;
  }
}

function openFile(path: string, readOnly: boolean): OpenFile {
  if (readOnly) prepareToRead(path);
  else prepareToAppend(path);
  const inode = inodeOf(path);
  const options = {
    path,
    noSubdir: true,
    readOnly,
    maxDbs: 2,
    permissionsMode: 0o600,
    // With the default, a commit is acknowledged before it is on the disk.
    overlappingSync: false,
  };
  const root = open(options);
  try {
    return {
      root,
      events: root.openDB({ name: "events", keyEncoding: "uint32", encoding: "binary" }),
      meta: root.openDB({ name: "meta", encoding: "string" }),
      inode,
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}

/** Null when the file isn't there. */
function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
