import type { Chunk, MusicEvent } from "../../events/mod.ts";
import { withIds } from "./plain_ids.ts";

/** A chunk whose name is made of a letter and its length. */
export function chunk(letter: string, length: number): Chunk {
  return { hash: `${letter}${length}`.padEnd(64, "0"), length };
}

export function stored(
  file: number,
  version: number,
  offset: number,
  ...chunks: Chunk[]
): MusicEvent {
  return withIds<MusicEvent>({
    type: "ChunksStored",
    v: 1,
    data: { file, version, offset, chunks, origin: "local" },
  });
}

/** A `ChunksStored` of parts that are known from another version or copy. */
export function adopted(
  file: number,
  version: number,
  offset: number,
  ...chunks: Chunk[]
): MusicEvent {
  return withIds<MusicEvent>({
    type: "ChunksStored",
    v: 1,
    data: { file, version, offset, chunks, origin: null },
  });
}

export function partsCompared(file: number, version: number, alike: boolean): MusicEvent {
  return withIds<MusicEvent>({
    type: "PartsCompared",
    v: 1,
    data: { file, version, by: "bytes", alike },
  });
}

export function evicted(
  part: "content" | "all",
  ...manifests: { file: number; version: number }[]
): MusicEvent {
  return withIds<MusicEvent>({
    type: "ChunksEvicted",
    v: 1,
    data: { reason: "space", part, manifests },
  });
}

export function corrupted(hash: string): MusicEvent {
  return { type: "ChunkCorrupted", v: 1, data: { hash, reason: "it is truncated" } };
}

export function played(track: number): MusicEvent {
  return withIds<MusicEvent>({ type: "TrackPlayed", v: 1, data: { track } });
}

export function pinned(query: string, ...tracks: number[]): MusicEvent {
  return withIds<MusicEvent>({ type: "TracksPinned", v: 1, data: { query, tracks } });
}

export function unpinned(query: string, ...tracks: number[]): MusicEvent {
  return withIds<MusicEvent>({ type: "TracksUnpinned", v: 1, data: { query, tracks } });
}

export function transferred(origin: string, bytes: number): MusicEvent {
  return { type: "OriginTransferred", v: 1, data: { origin, bytes } };
}
