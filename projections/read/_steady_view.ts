import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * Lets all questions of one synchronous stretch be answered from one moment. SQLite locks and looks for changes once a
 * transaction, not once a question: that is a quarter of what a small question takes. The transaction ends as soon as
 * the stack unwinds, so that it never outlives a turn of the event loop, and nobody's checkpoint waits for it long.
 */
export class SteadyView {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #isHeld = false;
  /** How many moments there were: all that is asked at one has the same answer as long as this is the same. */
  turn = 0;

  constructor(db: DatabaseSync) {
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
  }

  /** Call it before each question. */
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
      // The database was closed, or a question failed and took the transaction with it.
    }
  }
}
