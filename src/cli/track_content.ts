import type {
  ContentQueries,
  LibraryQueries,
  TrackCopy,
  TrackDetails,
} from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import type { OriginStatus } from "../control/protocol.ts";
import { bytesOfParts, type FoundChunks } from "./found_chunks.ts";

/** One copy of a track, and how it is to be had. */
export interface CopyContent extends TrackCopy {
  health: OriginStatus["health"];
  /** Read where it lies, so that nothing of it is stored. */
  local: boolean;
  stored_bytes: number;
}

/** What `track show` says of the bytes of a track; what is stored was found on the disk. */
export interface TrackContent {
  /** As in CopyContent, of the copy that was found. */
  local: boolean;
  stored: {
    bytes: number;
    /** Of them: what scanners of tags read. */
    metadata_bytes: number;
    /** Each counts once, in how many places of the file it may be. */
    chunks: number;
    parts: StoredPart[];
  };
  copies: CopyContent[];
  pinned: boolean;
  plays: { count: number; last_at: number | null };
}

/** What is known of the bytes of a track: its copies, what of it is stored, what it was wanted for. */
export function trackContent(
  track: TrackDetails,
  library: LibraryQueries,
  content: ContentQueries,
  found: FoundChunks,
): TrackContent {
  const manifest = content.manifest(track.file, track.changed_seq);
  const parts = found.parts(content, track);
  const bytes = bytesOfParts(parts);
  const plays = track.track === null ? undefined : content.plays(track.track);
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
    pinned: track.track !== null && content.isPinned(track.track),
    plays: { count: plays?.count ?? 0, last_at: plays?.count ? plays.last_at : null },
  };
}
