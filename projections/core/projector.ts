import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../../src/base/mod.ts";
import { Build, type BuildOptions } from "./_build.ts";
import { beginFeedAbove, lastChange } from "../_change_feed.ts";
import { breathe, FoldRun, nextChunk, type SourceLog } from "./_fold_run.ts";
import {
  createDatabase,
  currentFile,
  headOf,
  inodeOf,
  isSound,
  nextFile,
  openWriter,
  removeDatabase,
  removeOthers,
  seal,
  switchOff,
  switchTo,
} from "./database.ts";
import { libraryError } from "../library_error.ts";
import { ContentQueries } from "../content_queries.ts";
import { type ProjectionSet, versionsOf } from "./projection_set.ts";

/** A file up to this size is checked whenever it is opened to be written (takes 0.1 s), in bytes. */
const CHECKED_BYTES_MAX = 32 * 1024 * 1024;

export interface ProjectorOptions<Q> extends BuildOptions {
  /** Where the files are; created when missing. */
  readonly directory: string;
  readonly log: SourceLog;
  /** What is made of the log. */
  readonly set: ProjectionSet<Q>;
  /** Told why a file is not used, and that another takes its place. */
  readonly onRebuild?: ((reason: string) => void) | undefined;
}

export interface Rebuilt {
  readonly file: string;
  readonly events: number;
  /** Files in the events that were folded. */
  readonly files: number;
  readonly duration_ms: number;
}

/** The database that serves, with the folds at work on it. */
interface Live<Q> {
  readonly file: string;
  /** Tells the file from another of the same name. */
  readonly inode: number | null;
  readonly db: DatabaseSync;
  readonly queries: Q;
  readonly content: ContentQueries;
  /** Undefined after a failure: what they had in memory is void. */
  run: FoldRun | undefined;
  checkpoint: number;
}

/**
 * Keeps the projections of a log level with it. One process at a time may hold a projector of a directory (the one that
 * appends to the log); any number may read.
 *
 * Rows and checkpoint are committed together, so a crash at any moment goes on where it was. A file that can't
 * be trusted (none, another layout, of another log, ahead of the log, damaged) is taken away and built from the
 * log; one whose projections are of other versions serves until its successor is built.
 */
export class Projector<Q> {
  readonly #options: ProjectorOptions<Q>;
  #live: Live<Q> | undefined;
  #catchingUp: Promise<number> | undefined;
  #rebuilding: Promise<Rebuilt> | undefined;
  #rebuilt: Rebuilt | undefined;
  #closed = false;

  private constructor(options: ProjectorOptions<Q>) {
    this.#options = options;
  }

  /** Resolves when the projections are level with the log; a rebuild takes seconds per 100,000 files. */
  static async open<Q>(options: ProjectorOptions<Q>): Promise<Projector<Q>> {
    const projector = new Projector<Q>(options);
    try {
      Deno.mkdirSync(options.directory, { recursive: true });
      await projector.#open();
      return projector;
    } catch (error) {
      await projector.close();
      throw libraryError(error, options.directory);
    }
  }

  /** Name of the file that serves. */
  get file(): string {
    return this.#serving().file;
  }

  /** What became of the last rebuild; undefined when there was none. */
  get rebuilt(): Rebuilt | undefined {
    return this.#rebuilt;
  }

  /** Position of the last event that is folded in. */
  get checkpoint(): number {
    return this.#serving().checkpoint;
  }

  /** Questions to the file that serves: ask anew after an await, it may have been replaced. */
  get queries(): Q {
    return this.#serving().queries;
  }

  /** The same about content. */
  get content(): ContentQueries {
    return this.#serving().content;
  }

  /** Folds everything that is in the log; resolves with the checkpoint. Equal calls are one. */
  catchUp(): Promise<number> {
    return this.#catchingUp ??= this.#catchUp().finally(() => this.#catchingUp = undefined);
  }

  /** Builds a new file from the log while the old one serves, then switches. Equal calls are one. */
  rebuild(): Promise<Rebuilt> {
    return this.#rebuilding ??= this.#rebuild().finally(() => this.#rebuilding = undefined);
  }

  /** Reads all of the file that serves, and rebuilds it when it is damaged; false when it was. */
  async check(): Promise<boolean> {
    const isThere = this.#isThere();
    if (isThere && isSound(`${this.#options.directory}/${this.file}`)) return true;
    this.#options.onRebuild?.(isThere ? "it is damaged" : "it was deleted");
    await this.rebuild();
    return false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.#catchingUp, this.#rebuilding]);
    if (this.#live !== undefined) {
      foldJournal(this.#live.db);
      this.#live.db.close();
    }
    this.#live = undefined;
  }

  async #open(): Promise<void> {
    const { directory, set, onRebuild } = this.#options;
    const file = currentFile(directory, set);
    const problem = file === undefined ? "there is none yet" : this.#adopt(file);
    if (problem !== undefined) {
      onRebuild?.(problem);
      switchOff(directory);
      await this.rebuild();
    } else if (headOf(this.#serving().db)!.versions !== versionsOf(set)) {
      onRebuild?.("its projections are of other versions");
      await this.rebuild();
    } else {
      removeOthers(directory, set, file!);
    }
    await this.catchUp();
  }

  /** Takes a file into use; says why not when it can't be trusted. */
  #adopt(file: string): string | undefined {
    const path = `${this.#options.directory}/${file}`;
    let db: DatabaseSync;
    try {
      db = openWriter(path);
    } catch (error) {
      return `it can't be opened (${messageOf(error)})`;
    }
    const problem = this.#problemOf(db, path);
    if (problem === undefined) this.#serve(file, db);
    else db.close();
    return problem;
  }

