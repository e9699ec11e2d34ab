import {
  type CachePlaces,
  CacheQueries,
  dedupRatio,
} from "../../projections/read/cache_queries.ts";
import type { CacheStats } from "../control/protocol.ts";

/** Answers `cache.stats` from the projections. `reads` counts the reads of content that is no local file. */
export function cacheStats(
  places: CachePlaces,
  reads: { readonly hits: number; readonly misses: number },
): CacheStats {
  const { hits, misses } = reads;
  const content = CacheQueries.open(places);
  try {
    const { chunks, bytes, parts } = content?.totals() ?? { chunks: 0, bytes: 0, parts: 0 };
    return {
      hits,
      misses,
      hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
      chunks_stored: parts,
      chunks_unique: chunks,
      dedup_ratio: dedupRatio({ chunks, parts }),
      size_bytes: bytes,
    };
  } finally {
    content?.close();
  }
}
