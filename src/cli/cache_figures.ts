import type { TrackId } from "../base/mod.ts";
import { type CacheQueries, dedupRatio, type LibraryQueries } from "../../projections/mod.ts";
import type { OriginStatus, Status } from "../control/protocol.ts";
import { bytesOfParts, type FoundChunks } from "./found_chunks.ts";

/** A pin, and how much of what it names can be played without its origin. */
export interface PinFigures {
  query: string;
  /** When the pin was last asked for, ms since the epoch. */
  at: number;
  tracks: number;
  /** Bytes of its tracks, and those of them that were found in the store. */
  bytes: number;
  at_hand_bytes: number;
}

export interface OriginStore {
  id: string;
  type: string;
  /** Files of which something is stored, and the stored bytes; bytes that two files share count for each. */
  stored_files: number;
  stored_bytes: number;
  /**
   * Bytes taken over from another version or copy that have not been compared with the origin's file yet; not counted
   * above.
   */
  provisional_bytes: number;
  egress: OriginStatus["egress"];
}

/** The answer of `cache stats`. Null stands for figures that only a daemon has, and for limits that can't be read. */
export interface CacheFigures {
  bytes: number;
  limit_bytes: number | null;
  chunks: number;
  /** The share of the stored parts that need no chunk of their own, 0 to 1; 0 when nothing is stored. */
  dedup_ratio: number;
  hits: number | null;
  misses: number | null;
  hit_rate: number | null;
  metadata_bytes: number;
  metadata_limit_bytes: number | null;
  /** Bytes of files in the store that have not been compared with the origin yet. */
  provisional_bytes: number;
  pinned_tracks: number;
  pins: PinFigures[];
  origins: OriginStore[];
}

export interface CacheLimits {
  readonly limit_bytes: number | null;
  readonly metadata_limit_bytes: number | null;
}

/** The figures at this moment: each chunk of a pinned track is looked for on the disk. */
export function cacheFigures(
  library: LibraryQueries,
  content: CacheQueries,
  known: {
    readonly status: Status | undefined;
    readonly limits: CacheLimits;
    readonly origins: readonly OriginStatus[];
    readonly found: FoundChunks;
  },
): CacheFigures {
  const { listening } = library;
  const totals = content.totals();
  const { bytes, chunks, metadata_bytes, provisional_bytes } = totals;
  const { hits, misses, hit_rate } = known.status?.cache ??
    { hits: null, misses: null, hit_rate: null };
  const stored = new Map(content.storedByOrigin().map((row) => [row.origin, row]));
  return {
    bytes,
    limit_bytes: known.limits.limit_bytes,
    chunks,
    dedup_ratio: dedupRatio(totals),
    ...{ hits, misses, hit_rate },
    metadata_bytes,
    metadata_limit_bytes: known.limits.metadata_limit_bytes,
    provisional_bytes,
    pinned_tracks: listening.pinnedTracks(),
    pins: listening.pins().map((pin) => ({
      ...pin,
      ...amountOf(listening.tracksOfPin(pin.query), library, content, known.found),
    })),
    origins: known.origins.map(({ id, type, egress }) => ({
      ...{ id, type },
      stored_files: stored.get(id)?.files ?? 0,
      stored_bytes: stored.get(id)?.bytes ?? 0,
      provisional_bytes: stored.get(id)?.provisional_bytes ?? 0,
      egress,
    })),
  };
}

function amountOf(
  tracks: readonly TrackId[],
  library: LibraryQueries,
  content: CacheQueries,
  found: FoundChunks,
): { bytes: number; at_hand_bytes: number } {
  let bytes = 0;
  let at_hand_bytes = 0;
  for (const track of tracks) {
    const [primary] = library.copies(track);
    if (primary === undefined) continue;
    bytes += primary.size;
    const { provisional_bytes = 0 } = content.manifest(primary.file, primary.content) ?? {};
    at_hand_bytes += Math.max(0, bytesOfParts(found.parts(content, primary)) - provisional_bytes);
  }
  return { bytes, at_hand_bytes };
}
