import type { ContentVersion, FileId } from "../base/mod.ts";
import type { ContentQueries } from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import { chunksDirectory } from "../config/mod.ts";
import type { Context } from "./context.ts";

/** A limit for one query that is above the number of parts of any file. */
const PARTS_MAX = 1_000_000;

/** Looks on the disk for the chunks that the projections name: a chunk is at hand only when its file is there. */
export interface FoundChunks {
  /** Whether the rows speak of the store that is on the disk. */
  isStoreOf(content: ContentQueries): boolean;
  /** The stored parts of a file's version whose chunk files are there. */
  parts(
    content: ContentQueries,
    file: { file: FileId; changed_seq: ContentVersion; size: number },
  ): StoredPart[];
}

export async function findChunks(context: Context): Promise<FoundChunks> {
  const { hasChunkFile, storeIdentity } = await import("../cache/store/mod.ts");
  const directory = chunksDirectory(context.locations);
  const identity = storeIdentity(directory);
  return {
    // A library of an older version names no store until this version has run once.
    isStoreOf: (content) => (content.store() ?? identity) === identity,
    parts: (content, { file, changed_seq, size }) =>
      content.storedParts(file, changed_seq, 0, size, PARTS_MAX)
        .filter(({ hash, length }) => hasChunkFile(directory, hash, length)),
  };
}

export function bytesOfParts(parts: readonly StoredPart[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
