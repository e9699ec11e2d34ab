/** What is known of an origin that has a copy of a file. */
export interface CopyStanding {
  /** As configured: the origin with the lower number is asked first. */
  readonly priority: number;
  readonly isDown: boolean;
  /** In ms, as measured; 0 for a local disk, null for an origin that was not asked yet. */
  readonly latency_ms: number | null;
}

/** Sorts copies in the order in which to ask for them. An origin that is down comes last, and is still asked. */
export function orderCopies<T extends CopyStanding>(copies: readonly T[]): T[] {
  return copies.toSorted((a, b) =>
    Number(a.isDown) - Number(b.isDown) || a.priority - b.priority ||
    latencyOf(a) - latencyOf(b)
  );
}

/** Number.MAX_VALUE and not Infinity, since Infinity minus Infinity is NaN. */
function latencyOf({ latency_ms }: CopyStanding): number {
  return latency_ms ?? Number.MAX_VALUE;
}
