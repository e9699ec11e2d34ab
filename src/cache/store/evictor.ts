import { CACHE_LOW_WATERMARK, type ContentVersion, type FileId } from "../../base/mod.ts";

/** Most bytes that each class of stored parts may take. */
export interface Limits {
  readonly content: number;
  readonly metadata: number;
}

/** Bytes in the store, and how many of these are metadata: what tag scanners read. */
export interface StoredTotals {
  readonly bytes: number;
  readonly metadata_bytes: number;
}

/** `content` is all but what tag scanners read. With its `metadata`, a file's content is given up too. */
export type EvictedPart = "content" | "metadata";

/** A version of a file of which bytes are stored. */
export interface EvictionCandidate {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** Stored bytes of the part that was asked for. */
  readonly bytes: number;
  /** Whether no track has this version any more. */
  readonly superseded?: boolean;
  readonly pinned?: boolean;
}

export interface EvictionQuestion {
  readonly totals: StoredTotals;
  readonly limits: Limits;
  /**
   * The candidates, the least recently used first. Called up to three times for each part, and read only as far as
   * needed.
   */
  candidates(part: EvictedPart): Iterable<EvictionCandidate>;
}

export interface Evictions {
  readonly part: EvictedPart;
  readonly manifests: readonly { readonly file: FileId; readonly version: ContentVersion }[];
}

/**
 * Decides which versions to give up, so that both parts are within their limits. While they are, nothing is given up.
 * Otherwise enough is given up to reach the low watermark, so that this need not be decided again for every chunk.
 * Versions that no track has go first, and as a whole. Pinned versions never go: when they exceed the limit, all others
 * are given up and the limit stays exceeded.
 *
 * A chunk of several files stays as long as one of them has it. So the evictions may free less than their sum, and the
 * caller has to ask again to be sure.
 */
export function decideEvictions(question: EvictionQuestion): Evictions[] {
  const { totals: { bytes, metadata_bytes }, limits } = question;
  const surplus: Record<EvictedPart, number> = {
    content: surplusOf(bytes - metadata_bytes, limits.content),
    metadata: surplusOf(metadata_bytes, limits.metadata),
  };
  const whole = new Map<string, EvictionCandidate>();
  const content: EvictionCandidate[] = [];
  const give = (part: EvictedPart, which: (candidate: EvictionCandidate) => boolean) => {
    if (surplus[part] <= 0) return;
    for (const candidate of question.candidates(part)) {
      if (candidate.pinned || candidate.bytes <= 0 || !which(candidate)) continue;
      surplus[part] -= candidate.bytes;
      if (part === "metadata" || candidate.superseded) whole.set(keyOf(candidate), candidate);
      else if (!whole.has(keyOf(candidate))) content.push(candidate);
      if (surplus[part] <= 0) return;
    }
  };
  for (const part of ["metadata", "content"] as const) {
    // A version that is given up whole because of its metadata frees content too.
    const gone = new Set(whole.keys());
    if (gone.size > 0) give(part, (candidate) => gone.has(keyOf(candidate)));
    give(part, (it) => it.superseded === true && !gone.has(keyOf(it)));
    give(part, (it) => it.superseded !== true && !gone.has(keyOf(it)));
  }
  const evictions: Evictions[] = [
    { part: "metadata", manifests: [...whole.values()].map(manifestOf) },
    { part: "content", manifests: content.map(manifestOf) },
  ];
  return evictions.filter(({ manifests }) => manifests.length > 0);
}

function surplusOf(stored: number, limit: number): number {
  return stored > limit ? stored - limit * CACHE_LOW_WATERMARK : 0;
}

function keyOf({ file, version }: EvictionCandidate): string {
  return `${file} ${version}`;
}

function manifestOf(
  { file, version }: EvictionCandidate,
): { file: FileId; version: ContentVersion } {
  return { file, version };
}
