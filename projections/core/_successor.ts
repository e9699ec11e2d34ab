import type { DatabaseSync } from "node:sqlite";
import { type Seq, seqAfter } from "../../src/base/mod.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import type { BuildOptions } from "./_build.ts";
import { type CopiedTable, copyTables } from "./_copying.ts";
import { breathe, filesIn, FoldRun, nextChunk, type SourceLog } from "./_fold_run.ts";
import { createIndexes } from "./_indexing.ts";
import {
  createDatabase,
  headOf,
  inodeOf,
  openFilling,
  openWriter,
  problemWith,
  removeDatabase,
  seal,
} from "./database.ts";
import type { Projection } from "./projection.ts";
import { filling, only, type Projections, projectionsOf, versionsOf } from "./projection_set.ts";

/** How many chunks are committed together: with more of them less is written, but more is repeated after a crash. */
const CHUNKS_A_COMMIT = 64;

/**
 * How far a successor is. Another process can continue from each stage, or begin anew:
 *
 * - `fold`: the projections that are made anew are folded from the log; the others have no rows yet. At the end, in one
 *   transaction, the others are copied from the serving file.
 * - `index`: the indexes are created that folding does without.
 * - `level`: the successor is as good as the serving file, and follows the log. Rows that are made from those of other
 *   projections (see {@link Projection.fill}) are made last.
 */
type Stage = "fold" | "index" | "level";

export interface Succession {
  readonly path: string;
  readonly log: SourceLog;
  /** The projections that the file is to have. */
  readonly set: Projections;
  /** Names of the projections that are made anew; the others are copied from the serving file. */
  readonly made: ReadonlySet<string>;
  /** The next event for the serving file, when it changes so many rows that it is first folded into the successor. */
  readonly large?: StoredEvent | undefined;
}

/** The serving file, from which projections are copied. */
export interface Source {
  readonly path: string;
  readonly checkpoint: Seq;
}

/**
 * A file that is to replace the serving one. While it is filled it is never synced: it survives a crash of the process
 * that fills it, but not of the machine.
 */
export class Successor {
  readonly #succession: Succession;
  #db: DatabaseSync;
  #stage: Stage;
  #checkpoint: Seq;
  #files = 0;

  private constructor(succession: Succession, db: DatabaseSync) {
    this.#succession = succession;
    this.#db = db;
    this.#checkpoint = headOf(db)!.checkpoint;
    this.#stage = db.prepare("SELECT stage FROM successor").get()!.stage as Stage;
  }

  /** Continues a successor that another process left for the same purpose, or begins a new one. */
  static open(succession: Succession): Successor {
    const db = leftBehind(succession) ?? begun(succession);
    return new Successor(succession, db);
  }

  /** Position of the last event that is folded in. */
  get checkpoint(): Seq {
    return this.#checkpoint;
  }

  /** How many files are in the events that this process folded. */
  get files(): number {
    return this.#files;
  }

