import { shape, type ShapeOf } from "../../base/mod.ts";
import { method, NO_SUCH_ORIGIN } from "../rpc/method.ts";
import { CACHE_CHANGE } from "./_cache_change.ts";

const { about, optional, orNull, text } = shape;

export type CacheChange = ShapeOf<typeof CACHE_CHANGE>;

export const cacheClear = method({
  name: "cache.clear",
  summary:
    "Takes what is stored of an origin's files, or of all, out of the cache; pinned tracks " +
    "too, which are fetched again.",
  served: "through",
  params: {
    origin: about("All origins when it is null or missing.", optional(orNull(text))),
  },
  result: CACHE_CHANGE,
  failures: [NO_SUCH_ORIGIN],
});
