import { EXIT } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { CACHE_CHANGE } from "./_cache_change.ts";
import { QUERY, QUERY_UNREADABLE } from "./_query.ts";

export const cacheUnpin = method({
  name: "cache.unpin",
  summary: "Lets what was pinned be given up when room is wanted.",
  served: "through",
  params: { query: QUERY },
  result: CACHE_CHANGE,
  failures: [
    { message: "Cannot find QUERY: no track matches", exitCode: EXIT.notFound },
    QUERY_UNREADABLE,
  ],
});
