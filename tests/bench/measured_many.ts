import { statfsSync } from "node:fs";
import { type Projected, projectedIn } from "./bench_place.ts";
import { measureMemory, type MemoryOptions } from "./measured_memory.ts";
import { measureMounts } from "./measured_mounts.ts";

/** Bytes on the disk for each known track: its log, its library, and what SQLite sorts while it makes the indexes. */
const BYTES_A_TRACK = 1_600;

export interface ManyFigures {
  /** The number of tracks that are known. */
  readonly known: number;
  /** The making of the library from its log; undefined when that is unknown. */
  readonly projected: Projected | undefined;
  /** Medians of the ms that a mount takes: with a hundred known tracks, and with all. */
  readonly mountMs: { readonly few: number; readonly many: number };
  /** Resident MB of the mount process: idle, and after a walk over some of the tracks. */
  readonly memory: { readonly idle: number; readonly walked: number };
}

/**
 * Measures a mount whose library knows very many tracks. The library is made once, below `cache`; undefined when there is
 * too little room for it.
 */
export async function measureMany(
  cache: string,
  options: MemoryOptions,
): Promise<ManyFigures | undefined> {
  const { known } = options;
  const { bavail, bsize } = statfsSync(cache);
  const isMade = projectedIn(cache, known) !== undefined;
  if (!isMade && bavail * bsize < known * BYTES_A_TRACK) return undefined;
  const mountMs = await measureMounts(cache, known);
  const memory = await measureMemory(cache, options);
  return { known, projected: projectedIn(cache, known), mountMs, memory };
}
