import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * Makes all queries of one synchronous stretch see one moment of the database. SQLite locks and looks for changes once
 * a transaction instead of once a query, which is a quarter of the time of a small query. The transaction ends as soon
 * as the stack unwinds, so it never outlives a turn of the event loop, and no checkpoint waits for it long.
 */
export class SteadyView {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #isHeld = false;
  /** Counts the moments. As long as it is the same, a repeated query has the same answer. */
  turn = 0;

  constructor(db: DatabaseSync) {
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
  }

  /** To be called before each query. */
  hold(): void {
    if (this.#isHeld) return;
    this.#begin.run();
    this.#isHeld = true;
    this.turn++;
    queueMicrotask(() => this.#letGo());
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