  #problemOf(db: DatabaseSync, path: string): string | undefined {
    const { log, set } = this.#options;
    const head = headOf(db);
    if (head === undefined) return "it is damaged";
    if (head.schema !== set.schema) {
      return `its layout is ${head.schema}, this program's is ${set.schema}`;
    }
    if (head.logId !== log.id) return "it was made from another log";
    if (head.checkpoint > log.lastSeq()) return "it is ahead of the log";
    // Where the log was compacted, the event may be gone: then the log's name has to do.
    const [event] = log.read({ from: head.checkpoint, to: head.checkpoint });
    if (event !== undefined && event.seq === head.checkpoint && event.at !== head.checkpointAt) {
      return "it was made from another log";
    }
    const checked = Deno.statSync(path).size <= CHECKED_BYTES_MAX;
    return checked && !isSound(path) ? "it is damaged" : undefined;
  }

  #serve(file: string, db: DatabaseSync): void {
    const { checkpoint } = headOf(db)!;
    const queries = this.#options.set.questions(db);
    const content = new ContentQueries(db);
    const inode = inodeOf(`${this.#options.directory}/${file}`);
    this.#live = { file, inode, db, queries, content, run: undefined, checkpoint };
  }

  #serving(): Live<Q> {
    if (this.#live === undefined) throw new Error("Cannot use a projector that is closed");
    return this.#live;
  }

  async #catchUp(): Promise<number> {
    try {
      return await this.#fold();
    } catch (error) {
      throw libraryError(error, this.#options.directory);
    }
  }

  async #fold(): Promise<number> {
    if (!this.#closed && !this.#isThere()) {
      this.#options.onRebuild?.("it was deleted, or another one is in its place");
      await this.rebuild();
    }
    let isReopened = false;
    while (!this.#closed) {
      const live = this.#serving();
      const last = this.#options.log.lastSeq();
      if (live.checkpoint >= last) break;
      try {
        this.#commit(live, last);
      } catch (error) {
        if (!isSound(`${this.#options.directory}/${live.file}`)) {
          this.#options.onRebuild?.(`it is damaged (${messageOf(error)})`);
          await this.rebuild();
        } else if (isReopened) throw error;
        else {
          // A connection to a disk that was away may stay dead when the disk is back.
          isReopened = true;
          this.#reopen(live);
        }
      }
      await breathe();
    }
    return this.checkpoint;
  }

  /** Whether the file that serves is the one that readers find. */
  #isThere(): boolean {
    const { directory, set } = this.#options;
    const { file, inode } = this.#serving();
    return currentFile(directory, set) === file && inodeOf(`${directory}/${file}`) === inode;
  }

  #reopen({ file, db }: Live<Q>): void {
    db.close();
    this.#serve(file, openWriter(`${this.#options.directory}/${file}`));
  }

  /** Folds one chunk and the checkpoint in one transaction. */
  #commit(live: Live<Q>, to: number): void {
    const events = nextChunk(this.#options.log, live.checkpoint + 1, to);
    live.db.exec("BEGIN IMMEDIATE");
    try {
      live.run ??= new FoldRun(live.db, this.#options.set, { feed: true });
      live.run.apply(events);
      live.db.exec("COMMIT");
      live.checkpoint = events.at(-1)?.seq ?? live.checkpoint;
    } catch (error) {
      live.run = undefined;
      rollBack(live.db);
      throw error;
    }
  }

  async #rebuild(): Promise<Rebuilt> {
    const started = performance.now();
    const { directory, log, set } = this.#options;
    Deno.mkdirSync(directory, { recursive: true });
    const file = nextFile(directory, set);
    const path = `${directory}/${file}`;
    const db = createDatabase(path, log.id, set);
    let build: Build;
    try {
      build = new Build(db, log, set);
      await build.fold(log.lastSeq(), this.#options);
      build.index();
      beginFeedAbove(db, this.#lastChange());
      build.finish(log.lastSeq());
      seal(db, path);
    } catch (error) {
      if (db.isOpen) db.close();
      removeDatabase(path);
      throw error;
    }
    this.#switch(file);
    const { events, files } = build;
    const duration_ms = Math.round(performance.now() - started);
    return this.#rebuilt = { file, events, files, duration_ms };
  }

  #switch(file: string): void {
    const { directory, set } = this.#options;
    const former = this.#live;
    const path = `${directory}/${file}`;
    let db: DatabaseSync | undefined;
    try {
      db = openWriter(path);
      switchTo(directory, file);
      this.#serve(file, db);
    } catch (error) {
      db?.close();
      // Once the pointer names it, it serves, whatever failed after that.
      if (currentFile(directory, set) !== file) removeDatabase(path);
      throw error;
    }
    former?.db.close();
    removeOthers(directory, set, file);
  }

  #lastChange(): number {
    try {
      return this.#live === undefined ? 0 : lastChange(this.#live.db);
    } catch {
      return 0; // Damaged, which is why it is being replaced.
    }
  }
}

/** Leaves everything in the file itself: the last reader to close it may not write, and could not. */
function foldJournal(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE);");
  } catch {
    // Somebody is reading, or the disk is full: the journal stays and is as good.
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // Nothing to roll back: SQLite has done so itself, or the transaction never began.
  }
}
