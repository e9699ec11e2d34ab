import { assert } from "../../src/base/mod.ts";
import { Build, type BuildOptions } from "./_build.ts";
import type { SourceLog } from "./_fold_run.ts";
import { createDatabase, removeDatabase, seal } from "./database.ts";
import type { Projections } from "./projection_set.ts";

/**
 * Builds the projections as they were when the event at `position` was the newest, into a file of its own that is not
 * there yet. The log goes on meanwhile, and so does the file that serves. An error leaves no file behind.
 */
export async function buildAt(
  log: SourceLog,
  position: number,
  path: string,
  { set, ...options }: BuildOptions & { readonly set: Projections },
): Promise<void> {
  assert(position >= 0 && position <= log.lastSeq(), "the position is in the log");
  const db = createDatabase(path, log.id, set);
  try {
    const build = new Build(db, log, set);
    await build.fold(position, options);
    build.index();
    build.finish(position);
    seal(db, path);
  } catch (error) {
    if (db.isOpen) db.close();
    removeDatabase(path);
    throw error;
  }
}
