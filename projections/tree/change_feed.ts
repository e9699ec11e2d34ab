import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { NodeId } from "../../src/base/mod.ts";
import type { TreeChange } from "./tree_types.ts";
import { Query } from "../core/query.ts";

/** How many changes are kept: more than a mount that follows the feed ever lags behind. */
const CHANGES_KEPT = 100_000;
/** With more changes in one transaction it is cheaper for every follower to drop everything that it has cached. */
const CHANGES_AT_ONCE = 10_000;

export const CHANGE_KINDS = ["added", "removed", "content", "attributes"] as const;
const REMOVED = CHANGE_KINDS.indexOf("removed");

/** The name of a feed, with which its tables begin. */
export type FeedName = "tree" | "origin" | "artwork" | "view";

export function initChangeFeed(db: DatabaseSync, name: FeedName): void {
  db.exec(`
    CREATE TABLE ${name}_changes (
      change INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL,
      parent INTEGER NOT NULL,
      name TEXT NOT NULL,
      node INTEGER NOT NULL,
      directory INTEGER NOT NULL
    );
    CREATE INDEX ${name}_removed ON ${name}_changes (node) WHERE kind = ${REMOVED} AND directory = 1;
    CREATE TABLE ${name}_feed (last INTEGER NOT NULL, floor INTEGER NOT NULL);
    INSERT INTO ${name}_feed VALUES (0, 0);
  `);
}

/** The position of the newest change of any feed, as {@link DirectoryReader} has it. */
export function lastChange(db: DatabaseSync): number {
  // A file of an older layout has no feed of the origins.
  const tables = new Query(db, "SELECT name FROM sqlite_master WHERE name LIKE '%_feed'").all();
  const positions = tables.map(([table]) =>
    new Query(db, `SELECT last FROM ${table}`).get()![0] as number
  );
  return Math.max(...positions);
}

/** Makes empty feeds begin above `position`, so that no follower takes their positions for those of another file. */
export function beginFeedAbove(db: DatabaseSync, position: number): void {
  for (const name of ["tree", "origin", "artwork", "view"] satisfies FeedName[]) {
    db.prepare(`UPDATE ${name}_feed SET last = ?, floor = ?`).run(position + 1, position + 1);
  }
}

/**
 * The changes that may contradict what the kernel has cached, for followers. The feed is not part of the truth: a
 * rebuild begins an empty one. A follower that asks for changes before its floor is told that everything may have
 * changed.
 */
export class ChangeFeed {
  readonly #insert: StatementSync;
  readonly #prune: StatementSync;
  readonly #position: StatementSync;
  readonly #removed: Query;
  readonly #enabled: boolean;
  #pending: Omit<TreeChange, "change">[] = [];
  #everything = false;
  #last: number;
  #floor: number;

  constructor(db: DatabaseSync, name: FeedName, enabled: boolean) {
    this.#enabled = enabled;
    this.#insert = db.prepare(`INSERT INTO ${name}_changes VALUES (?, ?, ?, ?, ?, ?)`);
    this.#prune = db.prepare(`DELETE FROM ${name}_changes WHERE change <= ?`);
    this.#position = db.prepare(`UPDATE ${name}_feed SET last = ?, floor = ?`);
    this.#removed = new Query(
      db,
      `SELECT 1 FROM ${name}_changes WHERE node = ? AND kind = ${REMOVED} AND directory = 1 LIMIT 1`,
    );
    const [last, floor] = new Query(db, `SELECT last, floor FROM ${name}_feed`).get()!;
    this.#last = last as number;
    this.#floor = floor as number;
  }

  /** Whether anybody follows the feed. Otherwise changes that are only reported need not be determined. */
  get isFollowed(): boolean {
    return this.#enabled;
  }

  /** Whether the feed told before that the directory is gone: somebody may still know what it held. */
  hasRemoved(directory: NodeId): boolean {
    return this.#enabled && this.#removed.get(directory) !== undefined;
  }

  record(
    kind: TreeChange["kind"],
    parent: NodeId,
    name: string,
    node: NodeId,
    directory: boolean,
  ): void {
    if (!this.#enabled || this.#everything) return;
    this.#pending.push({ kind, parent, name, node, directory });
    if (this.#pending.length > CHANGES_AT_ONCE) this.recordEverything();
  }

  /** Records that too much changed to be listed. */
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
