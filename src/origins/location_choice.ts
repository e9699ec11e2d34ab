/** What is known of the origin that a copy of a file lies on. */
export interface CopyStanding {
  /** As configured; the lower is asked first. */
  readonly priority: number;
  readonly isDown: boolean;
  /** ms, as measured; 0 for a disk of this machine, null for an origin that was not asked yet. */
  readonly latency_ms: number | null;
}

/** Copies in the order in which they are to be asked. One that does not answer comes last, and is asked still. */
export function orderCopies<T extends CopyStanding>(copies: readonly T[]): T[] {
  return copies.toSorted((a, b) =>
    Number(a.isDown) - Number(b.isDown) || a.priority - b.priority ||
    latencyOf(a) - latencyOf(b)
  );
}

/** Number.MAX_VALUE rather than Infinity, which less itself is not a number. */
function latencyOf({ latency_ms }: CopyStanding): number {
  return latency_ms ?? Number.MAX_VALUE;
}
