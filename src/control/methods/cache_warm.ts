import { method } from "../rpc/method.ts";
import { CACHE_CHANGE, FETCH_FAILURES } from "./_cache_change.ts";
import { QUERY } from "./_query.ts";

export const cacheWarm = method({
  name: "cache.warm",
  summary: "Fetches what a query finds, and keeps it as long as there is room.",
  served: "through",
  params: { query: QUERY },
  result: CACHE_CHANGE,
  failures: FETCH_FAILURES,
});
