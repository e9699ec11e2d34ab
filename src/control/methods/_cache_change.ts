import { EXIT, shape } from "../../base/mod.ts";
import { QUERY_UNREADABLE } from "./_query.ts";

const { about, count } = shape;

export const CACHE_CHANGE = shape.object({
  tracks: about("Tracks that were meant; with cache.clear, files.", count),
  bytes: about("Bytes that came into the cache; with cache.clear, that went.", count),
});

/** How it can fail to fetch everything that a query finds. */
export const FETCH_FAILURES = [
  { message: "Cannot find QUERY: no track matches", exitCode: EXIT.notFound },
  QUERY_UNREADABLE,
  { message: "Cannot keep N tracks of SIZE: the cache holds LIMIT", exitCode: EXIT.failed },
  { message: "Cannot keep all of it: the cache had no room for SIZE", exitCode: EXIT.failed },
  { message: "Cannot fetch N of M tracks: REASON", exitCode: EXIT.failed },
] as const;
