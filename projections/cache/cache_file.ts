import { DatabaseSync } from "node:sqlite";
import { createTables, type DatabaseKind } from "../core/database.ts";
import type { ProjectionSet } from "../core/projection_set.ts";
import { manifests } from "./manifests.ts";

/** How the files of the cache log's projections are named and which layouts can be read. */
export const CACHE_FILE: DatabaseKind = { name: "cache", schema: 1, readableFrom: 1 };

/** Every projection of the cache log. */
export const CACHE: ProjectionSet = {
  ...CACHE_FILE,
  followers: [manifests],
  questions: () => undefined,
};

/** The rows of an empty cache log, in memory. */
export function emptyCache(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  createTables(db, "", CACHE);
  for (const index of manifests.indexes) db.exec(index);
  return db;
}
