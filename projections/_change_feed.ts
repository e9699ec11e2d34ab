import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TreeChange } from "./tree_types.ts";
import { Query } from "./_query.ts";

/** Changes that are kept: more than a mount that follows along ever lags behind. */
const CHANGES_KEPT = 100_000;
/** With more in one transaction it is cheaper for every follower to drop what it has. */
const CHANGES_AT_ONCE = 10_000;

export const CHANGE_KINDS = ["added", "removed", "content", "attributes"] as const;

export function initChangeFeed(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE tree_changes (
      change INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL,
      parent INTEGER NOT NULL,
      name TEXT NOT NULL,
      node INTEGER NOT NULL,
      directory INTEGER NOT NULL
    );
    CREATE TABLE tree_feed (last INTEGER NOT NULL, floor INTEGER NOT NULL);
    INSERT INTO tree_feed VALUES (0, 0);
  `);
}

/** Position of the newest change, as {@link TreeReader} has it. */
export function lastChange(db: DatabaseSync): number {
  return new Query(db, "SELECT last FROM tree_feed").get()![0] as number;
}

/** Lets an empty feed begin above `position`, so that nobody takes its positions for those of another file. */
export function beginFeedAbove(db: DatabaseSync, position: number): void {
  db.prepare("UPDATE tree_feed SET last = ?, floor = ?").run(position + 1, position + 1);
}

/**
 * What the kernel may have cached that is no longer so, for those who follow along. It is no part of the truth: a
 * rebuild starts an empty one, and who asks for changes before its floor is told that everything may have changed.
 */
export class ChangeFeed {
  readonly #insert: StatementSync;
  readonly #prune: StatementSync;
  readonly #position: StatementSync;
  readonly #enabled: boolean;
  #pending: Omit<TreeChange, "change">[] = [];
  #everything = false;
  #last: number;
  #floor: number;

  constructor(db: DatabaseSync, enabled: boolean) {
    this.#enabled = enabled;
    this.#insert = db.prepare("INSERT INTO tree_changes VALUES (?, ?, ?, ?, ?, ?)");
    this.#prune = db.prepare("DELETE FROM tree_changes WHERE change <= ?");
    this.#position = db.prepare("UPDATE tree_feed SET last = ?, floor = ?");
    const [last, floor] = new Query(db, "SELECT last, floor FROM tree_feed").get()!;
    this.#last = last as number;
    this.#floor = floor as number;
  }

  record(
    kind: TreeChange["kind"],
    parent: number,
    name: string,
    node: number,
    directory: boolean,
  ): void {
    if (!this.#enabled || this.#everything) return;
    this.#pending.push({ kind, parent, name, node, directory });
    if (this.#pending.length > CHANGES_AT_ONCE) this.recordEverything();
  }

  /** So much changed that it is not worth listing. */
  recordEverything(): void {
    this.#everything = true;
    this.#pending = [];
  }

  flush(): void {
    if (!this.#enabled || (!this.#everything && this.#pending.length === 0)) return;
    for (const { kind, parent, name, node, directory } of this.#pending) {
      this.#insert.run(
        ...[++this.#last, CHANGE_KINDS.indexOf(kind), parent, name, node, directory ? 1 : 0],
      );
    }
    if (this.#everything) this.#floor = ++this.#last;
    this.#floor = Math.max(this.#floor, this.#last - CHANGES_KEPT);
    this.#prune.run(this.#floor);
    this.#position.run(this.#last, this.#floor);
    this.#pending = [];
    this.#everything = false;
  }
}
