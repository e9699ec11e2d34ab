import { shape } from "../../base/mod.ts";

const { about, count } = shape;

export const CACHE_CHANGE = shape.object({
  tracks: about("Tracks that were meant; with cache.clear, files.", count),
  bytes: about("Bytes that came into the cache; with cache.clear, that went.", count),
});
