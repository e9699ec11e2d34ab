import { QueryError } from "./query_error.ts";

/** A bare word as it stands in a text: without its escapes, and which of its characters were escaped. */
export interface BareWord {
  readonly at: number;
  readonly text: string;
  /** One for each code unit of `text`. */
  readonly escaped: readonly boolean[];
}

const SPACE = /\s/;
/** What ends a bare word, unless a backslash stands before it. */
const ENDS_WORD = /[\s"()]/;
const BACKSLASH = "\\";

/** The text of a query from front to back. */
export class QueryScanner {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  fail(expected: string, at: number = this.#at): never {
    throw new QueryError(this.text, at, expected);
  }

  skipSpaces(): void {
    while (!this.isAtEnd && SPACE.test(this.text[this.#at]!)) this.#at++;
  }

  /** Whether the text goes on with this. */
  sees(next: string): boolean {
    return this.text.startsWith(next, this.#at);
  }

  /** Whether the text goes on with this, which is passed then. */
  take(next: string): boolean {
    if (!this.sees(next)) return false;
    this.#at += next.length;
    return true;
  }

  /** Whether the text goes on with this and then ends, or goes on with what is part of no word. */
  seesKeyword(word: string): boolean {
    const after = this.text[this.#at + word.length];
    return this.sees(word) && (after === undefined || ENDS_WORD.test(after));
  }

  /** The same; it is passed then. */
  takeKeyword(word: string): boolean {
    return this.seesKeyword(word) && this.take(word);
  }

  /** Whether the character behind the next one belongs to the same word. */
  get goesOn(): boolean {
    const after = this.text[this.#at + 1];
    return after !== undefined && !SPACE.test(after) && after !== ")";
  }

  /** A bare word up to its end, or up to one of the characters in `until`; empty when there is none. */
  word(until: string = ""): BareWord {
    const at = this.#at;
    let text = "";
    const escaped: boolean[] = [];
    for (; !this.isAtEnd; this.#at++) {
      let char = this.text[this.#at]!;
      const isEscaped = char === BACKSLASH;
      if (isEscaped) {
        this.#at++;
        if (this.isAtEnd) this.fail("a character behind the backslash");
        char = this.text[this.#at]!;
      } else if (ENDS_WORD.test(char) || until.includes(char)) break;
      this.#refuseControl(char);
      text += char;
      escaped.push(isEscaped);
    }
    return { at, text, escaped };
  }

  /** What stands between quotation marks, the first of which is next. */
  phrase(): string {
    const opened = this.#at++;
    let text = "";
    for (; !this.isAtEnd; this.#at++) {
      let char = this.text[this.#at]!;
      if (char === '"') {
        this.#at++;
        if (text.trim() === "") this.fail("words between the quotation marks", opened);
        return text;
      }
      if (char === BACKSLASH) {
        this.#at++;
        if (this.isAtEnd) break;
        char = this.text[this.#at]!;
      }
      this.#refuseControl(char);
      text += char;
    }
    return this.fail(`a quotation mark that ends what begins at character ${opened + 1}`);
  }

  /** A word or a phrase that stands for a value; `what` names it in the error when there is none. */
  value(what: string, until: string = ""): string {
    if (this.sees('"')) return this.phrase();
    const { text } = this.word(until);
    if (text === "") this.fail(what);
    return text;
  }

  #refuseControl(char: string): void {
    if (char < " " && !SPACE.test(char) || char === "\x7f") this.fail("no control character");
  }
}
