import { EXIT, UserError } from "../base/mod.ts";

/** An error in the text of a query: where it is, and what was expected there. */
export class QueryError extends UserError {
  /** The offset in the text in UTF-16 code units; the length of the text when something is missing at the end. */
  readonly at: number;
  /** The text that follows "expected ". */
  readonly expected: string;

  constructor(text: string, at: number, expected: string) {
    const before = [...text.slice(0, at)].length;
    const found = at < text.length ? `'${String.fromCodePoint(text.codePointAt(at)!)}'` : "the end";
    super(
      `Cannot read the query: expected ${expected} at character ${before + 1}, found ${found}`,
      {
        exitCode: EXIT.usage,
        hint: "musicfs help query explains how to write one",
        place: { text, at: before, expected },
      },
    );
    this.at = at;
    this.expected = expected;
  }
}