  /** Does everything that must be done before the file can serve. */
  async fill(source: () => Source, options: BuildOptions): Promise<void> {
    const { log, set, made } = this.#succession;
    const isCopied = projectionsOf(set).some(({ name }) => !made.has(name));
    const last = () => log.lastSeq();
    while (this.#stage === "fold") {
      const folded = this.#folded();
      if (folded.length > 0) {
        const them = only(set, folded);
        await this.#fold(them, isCopied ? () => source().checkpoint : last, options);
      }
      if (isCopied) await this.#copy(source(), options);
      else this.#reach("index");
    }
    const { path } = this.#succession;
    if (this.#stage === "index") {
      const statements = projectionsOf(set).flatMap(({ indexes }) => indexes);
      await this.#index(statements, options);
      this.#reach("level");
    }
    await this.#fold(set, last, options);
    await this.#fillRows(options);
    await seal(this.#db, path);
    this.#db = openWriter(path);
  }

  /** Folds the events appended meanwhile into a file that `fill` has filled. */
  async follow(options: BuildOptions): Promise<void> {
    const { set, log } = this.#succession;
    await this.#fold(set, () => log.lastSeq(), options);
  }

  /** Calls `last` with the database, closes the file and renames it to `path`. */
  handOver(path: string, last: (db: DatabaseSync) => void): void {
    this.#db.exec("DROP TABLE successor");
    last(this.#db);
    this.#db.close();
    Deno.renameSync(this.#succession.path, path);
  }

  close(): void {
    try {
      this.#db.close();
    } catch {
      // It is closed, or open in the thread that makes the indexes.
    }
  }

  remove(): void {
    removeDatabase(this.#succession.path);
  }

  async #fold(set: Projections, to: () => Seq, options: BuildOptions): Promise<void> {
    while (this.#checkpoint < to()) {
      const run = new FoldRun(this.#db, set, { feed: false });
      const indexes = await this.#foldUntil(run, set, to, options);
      if (indexes.length > 0) await this.#index(indexes, options);
    }
  }

  /** Folds to the end, or up to an event that needs indexes: then it returns the statements that create them. */
  async #foldUntil(
    run: FoldRun,
    set: Projections,
    to: () => Seq,
    options: BuildOptions,
  ): Promise<readonly string[]> {
    while (this.#checkpoint < to()) {
      let indexes: readonly string[] = [];
      this.#db.exec("BEGIN");
      for (let i = 0; i < CHUNKS_A_COMMIT && this.#checkpoint < to(); i++) {
        const events = nextChunk(this.#succession.log, seqAfter(this.#checkpoint), to());
        const at = events.findIndex((event) => this.#indexesFor(set, event).length > 0);
        if (at === 0) {
          indexes = this.#indexesFor(set, events[0]!);
          break;
        }
        await this.#foldChunk(run, at < 0 ? events : events.slice(0, at), to(), options);
      }
      this.#db.exec("COMMIT");
      if (indexes.length > 0) return indexes;
    }
    return [];
  }

  #indexesFor(set: Projections, event: StoredEvent): readonly string[] {
    return projectionsOf(set).flatMap((it) => it.indexesFor?.(this.#db, event) ?? []);
  }

  /** The projections that are made from the log, and not from the rows of others. */
  #folded(): Projection<unknown>[] {
    const { set, made } = this.#succession;
    return projectionsOf(set).filter(({ name, fill }) => made.has(name) && fill === undefined);
  }

  async #fillRows(options: BuildOptions): Promise<void> {
    this.#db.exec("BEGIN");
    for (const _ of filling(this.#succession.set, this.#db)) await turn(options);
    this.#db.exec("COMMIT");
  }

  async #index(statements: readonly string[], { signal }: BuildOptions): Promise<void> {
    this.#db = await createIndexes(this.#db, { path: this.#succession.path, statements });
    signal?.throwIfAborted();
  }

  async #foldChunk(
    run: FoldRun,
    events: readonly StoredEvent[],
    to: Seq,
    options: BuildOptions,
  ): Promise<void> {
    for (const _ of run.steps(events)) await turn(options);
    this.#checkpoint = events.at(-1)?.seq ?? to;
    this.#files += filesIn(events);
    options.onProgress?.({ events: this.#checkpoint, of: to, files: this.#files });
    await turn(options);
  }

  async #copy({ path }: Source, options: BuildOptions): Promise<void> {
    await copyTables(this.#db, path, this.#copied(), {
      atAnyMoment: this.#folded().length === 0,
      step: () => turn(options),
      done: () => this.#reach("index"),
    });
    this.#checkpoint = headOf(this.#db)!.checkpoint;
  }

  #copied(): CopiedTable[] {
    const { set, made, large } = this.#succession;
    return projectionsOf(set).filter(({ name }) => !made.has(name))
      .flatMap(({ tables, remakes = {} }) => {
        const read = made.size > 0 || large === undefined ? undefined : remakes[large.type];
        return tables.map((table) => ({ ...table, where: read?.[table.name] }));
      });
  }

  #reach(stage: Stage): void {
    this.#db.prepare("UPDATE successor SET stage = ?").run(stage);
    this.#stage = stage;
  }
}

/** Lets other work run. Throws when the signal is aborted. */
async function turn({ signal }: BuildOptions): Promise<void> {
  await breathe();
  signal?.throwIfAborted();
}

function begun(succession: Succession): DatabaseSync {
  const { path, log, set } = succession;
  removeDatabase(path);
  createDatabase(path, log.id, set).close();
  const db = openFilling(path);
  db.exec("CREATE TABLE successor (purpose TEXT NOT NULL, stage TEXT NOT NULL)");
  db.prepare("INSERT INTO successor VALUES (?, 'fold')").run(purposeOf(succession));
  return db;
}

function leftBehind(succession: Succession): DatabaseSync | undefined {
  const { path, log } = succession;
  if (inodeOf(path) === null) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = openFilling(path);
    const { purpose } = db.prepare("SELECT purpose FROM successor").get()!;
    if (purpose === purposeOf(succession) && problemWith(headOf(db)!, log) === undefined) {
      return db;
    }
  } catch {
    // The file is damaged, or hardly begun.
  }
  db?.close();
  return undefined;
}

/**
 * A text that differs between files of different purposes, and between boots: a file from before the machine went down
 * may be damaged.
 */
function purposeOf({ log, set, made, large }: Succession): string {
  const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  return JSON.stringify({
    ...{ boot, log: log.id, schema: set.schema, versions: versionsOf(set), made: [...made].sort() },
    large: large?.seq,
  });
}
