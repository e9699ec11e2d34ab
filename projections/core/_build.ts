import type { DatabaseSync } from "node:sqlite";
import { LOG_START, type Seq, seqAfter } from "../../src/base/mod.ts";
import { breathe, filesIn, FoldRun, nextChunk, type SourceLog } from "./_fold_run.ts";
import type { Projections } from "./projection_set.ts";

export interface BuildProgress {
  /** The number of events folded so far, out of `of`, and of the files in them. */
  readonly events: number;
  readonly of: number;
  readonly files: number;
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
}

/** A database that is being filled from the log in one transaction: a half-filled one is of no use. */
export class Build {
  readonly #db: DatabaseSync;
  readonly #log: SourceLog;
  readonly #run: FoldRun;
  #events = LOG_START;
  #files = 0;

  /** `db` is fresh from {@link createDatabase}. */
  constructor(db: DatabaseSync, log: SourceLog, set: Projections) {
    this.#db = db;
    this.#log = log;
    db.exec("BEGIN");
    this.#run = new FoldRun(db, set, { feed: false });
  }

  /** Folds everything up to `to` and commits. Lets other work run in between. */
  async fold(to: Seq, { signal, onProgress }: BuildOptions): Promise<void> {
    while (this.#events < to) {
      const events = nextChunk(this.#log, seqAfter(this.#events), to);
      for (const _ of this.#run.steps(events)) {
        await breathe();
        signal?.throwIfAborted();
      }
      this.#events = events.at(-1)?.seq ?? to;
      this.#files += filesIn(events);
      onProgress?.({ events: this.#events, of: to, files: this.#files });
      await breathe();
      signal?.throwIfAborted();
    }
    this.#db.exec("COMMIT");
  }
}
