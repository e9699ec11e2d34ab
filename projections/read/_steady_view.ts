import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FileMoment } from "./_file_moment.ts";

/**
 * Makes all queries of one synchronous stretch see one moment of the database. SQLite locks and looks for changes once
 * a transaction instead of once a query, which is a quarter of the time of a small query. The transaction ends as soon
 * as the stack unwinds, so it never outlives a turn of the event loop, and no checkpoint waits for it long.
 */
export class SteadyView {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #moment: FileMoment;
  #isHeld = false;
  /** Counts the moments. As long as it is the same, a repeated query has the same answer. */
  turn = 0;

  /** `path` is the file of `db`, which has been queried before. */
  constructor(db: DatabaseSync, path: string) {
    this.#moment = new FileMoment(path);
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
  }

  /** To be called before each query. */
  hold(): void {
    if (this.#isHeld) return;
    // Noted before the transaction sees anything, so that a commit in between counts as a change.
    this.#moment.note();
    this.#begin.run();
    this.#isHeld = true;
    this.turn++;
    queueMicrotask(() => this.#letGo());
  }

  /** Whether it is certain that a query would have the same answer as in the latest turn. */
  get isCurrent(): boolean {
    return this.#isHeld || this.#moment.isUnchanged();
  }

  /** To be called before the database is closed. */
  close(): void {
    this.#moment.close();
  }

  #letGo(): void {
    this.#isHeld = false;
    try {
      this.#commit.run();
    } catch {
      // The database was closed, or a query failed and ended the transaction.
    }
  }
}
