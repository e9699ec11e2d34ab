import { DatabaseSync } from "node:sqlite";
import { createTables, type DatabaseKind } from "../core/database.ts";
import type { ProjectionSet } from "../core/projection_set.ts";
import { manifests } from "./manifests.ts";

/** What tells the files of the cache log's projections from others. */
export const CACHE_FILE: DatabaseKind = { name: "cache", schema: 1, readableFrom: 1 };

/** Every projection of the cache log. */
export const CACHE: ProjectionSet = {
  ...CACHE_FILE,
  followers: [manifests],
  questions: () => undefined,
};

/** The rows of a log that says nothing, in memory. */
export function emptyCache(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  createTables(db, "", CACHE);
  for (const index of manifests.indexes) db.exec(index);
  return db;
}
