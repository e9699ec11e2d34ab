import type { DatabaseSync } from "node:sqlite";
import type { NodeId } from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import { CHANGE_KINDS, type FeedName } from "../tree/change_feed.ts";
import type { TreeChange } from "../tree/tree_types.ts";

/** Reads a change feed, as `DirectoryReader` has it. */
export class FeedReader {
  readonly #feed: Query;
  readonly #changes: Query;

  constructor(db: DatabaseSync, name: FeedName) {
    this.#feed = new Query(db, `SELECT last, floor FROM ${name}_feed`);
    this.#changes = new Query(
      db,
      `SELECT * FROM ${name}_changes WHERE change > ? ORDER BY change LIMIT ?`,
    );
  }

  lastChange(): number {
    return this.#feed.get()![0] as number;
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    const [last, floor] = this.#feed.get()! as [number, number];
    if (change < floor || change > last) return undefined;
    return this.#changes.all(change, limit).map((row) => {
      const [position, kind, parent, name, node, directory] = row as [
        ...[number, number, NodeId, string, NodeId, number],
      ];
      return {
        ...{ change: position, kind: CHANGE_KINDS[kind]!, parent, name, node },
        directory: directory !== 0,
      };
    });
  }
}
