import type { ContentQueries, LibraryQueries } from "../../projections/mod.ts";
import type { OriginStatus, Status } from "../control/protocol.ts";
import { bytesOfParts, type FoundChunks } from "./found_chunks.ts";

/** What a pin names, and how much of that can be played without its origin. */
export interface PinFigures {
  query: string;
  /** When it was last asked for, ms since the epoch. */
  at: number;
  tracks: number;
  /** Of its tracks; of them found in the store. */
  bytes: number;
  at_hand_bytes: number;
}

export interface OriginStore {
  id: string;
  type: string;
  /** Files of which something is stored, and how much that is; what two have in common counts for each. */
  stored_files: number;
  stored_bytes: number;
  /** Taken over from another version or copy, and not yet compared with the origin's file; not among the above. */
  provisional_bytes: number;
  egress: OriginStatus["egress"];
}

/** What `cache stats` says; null for what only a daemon knows, and for limits that can't be read. */
export interface CacheFigures {
  bytes: number;
  limit_bytes: number | null;
  chunks: number;
  /** Bytes that files have in the store, over the bytes that takes; 0 when there are none. */
  dedup_ratio: number;
  hits: number | null;
  misses: number | null;
  hit_rate: number | null;
  metadata_bytes: number;
  metadata_limit_bytes: number | null;
  /** Bytes that files have in the store provisionally, until they are compared with the origin. */
  provisional_bytes: number;
  pinned_tracks: number;
  pins: PinFigures[];
  origins: OriginStore[];
}

export interface CacheLimits {
  readonly limit_bytes: number | null;
  readonly metadata_limit_bytes: number | null;
}

const EMPTY = { bytes: 0, chunks: 0, part_bytes: 0, metadata_bytes: 0, provisional_bytes: 0 };

/** As it is at this moment: what is pinned is looked for on the disk, chunk by chunk. */
export function cacheFigures(
  library: LibraryQueries,
  content: ContentQueries,
  known: {
    readonly status: Status | undefined;
    readonly limits: CacheLimits;
    readonly origins: readonly OriginStatus[];
    readonly found: FoundChunks;
  },
): CacheFigures {
  const isThere = known.found.isStoreOf(content);
  const { pinned_tracks, ...totals } = content.totals();
  const { bytes, chunks, part_bytes, metadata_bytes, provisional_bytes } = isThere ? totals : EMPTY;
  const { hits, misses, hit_rate } = known.status?.cache ??
    { hits: null, misses: null, hit_rate: null };
  const stored = new Map(
    isThere ? content.storedByOrigin().map((row) => [row.origin, row]) : [],
  );
  return {
    bytes,
    limit_bytes: known.limits.limit_bytes,
    chunks,
    dedup_ratio: bytes === 0 ? 0 : part_bytes / bytes,
    ...{ hits, misses, hit_rate },
    metadata_bytes,
    metadata_limit_bytes: known.limits.metadata_limit_bytes,
    provisional_bytes,
    pinned_tracks,
    pins: content.pins().map((pin) => ({
      ...pin,
      ...amountOf(content.tracksOfPin(pin.query), library, content, known.found),
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
  tracks: readonly number[],
  library: LibraryQueries,
  content: ContentQueries,
  found: FoundChunks,
): { bytes: number; at_hand_bytes: number } {
  let bytes = 0;
  let at_hand_bytes = 0;
  for (const track of tracks) {
    const [primary] = library.copies(track);
    if (primary === undefined) continue;
    bytes += primary.size;
    const { provisional_bytes = 0 } = content.manifest(primary.file, primary.changed_seq) ?? {};
    at_hand_bytes += Math.max(0, bytesOfParts(found.parts(content, primary)) - provisional_bytes);
  }
  return { bytes, at_hand_bytes };
}
