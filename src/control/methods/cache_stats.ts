import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";

const { about, count, number, object } = shape;

export type CacheStats = ResultOf<typeof cacheStats>;

/** Has the figures that the specification names; `status` and `musicfs cache stats` have more. */
export const cacheStats = method({
  name: "cache.stats",
  summary: "What the cache holds and how often it was of use.",
  served: "mount",
  params: {},
  result: object({
    hits: about("Reads since the mount began that stored chunks answered.", count),
    misses: about("Reads since the mount began for which an origin was asked.", count),
    hit_rate: about("hits / (hits + misses); 0 before the first read.", number),
    chunks_stored: about("Parts of files; a chunk counts as often as files have it.", count),
    chunks_unique: about("Chunks.", count),
    dedup_ratio: about("1 - chunks_unique / chunks_stored; 0 when nothing is stored.", number),
    size_bytes: about("Of the chunks.", count),
  }),
});
