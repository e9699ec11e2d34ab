import type {
  CacheQueries,
  LibraryQueries,
  TrackCopy,
  TrackDetails,
} from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import type { OriginStatus } from "../control/protocol.ts";
import { bytesOfParts, type FoundChunks } from "./found_chunks.ts";

/** One copy of a track, and how its bytes can be had. */
export interface CopyContent extends TrackCopy {
  health: OriginStatus["health"];
  /** Whether the copy is read from a disk of this machine, so that nothing of it is stored. */
  local: boolean;
  stored_bytes: number;
}

/** The part of `track show` about a track's bytes. Stored bytes were found on the disk. */
export interface TrackContent {
  /** As in CopyContent, for the copy that was asked about. */
  local: boolean;
  stored: {
    bytes: number;
    /** The stored bytes that players' tag scanners read. */
    metadata_bytes: number;
    /** Distinct chunks: one that occurs in several places of the file counts once. */
    chunks: number;
    parts: StoredPart[];
  };
  copies: CopyContent[];
  pinned: boolean;
  plays: { count: number; last_at: number | null };
}

/** The bytes of a track: its copies, how much of each is stored, and what they were fetched for. */
export function trackContent(
  track: TrackDetails,
  library: LibraryQueries,
  content: CacheQueries,
  found: FoundChunks,
): TrackContent {
  const manifest = content.manifest(track.file, track.content);
  const parts = found.parts(content, track);
  const bytes = bytesOfParts(parts);
  const plays = track.track === null ? undefined : library.listening.plays(track.track);
  return {
    local: library.origin(track.origin)?.kind === "local",
    stored: {
      bytes,
      metadata_bytes: Math.min(bytes, manifest?.metadata_bytes ?? 0),
      chunks: new Set(parts.map(({ hash }) => hash)).size,
      parts,
    },
    copies: track.copies.map((copy) => {
      const origin = library.origin(copy.origin);
      return {
        ...copy,
        health: origin?.health ?? "unknown",
        local: origin?.kind === "local",
        stored_bytes: bytesOfParts(found.parts(content, copy)),
      };
    }),
    pinned: track.track !== null && library.listening.isPinned(track.track),
    plays: { count: plays?.count ?? 0, last_at: plays?.count ? plays.last_at : null },
  };
}
