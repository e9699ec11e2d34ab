import { EXIT, UserError } from "../base/mod.ts";

/** An error in the text of a query: where it is, and what was expected there. */
export class QueryError extends UserError {
  /** The offset in the text in UTF-16 code units; the length of the text when something is missing at the end. */
  readonly at: number;
  /** The text that follows "expected ". */
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
