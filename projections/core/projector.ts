import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { messageOf, type Seq, seqAfter } from "../../src/base/mod.ts";
import { libraryError } from "./library_error.ts";
import type { BuildOptions } from "./_build.ts";
import { breathe, CHUNK_ITEMS, nextChunk, type SourceLog } from "./_fold_run.ts";
import { Served } from "./_served.ts";
import { Successor } from "./_successor.ts";
import {
  canRead,
  currentFile,
  headOf,
  isSound,
  nextFile,
  openWriter,
  problemWith,
  removeDatabase,
  removeOthers,
  switchOff,
  switchTo,
} from "./database.ts";
import { foldedFor, type ProjectionSet, projectionsOf } from "./projection_set.ts";

/** A file up to this size is checked whenever it is opened to be written (takes 0.1 s), in bytes. */
const CHECKED_BYTES_MAX = 32 * 1024 * 1024;

export interface ProjectorOptions<Q> extends BuildOptions {
  /** Where the files are; created when missing. */
  readonly directory: string;
  readonly log: SourceLog;
  /** What is made of the log. */
  readonly set: ProjectionSet<Q>;
  /** Told why a file is not used, or some of its projections are not, and that another takes its place. */
  readonly onRebuild?: ((reason: string) => void) | undefined;
  /** Another file serves than before. */
  readonly onSwitched?: ((file: string) => void) | undefined;
  /** What was made in the background could not be: what was there goes on to serve. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** An event that changes more rows is applied beside the file that serves. */
  readonly rowsAtOnce?: number | undefined;
}

export interface Rebuilt {
  readonly file: string;
  /** Position up to which events are folded in. */
  readonly events: Seq;
  /** Files in the events that were folded. */
  readonly files: number;
  readonly duration_ms: number;
}

/**
 * Keeps the projections of a log level with it. One process at a time may hold a projector of a directory (the one that
 * appends to the log); any number may read.
 *
 * Rows and checkpoint are committed together, so a crash at any moment goes on where it was. A file that can't be trusted
 * (none, another layout, of another log, ahead of the log, damaged) is replaced by one that is built from the log.
 *
 * Projections that are new, or of another version, stand still in the file that serves, and are made in a **successor**:
 * folded from the log there while the others are copied from the file that serves. The same holds for an event that
 * changes most of the rows: it is applied in a successor. Whatever becomes of the process, the next one goes on with it.
 */
export class Projector<Q> {
  readonly #options: ProjectorOptions<Q>;
  /** Aborted when the projector is closed, or what it was opened for is to end. */
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  #closed = false;
  #live: Served<Q> | undefined;
  #catchingUp: Promise<Seq> | undefined;
  #rebuilding: Promise<Rebuilt> | undefined;
  #succeeding: Promise<Rebuilt> | undefined;
  #rebuilt: Rebuilt | undefined;

