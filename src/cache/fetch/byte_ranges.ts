/** Bytes `from` to `to` (exclusive). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** The parts of `wanted` that no range of `ranges` covers, ascending. `ranges` may be in any order and may overlap. */
export function missingRanges(wanted: ByteRange, ranges: readonly ByteRange[]): ByteRange[] {
  const missing: ByteRange[] = [];
  let from = wanted.from;
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    if (range.to <= from) continue;
    if (range.from >= wanted.to) break;
    if (range.from > from) missing.push({ from, to: range.from });
    from = range.to;
  }
  if (from < wanted.to) missing.push({ from, to: wanted.to });
  return missing;
}

/**
 * Splits a range into parts of at most `most` bytes, at multiples of `most`, so that overlapping ranges have equal
 * parts.
 */
export function splitRange({ from, to }: ByteRange, most: number): ByteRange[] {
  const parts: ByteRange[] = [];
  while (from < to) {
    const end = Math.min(to, (Math.floor(from / most) + 1) * most);
    parts.push({ from, to: end });
    from = end;
  }
  return parts;
}

export function overlaps(a: ByteRange, b: ByteRange): boolean {
  return a.from < b.to && b.from < a.to;
}
