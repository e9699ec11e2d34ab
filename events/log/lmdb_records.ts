import { type Database, open, type RootDatabase } from "lmdb";
import { prepareToAppend, prepareToRead } from "./_lmdb_file.ts";
import type { WriterLock } from "./_writer_lock.ts";
import { LogCorrupt } from "./errors.ts";
import { type LogHead, newLogHead, type RecordStore } from "./record_store.ts";
import { storageError } from "./storage_error.ts";

export const DATA_FILE = "events.mdb";
const HEAD_KEY = "head";

/** Records in one LMDB file; FORMAT.md describes it. The only module that knows LMDB. */
export class LmdbRecords implements RecordStore {
  readonly #directory: string;
  readonly #lock: WriterLock | undefined;
  readonly #root: RootDatabase;
  readonly #events: Database<Uint8Array, number>;
  readonly #meta: Database<string, string>;
  #head: LogHead;

  /** With a lock the file is made when it isn't there, and may be appended to; without, it is read only. */
  constructor(directory: string, lock: WriterLock | undefined) {
    const path = `${directory}/${DATA_FILE}`;
    const readOnly = lock === undefined;
    this.#directory = directory;
    this.#lock = lock;
    if (readOnly) prepareToRead(path);
    else prepareToAppend(path);
    const options = {
      path,
      noSubdir: true,
      readOnly,
      maxDbs: 2,
      permissionsMode: 0o600,
      // The default acknowledges a commit before it is on the disk.
      overlappingSync: false,
    };
    this.#root = open(options);
    try {
      this.#events = this.#root.openDB({
        name: "events",
        keyEncoding: "uint32",
        encoding: "binary",
      });
      this.#meta = this.#root.openDB({ name: "meta", encoding: "string" });
      this.#head = this.#readHead() ?? this.#writeFirstHead(readOnly);
    } catch (error) {
      void this.#root.close();
      throw error;
    }
  }

  get head(): LogHead {
    return this.#head;
  }

  lastSeq(): number {
    return this.#explained(() => {
      this.release();
      for (const seq of this.#events.getKeys({ reverse: true, limit: 1 })) return seq;
      return 0;
    });
  }

  get(seq: number): Uint8Array | undefined {
    const bytes = this.#explained(() => this.#events.getBinaryFast(seq));
    // The binding reuses one larger buffer and only says in `length` how much of it is meant.
    return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  append(first: number, records: readonly Uint8Array[], head: LogHead | undefined): void {
    this.#explained(() =>
      this.#root.transactionSync(() => {
        records.forEach((record, i) => this.#put(first + i, record));
        if (head !== undefined) this.#meta.putSync(HEAD_KEY, JSON.stringify(head));
      })
    );
    if (head !== undefined) this.#head = head;
  }

  release(): void {
    this.#root.resetReadTxn();
  }

  close(): Promise<void> {
    const closed = this.#root.close();
    // Every transaction here is synchronous, so nothing is written from here on.
    this.#lock?.[Symbol.dispose]();
    return closed;
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw storageError(error, this.#directory);
    }
  }

  #put(seq: number, record: Uint8Array): void {
    // With `append` LMDB fills its pages to the brim and refuses a position that isn't the next.
    const added: unknown = this.#events.putSync(seq, record, { append: true });
    if (added !== true) {
      throw new LogCorrupt(`event ${seq} is there already`);
    }
  }

  #readHead(): LogHead | undefined {
    const head = this.#meta.get(HEAD_KEY);
    if (head === undefined) return undefined;
    try {
      const { format, id, vocabulary } = JSON.parse(head);
      if (Number.isSafeInteger(format) && typeof id === "string" && vocabulary instanceof Object) {
        return { format, id, vocabulary };
      }
    } catch {
      // Told below with what has the wrong shape.
    }
    throw new LogCorrupt(`its head is '${head}'`);
  }

  #writeFirstHead(readOnly: boolean): LogHead {
    if (readOnly || this.lastSeq() > 0) throw new LogCorrupt("it has no head");
    const head = newLogHead();
    this.#meta.putSync(HEAD_KEY, JSON.stringify(head));
    return head;
  }
}
