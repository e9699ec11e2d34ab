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

/** A file up to this size, in bytes, is checked whenever it is opened for writing, which takes 0.1 s. */
const CHECKED_BYTES_MAX = 32 * 1024 * 1024;

export interface ProjectorOptions<Q> extends BuildOptions {
  /** The directory of the files; created when missing. */
  readonly directory: string;
  readonly log: SourceLog;
  /** The projections to make from the log. */
  readonly set: ProjectionSet<Q>;
  /** Called with the reason when a file, or some of its projections, can't be used and another file takes its place. */
  readonly onRebuild?: ((reason: string) => void) | undefined;
  /** Called when another file has begun to serve. */
  readonly onSwitched?: ((file: string) => void) | undefined;
  /** Called when projections could not be made in the background: the former file goes on to serve. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** An event that changes more rows than this is applied in a successor, not in the serving file. */
  readonly rowsAtOnce?: number | undefined;
}

export interface Rebuilt {
  readonly file: string;
  /** The position up to which events are folded in. */
  readonly events: Seq;
  /** How many files are in the events that were folded. */
  readonly files: number;
  readonly duration_ms: number;
}

/**
 * Keeps the projections of a log level with it. One process at a time may hold a projector of a directory (the process
 * that appends to the log); any number may read.
 *
 * Rows and checkpoint are committed together, so after a crash at any moment the projector goes on where it was. When
 * there is no file that can be trusted (it is missing, damaged, of another layout or log, or ahead of the log), one is
 * built from the log.
 *
 * Projections that are new or of another version stand still in the serving file, and are made in a **successor**:
 * there they are folded from the log, and the others are copied from the serving file. An event that changes most of
 * the rows is applied in a successor too. If the process ends before a successor is finished, the next process
 * continues it.
 */
export class Projector<Q> {
  readonly #options: ProjectorOptions<Q>;
  /** Aborted when the projector is closed. The caller's own signal is combined with it in `#signal`. */
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
   * Resolves once the projections are level with the log, except those that are filled in the background. A rebuild
   * takes seconds per 100,000 files.
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

  /** Name of the serving file. */
  get file(): string {
    return this.#serving().file;
  }

  /** The result of the last rebuild, or of the last filling; undefined when there was none. */
  get rebuilt(): Rebuilt | undefined {
    return this.#rebuilt;
  }

  /** Position of the last event that is folded in. */
  get checkpoint(): Seq {
    return this.#serving().checkpoint;
  }

  /** Queries of the serving file. After an await they must be got anew, since another file may serve. */
  get queries(): Q {
    return this.#serving().queries;
  }

  /** Whether some projections are being filled in the background. */
  get isFilling(): boolean {
    return this.#succeeding !== undefined;
  }

  /** Resolves once nothing is being filled; `onFault` has been told of a failure. */
  async filled(): Promise<void> {
    while (this.#succeeding !== undefined) await this.#succeeding.catch(() => {});
  }

  /** Folds everything that is in the log. Resolves with the checkpoint. Concurrent calls share one run. */
  catchUp(): Promise<Seq> {
    return this.#catchingUp ??= this.#catchUp().finally(() => this.#catchingUp = undefined);
  }

  /** Builds a new file from the log while the old one serves, then switches to it. Concurrent calls share one run. */
  rebuild(): Promise<Rebuilt> {
    return this.#rebuilding ??= this.#rebuild().finally(() => this.#rebuilding = undefined);
  }

  /** Reads the whole serving file, and rebuilds it when it is damaged or was deleted. Returns false when it was. */
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
    // The remains of a successor for another purpose are of no use to anyone.
    if (!this.isFilling) removeDatabase(this.#next);
  }

  /** Path of the successor. */
  get #next(): string {
    const { directory, set } = this.#options;
    return `${directory}/${set.name}-next.sqlite`;
  }

  /**
   * Begins to use a file. If the file can't be trusted, returns the reason; the file stops serving unless it is merely
   * older.
   */
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

  /** Makes the projections of other versions than this program's. Waits only when the engine decides by one of them. */
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
        // After an abort no successor is begun; the event is applied when the log is next caught up with.
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

  /** What is folded in next: some events, or one that changes so many rows that it is applied in a successor. */
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

  /** Makes a successor, unless one is already being made: that one will be level with the log too. */
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
      // After an abort the successor stays, so that it can be continued.
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
      // A file that the pointer names serves, whatever failed afterwards.
      if (currentFile(directory, set) !== file) removeDatabase(path);
      throw error;
    }
    former?.abandon();
    removeOthers(directory, set, file);
    onSwitched?.(file);
    return file;
  }
}
