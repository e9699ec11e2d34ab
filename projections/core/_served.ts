import type { DatabaseSync } from "node:sqlite";
import type { Seq } from "../../src/base/mod.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { FoldRun } from "./_fold_run.ts";
import { currentFile, headOf, inodeOf, openWriter } from "./database.ts";
import type { Projection } from "./projection.ts";
import {
  only,
  type ProjectionSet,
  projectionsOf,
  staleIn,
  withoutUnknown,
} from "./projection_set.ts";

/** The serving file, and the folds that write to it. */
export class Served<Q> {
  readonly file: string;
  readonly path: string;
  /** Names of the projections of this program that the file lacks, or has in another version: they stand still. */
  readonly stale: ReadonlySet<string>;
  readonly #directory: string;
  readonly #set: ProjectionSet<Q>;
  /** Distinguishes the file from another one of the same name. */
  readonly #inode: number | null;
  #db: DatabaseSync;
  #queries: Q;
  #checkpoint: Seq;
  /** Undefined after a failure: then the folds' memory is void. */
  #run: FoldRun | undefined;

  /** `db` is open for writing. */
  constructor(directory: string, file: string, set: ProjectionSet<Q>, db: DatabaseSync) {
    const head = headOf(db)!;
    this.file = file;
    this.path = `${directory}/${file}`;
    this.stale = staleIn(set, head.versions);
    this.#directory = directory;
    this.#set = set;
    this.#inode = inodeOf(this.path);
    this.#db = db;
    this.#checkpoint = head.checkpoint;
    this.#queries = set.questions(db);
  }

  get db(): DatabaseSync {
    return this.#db;
  }

  get queries(): Q {
    return this.#queries;
  }

  /** Position of the last event that is folded in. */
  get checkpoint(): Seq {
    return this.#checkpoint;
  }

  /** Whether this is the file that readers find. */
  isThere(): boolean {
    return currentFile(this.#directory, this.#set) === this.file &&
      inodeOf(this.path) === this.#inode;
  }

  /** Whether an event changes more than `rows` of the present rows, too many to be folded at once. */
  isLarge(event: StoredEvent, rows: number): boolean {
    return this.#current().some(({ isLarge }) => isLarge?.(this.#db, event, rows) ?? false);
  }

  /** Folds events in and moves the checkpoint, in one transaction. */
  commit(events: readonly StoredEvent[]): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      if (this.#run === undefined) this.#forgetUnknown();
      this.#run ??= new FoldRun(this.#db, only(this.#set, this.#current()), { feed: true });
      this.#run.apply(events);
      this.#db.exec("COMMIT");
      this.#checkpoint = events.at(-1)?.seq ?? this.#checkpoint;
    } catch (error) {
      this.#run = undefined;
      rollBack(this.#db);
      throw error;
    }
  }

  /** Connects anew: a connection to a disk that was away may stay dead after the disk is back. */
  reopen(): Served<Q> {
    this.#db.close();
    return new Served(this.#directory, this.file, this.#set, openWriter(this.path));
  }

  close(): void {
    foldJournal(this.#db);
    this.#db.close();
  }

  /** Closes a file that is to be deleted. */
  abandon(): void {
    this.#db.close();
  }

  /** Projections of a newer program stand still from now on, so that program has to make them anew. */
  #forgetUnknown(): void {
    const { versions } = headOf(this.#db)!;
    const known = withoutUnknown(this.#set, versions);
    if (known !== versions) this.#db.prepare("UPDATE library SET versions = ?").run(known);
  }

  #current(): Projection<unknown>[] {
    return projectionsOf(this.#set).filter(({ name }) => !this.stale.has(name));
  }
}

/** Moves the journal into the file itself: the last reader to close the file may not write, and could not move it. */
function foldJournal(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE);");
  } catch {
    // Somebody is reading, or the disk is full: the journal stays, which is just as good.
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // There is nothing to roll back: SQLite has done so itself, or the transaction never began.
  }
}
