import { method } from "../rpc/method.ts";
import { CACHE_CHANGE, FETCH_FAILURES } from "./_cache_change.ts";
import { QUERY } from "./_query.ts";

export const cachePin = method({
  name: "cache.pin",
  summary: "Fetches what a query finds, and keeps it until it is unpinned.",
  served: "through",
  params: { query: QUERY },
  result: CACHE_CHANGE,
  failures: FETCH_FAILURES,
});
