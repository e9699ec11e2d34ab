// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
/**
 * Turkish dotless ı. `toUpperCase()` would make an I of it and so fold it with i; only Turkish takes the two for one
 * letter.
 */
const DOTLESS_I = /\u0131/;

/**
 * The form of a name that compares equal for names that differ by case alone, or by how Unicode composes them. It
 * follows Unicode's rules and no country's: ß equals ss; Σ, ς and σ are one letter; dotless ı is not i.
 */
export function foldCase(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  const folded = DOTLESS_I.test(name)
    ? name.split("\u0131").map(folds).join("\u0131")
    : folds(name);
  return folded.normalize("NFC");
}

/** Goes through lower and upper case: either alone would leave some letters apart (ẞ and ß, ς and σ). */
function folds(name: string): string {
  return name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase();
}
