// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
/** Upper case would make an i of it, which only Turkish takes it for the same as. */
const DOTLESS_I = /\u0131/;

/**
 * A name as it compares where case does not count: equal for names that differ by case alone, or by how Unicode
 * composes them. By Unicode's rules and no country's: ß is ss, Σ ς σ are one, a dotless ı is no i.
 */
export function foldCase(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  const folded = DOTLESS_I.test(name)
    ? name.split("\u0131").map(folds).join("\u0131")
    : folds(name);
  return folded.normalize("NFC");
}

/** By way of lower and of upper case, since either alone leaves letters apart: ẞ and ß, ς and σ. */
function folds(name: string): string {
  return name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase();
}
