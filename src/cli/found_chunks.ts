import type { ContentVersion, FileId } from "../base/mod.ts";
import type { CacheQueries } from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import { chunksDirectory } from "../config/mod.ts";
import type { Context } from "./context.ts";

/** A limit for one query that is above the number of parts of any file. */
const PARTS_MAX = 1_000_000;

/** Looks on the disk for the chunks that the projections name: a chunk is at hand only when its file is there. */
export interface FoundChunks {
  /** The stored parts of a file's version whose chunk files are there. */
  parts(
    content: CacheQueries,
    file: { file: FileId; content: ContentVersion; size: number },
  ): StoredPart[];
}

export async function findChunks(context: Context): Promise<FoundChunks> {
  const { hasChunkFile } = await import("../cache/store/mod.ts");
  const directory = chunksDirectory(context.locations);
  return {
    parts: (content, { file, content: version, size }) =>
      content.storedParts(file, version, 0, size, PARTS_MAX)
        .filter(({ hash, length }) => hasChunkFile(directory, hash, length)),
  };
}

export function bytesOfParts(parts: readonly StoredPart[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
