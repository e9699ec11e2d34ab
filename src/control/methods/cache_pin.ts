import { EXIT } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { CACHE_CHANGE } from "./_cache_change.ts";
import { QUERY, QUERY_UNREADABLE } from "./_query.ts";

export const cachePin = method({
  name: "cache.pin",
  summary: "Fetches what a query finds, and keeps it until it is unpinned.",
  served: "through",
  params: { query: QUERY },
  result: CACHE_CHANGE,
  failures: [
    { message: "Cannot find QUERY: no track matches", exitCode: EXIT.notFound },
    QUERY_UNREADABLE,
    { message: "Cannot keep N tracks of SIZE: the cache holds LIMIT", exitCode: EXIT.failed },
    { message: "Cannot keep all of it: the cache had no room for SIZE", exitCode: EXIT.failed },
    { message: "Cannot fetch N of M tracks: REASON", exitCode: EXIT.failed },
  ],
});
