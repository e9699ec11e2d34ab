import { assert, LOG_START, type Seq } from "../../src/base/mod.ts";
import type { BuildOptions } from "./_build.ts";
import type { SourceLog } from "./_fold_run.ts";
import { Successor } from "./_successor.ts";
import { removeDatabase } from "./database.ts";
import { type Projections, projectionsOf } from "./projection_set.ts";

export type { BuildOptions, BuildProgress } from "./_build.ts";
export type { SourceLog } from "./_fold_run.ts";

/**
 * Builds the projections as they were when the event at `position` was the newest. `path` names a new file, which must
 * not exist yet. Meanwhile the log grows and the serving file serves. An error leaves no file behind.
 */
export async function buildAt(
  log: SourceLog,
  position: Seq,
  path: string,
  { set, ...options }: BuildOptions & { readonly set: Projections },
): Promise<void> {
  assert(position >= 0 && position <= log.lastSeq(), "the position is in the log");
  const then: SourceLog = {
    id: log.id,
    lastSeq: () => position,
    read: ({ from = LOG_START, to = position } = {}) =>
      log.read({ from, to: to < position ? to : position }),
  };
  const made = new Set(projectionsOf(set).map(({ name }) => name));
  // The caller may look at each event, so a file that another process left half filled is of no use.
  removeDatabase(`${path}.filling`);
  const successor = Successor.open({ path: `${path}.filling`, log: then, set, made });
  try {
    await successor.fill(nothingServes, options);
    successor.handOver(path, () => {});
  } catch (error) {
    successor.close();
    removeDatabase(`${path}.filling`);
    throw error;
  }
}

function nothingServes(): never {
  throw new Error("Everything is folded from the log, and nothing copied");
}