  private constructor(options: ProjectorOptions<Q>) {
    const { signal } = options;
    this.#options = options;
    this.#signal = signal === undefined
      ? this.#stopping.signal
      : AbortSignal.any([signal, this.#stopping.signal]);
  }

  /**
   * Resolves when the projections are level with the log, but for those that are filled in the background; a rebuild takes
   * seconds per 100,000 files.
   */
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

  /** What became of the last rebuild, or of what was filled; undefined when there was none. */
  get rebuilt(): Rebuilt | undefined {
    return this.#rebuilt;
  }

  /** Position of the last event that is folded in. */
  get checkpoint(): Seq {
    return this.#serving().checkpoint;
  }

  /** Questions to the file that serves: ask anew after an await, it may have been replaced. */
  get queries(): Q {
    return this.#serving().queries;
  }

  /** Some projections are being filled in the background. */
  get isFilling(): boolean {
    return this.#succeeding !== undefined;
  }

  /** Resolves when nothing is being filled; what failed has been told to `onFault`. */
  async filled(): Promise<void> {
    while (this.#succeeding !== undefined) await this.#succeeding.catch(() => {});
  }

  /** Folds everything that is in the log; resolves with the checkpoint. Equal calls are one. */
  catchUp(): Promise<Seq> {
    return this.#catchingUp ??= this.#catchUp().finally(() => this.#catchingUp = undefined);
  }

  /** Builds a new file from the log while the old one serves, then switches. Equal calls are one. */
  rebuild(): Promise<Rebuilt> {
    return this.#rebuilding ??= this.#rebuild().finally(() => this.#rebuilding = undefined);
  }

  /** Reads all of the file that serves, and rebuilds it when it is damaged; false when it was. */
  async check(): Promise<boolean> {
    const live = this.#serving();
    const isThere = live.isThere();
    if (isThere && isSound(live.path)) return true;
    this.#options.onRebuild?.(isThere ? "it is damaged" : "it was deleted");
    await this.rebuild();
    return false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopping.abort(new Error("The projector is closed"));
    await Promise.allSettled([this.#catchingUp, this.#rebuilding, this.#succeeding]);
    this.#live?.close();
    this.#live = undefined;
  }

  async #open(): Promise<void> {
    const { directory, set, onRebuild } = this.#options;
    const file = currentFile(directory, set);
    const problem = file === undefined ? "there is none yet" : this.#adopt(file);
    if (problem !== undefined) {
      onRebuild?.(problem);
      await this.rebuild();
    } else {
      removeOthers(directory, set, file!);
      await this.#fill();
    }
    await this.catchUp();
    // Nobody will ask for what is left of something else.
    if (!this.isFilling) removeDatabase(this.#next);
  }

  /** Where what is to serve next is made. */
  get #next(): string {
    const { directory, set } = this.#options;
    return `${directory}/${set.name}-next.sqlite`;
  }

  /** Takes a file into use; says why not when it can't be trusted, and lets it serve no more unless it is merely older. */
  #adopt(file: string): string | undefined {
    const { directory, set } = this.#options;
    const path = `${directory}/${file}`;
    let db: DatabaseSync;
    try {
      db = openWriter(path);
    } catch (error) {
      switchOff(directory);
      return `it can't be opened (${messageOf(error)})`;
    }
    const problem = this.#problemOf(db, path);
    if (problem === undefined) {
      this.#live = new Served(directory, file, set, db);
      return undefined;
    }
    db.close();
    if (!problem.serves) switchOff(directory);
    return problem.reason;
  }

  #problemOf(db: DatabaseSync, path: string): { reason: string; serves: boolean } | undefined {
    const { log, set } = this.#options;
    const head = headOf(db);
    if (head === undefined) return { reason: "it is damaged", serves: false };
    const strange = problemWith(head, log);
    if (strange !== undefined) return { reason: strange, serves: false };
    const isDamaged = Deno.statSync(path).size <= CHECKED_BYTES_MAX && !isSound(path);
    if (isDamaged) return { reason: "it is damaged", serves: false };
    if (head.schema === set.schema) return undefined;
    const reason = `its layout is ${head.schema}, this program's is ${set.schema}`;
    return { reason, serves: canRead(set, head.schema) };
  }

  /** Makes the projections that are not of this program's versions; waits for those by which it is decided what happens. */
  async #fill(): Promise<void> {
    const { set, onRebuild, onFault } = this.#options;
    const { stale } = this.#serving();
    if (stale.size === 0) return;
    onRebuild?.(`new or of other versions: ${[...stale].join(", ")}`);
    const isAwaited = projectionsOf(set)
      .some(({ name, awaited }) => awaited === true && stale.has(name));
    if (isAwaited) await this.#succeed(stale);
    else {
      this.#succeed(stale, { silent: true }).catch((error) => {
        if (!this.#signal.aborted) onFault?.(error);
      });
    }
  }

  #serving(): Served<Q> {
    if (this.#live === undefined) throw new Error("Cannot use a projector that is closed");
    return this.#live;
  }

  async #catchUp(): Promise<Seq> {
    try {
      return await this.#fold();
    } catch (error) {
      throw libraryError(error, this.#options.directory);
    }
  }

