import type { DatabaseSync } from "node:sqlite";
import { breathe, filesIn, FoldRun, nextChunk, type SourceLog } from "./_fold_run.ts";
import { type Projections, projectionsOf } from "./projection_set.ts";

export interface BuildProgress {
  /** Events folded so far, of how many; files among them. */
  readonly events: number;
  readonly of: number;
  readonly files: number;
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
}

/** A database that is being filled from the log, in one transaction: a half-filled one is of no use. */
export class Build {
  readonly #db: DatabaseSync;
  readonly #log: SourceLog;
  readonly #set: Projections;
  readonly #run: FoldRun;
  #events = 0;
  #files = 0;

  /** `db` is fresh from createDatabase. */
  constructor(db: DatabaseSync, log: SourceLog, set: Projections) {
    this.#db = db;
    this.#log = log;
    this.#set = set;
    db.exec("BEGIN");
    this.#run = new FoldRun(db, set, { feed: false });
  }

  get events(): number {
    return this.#events;
  }

  get files(): number {
    return this.#files;
  }

  /** Folds everything up to `to`, letting others run in between. */
  async fold(to: number, { signal, onProgress }: BuildOptions): Promise<void> {
    while (this.#step(to)) {
      onProgress?.({ events: this.#events, of: to, files: this.#files });
      await breathe();
      signal?.throwIfAborted();
    }
  }

  /** Folds the little that is left up to `to`, at once, and commits. */
  finish(to: number): void {
    while (this.#step(to));
    this.#db.exec("COMMIT");
  }

  /** Creates the indexes that folding does without. */
  index(): void {
    for (const projection of projectionsOf(this.#set)) projection.index(this.#db);
  }

  #step(to: number): boolean {
    if (this.#events >= to) return false;
    const events = nextChunk(this.#log, this.#events + 1, to);
    this.#run.apply(events);
    this.#events = events.at(-1)?.seq ?? to;
    this.#files += filesIn(events);
    return true;
  }
}
