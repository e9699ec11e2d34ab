/**
 * Library logs of older versions, which noted the stored chunks in the library log.
 *
 * @module
 */
import {
  CACHE_VOCABULARY,
  type CacheEvent,
  LIBRARY_VOCABULARY,
  type MusicEvent,
  type Vocabulary,
} from "../../events/mod.ts";

const { ChunksEvicted, ChunkCorrupted } = CACHE_VOCABULARY.events;

/** The events that a library log could have. */
export const FORMER_VOCABULARY: Vocabulary = {
  events: {
    ...LIBRARY_VOCABULARY.events,
    ChunksStored: { v: 1, check: () => null },
    ...{ ChunksEvicted: ChunksEvicted!, ChunkCorrupted: ChunkCorrupted! },
    ChunkStoreFound: { ...LIBRARY_VOCABULARY.events.ChunkStoreFound, former: false },
  },
  upcasters: [],
};

/** The former event for a fact that is now in the cache log; undefined when there was none. */
export function formerly(event: CacheEvent): MusicEvent | undefined {
  switch (event.type) {
    case "ChunksStored": {
      const { of: _, provisional, ...data } = event.data;
      const said = { ...data, origin: provisional ? null : data.origin };
      return { type: "ChunksStored", v: 1, data: said } as unknown as MusicEvent;
    }
    case "PartsProven":
      return { type: "PartsCompared", v: 1, data: { ...event.data, alike: true } };
    case "FilesUsed":
      return undefined;
  }
  return event;
}
