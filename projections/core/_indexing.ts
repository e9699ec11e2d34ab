import type { DatabaseSync } from "node:sqlite";
import { openFilling } from "./database.ts";

export interface IndexTask {
  readonly path: string;
  readonly statements: readonly string[];
}

/** Null when the indexes are created, otherwise the reason why not. */
export type IndexAnswer = string | null;

/** The largest file, in pages, that is indexed in this thread: a larger one would block other work for too long. */
const PAGES_AT_ONCE = 512;

/**
 * Creates indexes in a file that is being filled, and returns the connection to use from then on. SQLite creates an
 * index in one call, so the indexes of a large file are created in a thread of their own, while nobody else has the
 * file open.
 */
export async function createIndexes(
  db: DatabaseSync,
  { path, statements }: IndexTask,
): Promise<DatabaseSync> {
  const { page_count } = db.prepare("PRAGMA page_count").get() as { page_count: number };
  if (page_count <= PAGES_AT_ONCE) {
    for (const statement of statements) db.exec(statement);
    return db;
  }
  db.close();
  await indexBeside({ path, statements });
  return openFilling(path);
}

function indexBeside(task: IndexTask): Promise<void> {
  const worker = new Worker(new URL("./_index_worker.ts", import.meta.url), { type: "module" });
  return new Promise<void>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<IndexAnswer>) => {
      if (data === null) resolve();
      else reject(new Error(`Cannot index '${task.path}': ${data}`));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot index '${task.path}': ${event.message}`));
    };
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}
