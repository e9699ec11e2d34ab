/**
 * Finds the line of each key of a TOML document. The parser reports lines for syntax errors alone, and a wrong value
 * deserves one too. This scan looks at keys, brackets and the ends of strings, and relies on a document that was
 * parsed without error.
 *
 * @module
 */

/** Names of keys and indexes of arrays, from the root of a document to one value. */
export type KeyPath = readonly (string | number)[];

export class TomlLines {
  readonly #source: string;
  #at = 0;
  readonly #lines = new Map<string, number>();
  /** The number of elements so far in every array of tables, by its path. */
  readonly #tables = new Map<string, number>();
  readonly #starts: number[] = [0];

  constructor(source: string) {
    this.#source = source;
    for (let i = 0; i < source.length; i++) if (source[i] === "\n") this.#starts.push(i + 1);
    this.#document();
  }

  /**
   * The line of a key, beginning with 1. When the document does not have the key, the line of the nearest key around
   * it.
   */
  lineOf(path: KeyPath): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(keyOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #document(): void {
    let table: KeyPath = [];
    while (this.#skipBlank(true)) {
      if (this.#source[this.#at] === "[") table = this.#header();
      else this.#pair(table);
    }
  }

  /** Reads `[a.b]` or `[[a.b]]`. A name of an array of tables stands for its newest element. */
  #header(): KeyPath {
    const isArray = this.#source[this.#at + 1] === "[";
    const start = this.#at;
    this.#at += isArray ? 2 : 1;
    const names = this.#key();
    this.#at = this.#source.indexOf("]", this.#at) + (isArray ? 2 : 1);
    const path: (string | number)[] = [];
    names.forEach((name, i) => {
      path.push(name);
      const key = keyOf(path);
      if (isArray && i === names.length - 1) {
        this.#record(path, start);
        this.#tables.set(key, (this.#tables.get(key) ?? 0) + 1);
      }
      const elements = this.#tables.get(key);
      if (elements !== undefined) path.push(elements - 1);
      this.#record(path, start);
    });
    return path;
  }

  /** Reads `key = value`, with the keys inside the value. */
  #pair(table: KeyPath): void {
    const start = this.#at;
    const path = [...table];
    for (const name of this.#key()) {
      path.push(name);
      this.#record(path, start);
    }
    this.#at = this.#source.indexOf("=", this.#at) + 1;
    this.#value(path);
  }

  #value(path: KeyPath): void {
    this.#skipBlank(false);
    const char = this.#source[this.#at];
    if (char === '"' || char === "'") this.#string();
    else if (char === "[") this.#list("]", (i) => this.#element([...path, i]));
    else if (char === "{") this.#list("}", () => this.#pair(path));
    else {while (this.#at < this.#source.length && !/[,\]}\n#]/.test(this.#source[this.#at]!)) {
        this.#at++;
      }}
  }

  #element(path: KeyPath): void {
    this.#record(path, this.#at);
    this.#value(path);
  }

  #list(end: string, item: (index: number) => void): void {
    this.#at++;
    for (let index = 0; this.#skipBlank(true);) {
      const char = this.#source[this.#at];
      if (char === end) break;
      if (char === ",") this.#at++;
      else item(index++);
    }
    this.#at++;
  }

  /** Reads a dotted key, of bare and quoted names. */
  #key(): string[] {
    const names: string[] = [];
    for (;;) {
      this.#skipBlank(false);
      const char = this.#source[this.#at];
      if (char === '"' || char === "'") {
        const raw = this.#string();
        names.push(char === "'" ? raw.slice(1, -1) : unescaped(raw));
      } else {
        const start = this.#at;
        while (/[A-Za-z0-9_-]/.test(this.#source[this.#at] ?? "")) this.#at++;
        names.push(this.#source.slice(start, this.#at));
      }
      this.#skipBlank(false);
      if (this.#source[this.#at] !== ".") return names;
      this.#at++;
    }
  }

  /** Skips a string of any of the four kinds; returns it with its quotes. */
  #string(): string {
    const start = this.#at;
    const quote = this.#source[start]!;
    const isMultiline = this.#source.startsWith(quote.repeat(3), start);
    const end = isMultiline ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#source.length && !this.#source.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#source[this.#at] === "\\" ? 2 : 1;
    }
    this.#at += end.length;
    // Up to two quotes may stand right before the three that end the string.
    while (isMultiline && this.#source[this.#at] === quote) this.#at++;
    return this.#source.slice(start, this.#at);
  }

  /** Skips spaces, and with `lines` also comments and line ends; returns false at the end of the document. */
  #skipBlank(lines: boolean): boolean {
    for (; this.#at < this.#source.length; this.#at++) {
      const char = this.#source[this.#at]!;
      if (lines && char === "#") {
        const end = this.#source.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#source.length : end;
      } else if (char !== " " && char !== "\t" && !(lines && (char === "\n" || char === "\r"))) {
        return true;
      }
    }
    return false;
  }

  #record(path: KeyPath, offset: number): void {
    const key = keyOf(path);
    if (!this.#lines.has(key)) this.#lines.set(key, this.#lineAt(offset));
  }

  #lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

function keyOf(path: KeyPath): string {
  return JSON.stringify(path);
}

/** The text of a basic quoted key. Its escapes are those of JSON but for `\U` and `\e`, which no key needs. */
function unescaped(raw: string): string {
  try {
    return JSON.parse(raw);
  } catch {
    return raw.slice(1, -1);
  }
}
