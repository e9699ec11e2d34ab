/** Begins many names, and is passed over when they are sorted. */
const ARTICLE = /^(the|an|a)\s+(?=\S)/i;

const collator = new Intl.Collator("en", { numeric: true });

/**
 * Compares names as people sort them: without an article at the front, without regard to case and accents where something
 * else differs, and numbers by their values.
 */
export function naturally(a: string, b: string): number {
  return collator.compare(a.replace(ARTICLE, ""), b.replace(ARTICLE, "")) || collator.compare(a, b);
}
