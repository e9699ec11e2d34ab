import { CACHE_LOW_WATERMARK, type ContentVersion, type FileId } from "../../base/mod.ts";

/** Bytes that each class of stored parts may take. */
export interface Limits {
  readonly content: number;
  readonly metadata: number;
}

/** Bytes in the store, and how many of them are what scanners of tags read. */
export interface StoredTotals {
  readonly bytes: number;
  readonly metadata_bytes: number;
}

/** `content` is all but what scanners of tags read; without its metadata a file has nothing left. */
export type EvictedPart = "content" | "metadata";

/** What is stored of one version of a file. */
export interface EvictionCandidate {
  readonly file: FileId;
  readonly version: ContentVersion;
  /** Of the part that was asked for. */
  readonly bytes: number;
  /** No track has this version any more. */
  readonly superseded?: boolean;
  readonly pinned?: boolean;
}

export interface EvictionQuestion {
  readonly totals: StoredTotals;
  readonly limits: Limits;
  /** The least recently used first; asked for as far as it is needed, and up to three times for each part. */
  candidates(part: EvictedPart): Iterable<EvictionCandidate>;
}

export interface Evictions {
  readonly part: EvictedPart;
  readonly manifests: readonly { readonly file: FileId; readonly version: ContentVersion }[];
}

/**
 * What to give up so that both parts are within their limits; nothing while they are, else down to the low
 * watermark, so that it is not decided again for every chunk. Versions that no track has go first, and whole; what
 * is pinned never goes, so that with too much of it all else is given up and the limit stays passed.
 *
 * A chunk of several files stays as long as one has it: giving up may free less than it seems, and the caller asks
 * again when it wants to know.
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
    // What goes whole for the sake of its metadata frees content too.
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