  async #fold(): Promise<Seq> {
    if (!this.#closed && !this.#serving().isThere()) {
      this.#options.onRebuild?.("it was deleted, or another one is in its place");
      await this.rebuild();
    }
    let isReopened = false;
    while (!this.#closed) {
      const live = this.#serving();
      const last = this.#options.log.lastSeq();
      if (live.checkpoint >= last) break;
      const { large, events } = this.#part(live, last);
      if (large !== undefined) {
        // What is to end is not begun; the event is applied when it is gone on with.
        if (this.#signal.aborted) break;
        await this.#succeed(live.stale, { large });
        continue;
      }
      try {
        live.commit(events);
      } catch (error) {
        if (!isSound(live.path)) {
          this.#options.onRebuild?.(`it is damaged (${messageOf(error)})`);
          await this.rebuild();
        } else if (isReopened) throw error;
        else {
          isReopened = true;
          this.#live = live.reopen();
        }
      }
      await breathe();
    }
    return this.checkpoint;
  }

  /** What is folded in next: some events, or one that changes so much that it is applied beside the file that serves. */
  #part(live: Served<Q>, last: Seq): { large?: StoredEvent; events: StoredEvent[] } {
    const { log, rowsAtOnce = CHUNK_ITEMS } = this.#options;
    const events = nextChunk(log, seqAfter(live.checkpoint), last);
    const at = events.findIndex((event) => live.isLarge(event, rowsAtOnce));
    if (at === 0) return { large: events[0]!, events: [] };
    return { events: at < 0 ? events : events.slice(0, at) };
  }

  async #rebuild(): Promise<Rebuilt> {
    while (this.#succeeding !== undefined) await this.#succeeding.catch(() => {});
    const { set } = this.#options;
    return await this.#succeed(new Set(projectionsOf(set).map(({ name }) => name)));
  }

  /** Makes a successor, unless one is being made already, which will be level with the log as well. */
  #succeed(
    made: ReadonlySet<string>,
    options: { large?: StoredEvent; silent?: boolean } = {},
  ): Promise<Rebuilt> {
    return this.#succeeding ??= this.#make(made, options)
      .finally(() => this.#succeeding = undefined);
  }

  async #make(
    made: ReadonlySet<string>,
    { large, silent = false }: { large?: StoredEvent; silent?: boolean },
  ): Promise<Rebuilt> {
    const started = performance.now();
    const { directory, log, set, onProgress } = this.#options;
    const path = this.#next;
    Deno.mkdirSync(directory, { recursive: true });
    const successor = Successor.open({ path, log, set, made: foldedFor(set, made), large });
    const options = { signal: this.#signal, onProgress: silent ? undefined : onProgress };
    try {
      await successor.fill(() => this.#serving(), options);
      while (successor.checkpoint < (this.#live?.checkpoint ?? 0)) await successor.follow(options);
      this.#signal.throwIfAborted();
      const file = this.#switch(successor);
      const { checkpoint: events, files } = successor;
      const duration_ms = Math.round(performance.now() - started);
      return this.#rebuilt = { file, events, files, duration_ms };
    } catch (error) {
      successor.close();
      // What is only cut off is gone on with.
      if (!this.#signal.aborted) removeDatabase(path);
      throw error;
    }
  }

  #switch(successor: Successor): string {
    const { directory, set, onSwitched } = this.#options;
    const former = this.#live;
    const file = nextFile(directory, set);
    const path = `${directory}/${file}`;
    successor.handOver(path, (db) => set.succeed?.(db, former?.db));
    let db: DatabaseSync | undefined;
    try {
      db = openWriter(path);
      switchTo(directory, file);
      this.#live = new Served(directory, file, set, db);
    } catch (error) {
      db?.close();
      // Once the pointer names it, it serves, whatever failed after that.
      if (currentFile(directory, set) !== file) removeDatabase(path);
      throw error;
    }
    former?.abandon();
    removeOthers(directory, set, file);
    onSwitched?.(file);
    return file;
  }
}
