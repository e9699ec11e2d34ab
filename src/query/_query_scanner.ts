import { QueryError } from "./query_error.ts";

/** A bare word of a text, without its escapes, and with the information which of its characters were escaped. */
export interface BareWord {
  readonly at: number;
  readonly text: string;
  /** Has one element for each code unit of `text`. */
  readonly escaped: readonly boolean[];
}

const SPACE = /\s/;
/** A character that ends a bare word, unless a backslash stands before it. */
const ENDS_WORD = /[\s"()]/;
const BACKSLASH = "\\";

/** Reads the text of a query from the front to the back. */
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

  /** Whether the text continues with `next`. */
  sees(next: string): boolean {
    return this.text.startsWith(next, this.#at);
  }

  /** Passes `next` if the text continues with it; returns whether it did. */
  take(next: string): boolean {
    if (!this.sees(next)) return false;
    this.#at += next.length;
    return true;
  }

  /** Whether the text continues with `word`, after which the text or the word ends. */
  seesKeyword(word: string): boolean {
    const after = this.text[this.#at + word.length];
    return this.sees(word) && (after === undefined || ENDS_WORD.test(after));
  }

  /** Passes `word` if {@link seesKeyword}; returns whether it did. */
  takeKeyword(word: string): boolean {
    return this.seesKeyword(word) && this.take(word);
  }

  /** Whether the character after the next one belongs to the same word. */
  get goesOn(): boolean {
    const after = this.text[this.#at + 1];
    return after !== undefined && !SPACE.test(after) && after !== ")";
  }

  /** Reads a bare word up to its end, or up to a character of `until`. The word is empty when there is none. */
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

  /** Reads a phrase. The next character must be its opening quotation mark. */
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

  /** Reads a word or a phrase as a value. `what` names the value in the error when there is none. */
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
