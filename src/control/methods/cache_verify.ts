import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";

const { about, count, list, object, text } = shape;

/** The result of a `cache verify`. */
export type CacheVerification = ResultOf<typeof cacheVerify>;

export const cacheVerify = method({
  name: "cache.verify",
  summary: "Reads every chunk.",
  served: "through",
  params: {},
  result: object({
    chunks: count,
    bytes: count,
    corrupt: about(
      "Chunks that were not what their name says, dropped to be fetched again.",
      list(object({ hash: text, reason: text })),
    ),
    orphans: about("Chunk files that no file needs, deleted.", count),
  }),
});
