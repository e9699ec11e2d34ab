import type { ContentQueries } from "../../projections/mod.ts";
import type { StoredPart } from "../../projections/tree/tree_types.ts";
import { chunksDirectory } from "../config/mod.ts";
import type { Context } from "./context.ts";

/** More than the parts of any file. */
const PARTS_MAX = 1_000_000;

/** What of the chunks that the projections name lies on the disk: rows remember, and only that is at hand. */
export interface FoundChunks {
  /** Whether the store that the rows speak of is the one that is there. */
  isStoreOf(content: ContentQueries): boolean;
  /** The parts of a file's version that are found. */
  parts(
    content: ContentQueries,
    file: { file: number; changed_seq: number; size: number },
  ): StoredPart[];
}

export async function findChunks(context: Context): Promise<FoundChunks> {
  const { hasChunkFile, storeIdentity } = await import("../cache/store/mod.ts");
  const directory = chunksDirectory(context.locations);
  const identity = storeIdentity(directory);
  return {
    // Before its first start, a program of this version has rows of a store without an identity.
    isStoreOf: (content) => (content.store() ?? identity) === identity,
    parts: (content, { file, changed_seq, size }) =>
      content.storedParts(file, changed_seq, 0, size, PARTS_MAX)
        .filter(({ hash, length }) => hasChunkFile(directory, hash, length)),
  };
}

export function bytesOfParts(parts: readonly StoredPart[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
