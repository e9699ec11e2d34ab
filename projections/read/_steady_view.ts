import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FileMoment } from "./_file_moment.ts";

/**
 * Lets all questions of one synchronous stretch be answered from one moment. SQLite locks and looks for changes once a
 * transaction, not once a question: that is a quarter of what a small question takes. The transaction ends as soon as
 * the stack unwinds, so that it never outlives a turn of the event loop, and nobody's checkpoint waits for it long.
 */
export class SteadyView {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #moment: FileMoment;
  #isHeld = false;
  /** How many moments there were: all that is asked at one has the same answer as long as this is the same. */
  turn = 0;

  /** `path` is the file of `db`, which has been asked something. */
  constructor(db: DatabaseSync, path: string) {
    this.#moment = new FileMoment(path);
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
  }

  /** Call it before each question. */
  hold(): void {
    if (this.#isHeld) return;
    // Before the transaction sees anything: what is committed meanwhile counts as a change.
    this.#moment.note();
    this.#begin.run();
    this.#isHeld = true;
    this.turn++;
    queueMicrotask(() => this.#letGo());
  }

  /** Whether it is certain that a question would be answered as in the turn that began last. */
  get isCurrent(): boolean {
    return this.#isHeld || this.#moment.isUnchanged();
  }

  /** Call it before the database is closed. */
  close(): void {
    this.#moment.close();
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
