import type { CacheEvent, Chunk, ContentFacts, MusicEvent } from "../../events/mod.ts";
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
): CacheEvent {
  return withIds<CacheEvent>({
    ...{ type: "ChunksStored", v: 2 },
    data: { file, version, offset, chunks, origin: "local", provisional: false, of: null },
  });
}

/** A `ChunksStored` of parts that are known from another version or copy. */
export function adopted(
  file: number,
  version: number,
  offset: number,
  ...chunks: Chunk[]
): CacheEvent {
  return withIds<CacheEvent>({
    ...{ type: "ChunksStored", v: 2 },
    data: { file, version, offset, chunks, origin: null, provisional: true, of: null },
  });
}

/** The same event, with the facts about the version that the library log has. */
export function saying(event: CacheEvent, of: ContentFacts | null): CacheEvent {
  return event.type === "ChunksStored" ? { ...event, data: { ...event.data, of } } : event;
}

export function partsCompared(file: number, version: number, alike: boolean): MusicEvent {
  const data = { file, version, by: "bytes" as const };
  return withIds<MusicEvent>(
    alike
      ? { type: "PartsProven", v: 1, data }
      : { type: "PartsCompared", v: 1, data: { ...data, alike } },
  );
}

export function used(...files: number[]): CacheEvent {
  return withIds<CacheEvent>({ type: "FilesUsed", v: 1, data: { files } });
}

export function evicted(
  part: "content" | "all",
  ...manifests: { file: number; version: number }[]
): CacheEvent {
  return withIds<CacheEvent>({
    type: "ChunksEvicted",
    v: 1,
    data: { reason: "space", part, manifests },
  });
}

export function corrupted(hash: string): CacheEvent {
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
