import { EXIT, UserError } from "../base/mod.ts";

/** A text that is no query: where it is not, and what would have been one there. */
export class QueryError extends UserError {
  /** Offset in the text, in UTF-16 code units; its length when something is missing at the end. */
  readonly at: number;
  /** As in "expected ...". */
  readonly expected: string;

  constructor(text: string, at: number, expected: string) {
    const place = `character ${[...text.slice(0, at)].length + 1}`;
    const found = at < text.length ? `'${String.fromCodePoint(text.codePointAt(at)!)}'` : "the end";
    super(`Cannot read the query: expected ${expected} at ${place}, found ${found}`, {
      exitCode: EXIT.usage,
    });
    this.at = at;
    this.expected = expected;
  }
}
