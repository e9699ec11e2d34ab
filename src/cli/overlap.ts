/** How one absolute path relates to another: the same, inside it, above it, or apart. */
export function overlap(path: string, other: string): "same" | "inside" | "above" | "apart" {
  const a = path.endsWith("/") ? path : `${path}/`;
  const b = other.endsWith("/") ? other : `${other}/`;
  if (a === b) return "same";
  if (a.startsWith(b)) return "inside";
  return b.startsWith(a) ? "above" : "apart";
}
