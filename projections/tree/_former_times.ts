import type { DatabaseSync } from "node:sqlite";
import { foldCase } from "../../src/base/mod.ts";
import { Query } from "../core/query.ts";
import { inSteps } from "./_in_steps.ts";
import { DIRECTORY } from "./node_kinds.ts";
import { ROOT_ID } from "./tree_types.ts";

export type Time = readonly [mtime_s: number, mtime_ns: number];

/** The times that the directories had before all tracks are placed anew, by path. The root is not among them. */
export class FormerTimes {
  readonly #times = new Map<string, Time>();

  /** Reads them, in steps. With `folds` the latest one counts of directories whose paths differ by case alone. */
  *read(db: DatabaseSync, folds: boolean): Generator<void> {
    const directories = new Query(
      db,
      `WITH RECURSIVE below (id, path, mtime_s, mtime_ns) AS (
        SELECT id, name, mtime_s, mtime_ns FROM nodes WHERE parent = ${ROOT_ID} AND kind = ${DIRECTORY}
        UNION ALL
        SELECT n.id, below.path || '/' || n.name, n.mtime_s, n.mtime_ns
          FROM below JOIN nodes n ON n.parent = below.id WHERE n.kind = ${DIRECTORY}
      ) SELECT path, mtime_s, mtime_ns FROM below`,
    );
    yield* inSteps(directories.iterate(), (row) => {
      const [path, ...time] = row as [string, number, number];
      const key = folds ? foldCase(path) : path;
      const known = this.#times.get(key);
      if (known === undefined || isBefore(known, time)) this.#times.set(key, time);
    });
  }

  [Symbol.iterator](): Iterator<[path: string, time: Time]> {
    return this.#times.entries();
  }
}

function isBefore([seconds, ns]: Time, [otherSeconds, otherNs]: Time): boolean {
  return seconds < otherSeconds || seconds === otherSeconds && ns < otherNs;
}
