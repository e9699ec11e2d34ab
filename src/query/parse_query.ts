import { QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX } from "../base/mod.ts";
import { FIELD_CHARACTER, FIELD_START } from "./_field_names.ts";
import { type BareWord, QueryScanner } from "./_query_scanner.ts";
import { conditionOf } from "./condition.ts";
import type { Expression, Leaf, Operator, Phrase, Query, SortKey, Word } from "./expression.ts";
import { fieldNamed, isWords } from "./fields.ts";
import { QueryError } from "./query_error.ts";

const OPERATORS: readonly Operator[] = ["<=", ">=", "<", ">", "="];
const LIMIT = /^[1-9][0-9]{0,8}$/;

/** Parses a query. Throws QueryError, and nothing else, for any text. */
export function parseQuery(text: string): Query {
  if (text.length > QUERY_CHARS_MAX) {
    throw new QueryError(text, QUERY_CHARS_MAX, `at most ${QUERY_CHARS_MAX} characters`);
  }
  return new Parser(text).query();
}

class Parser {
  readonly #scanner: QueryScanner;
  readonly #sort: SortKey[] = [];
  #limit: number | null = null;
  #depth = 0;
  #terms = 0;

  constructor(text: string) {
    this.#scanner = new QueryScanner(text);
  }

  query(): Query {
    const where = this.#or();
    const scanner = this.#scanner;
    if (!scanner.isAtEnd) scanner.fail("the end, since no parenthesis is open");
    return { where: where ?? null, sort: this.#sort, limit: this.#limit };
  }

  /** Parses alternatives. Returns undefined when there is nothing but `sort:` and `limit:`. */
  #or(): Expression | undefined {
    const scanner = this.#scanner;
    const first = this.#and();
    const any = first === undefined ? [] : [first];
    for (let at = scanner.at; scanner.takeKeyword("OR"); at = scanner.at) {
      if (any.length === 0) scanner.fail("something before OR", at);
      any.push(this.#and() ?? scanner.fail("something behind OR"));
    }
    return any.length > 1 ? { kind: "or", any } : any[0];
  }

  /** Parses the parts that stand side by side, up to an OR, a closing parenthesis or the end. */
  #and(): Expression | undefined {
    const scanner = this.#scanner;
    const all: Expression[] = [];
    for (;;) {
      scanner.skipSpaces();
      if (scanner.isAtEnd || scanner.sees(")") || scanner.seesKeyword("OR")) break;
      const at = scanner.at;
      if (scanner.takeKeyword("AND")) {
        if (all.length === 0) scanner.fail("something before AND", at);
        all.push(this.#operand("something behind AND"));
        continue;
      }
      const found = this.#not(this.#depth === 0);
      if (found !== undefined) all.push(found);
    }
    return all.length > 1 ? { kind: "and", all } : all[0];
  }

  /** Parses the part that must follow; `expected` names it in the error. */
  #operand(expected: string): Expression {
    const scanner = this.#scanner;
    scanner.skipSpaces();
    const isMissing = scanner.isAtEnd || scanner.sees(")") || scanner.seesKeyword("OR") ||
      scanner.seesKeyword("AND");
    if (isMissing) scanner.fail(expected);
    return this.#not(false)!;
  }

  /** Parses one part. Returns undefined for `sort:` and `limit:`, which are refused unless `isWhole`. */
  #not(isWhole: boolean): Expression | undefined {
    const scanner = this.#scanner;
    if (scanner.takeKeyword("NOT")) return this.#negated("something behind NOT");
    if (scanner.sees("-") && scanner.goesOn) {
      scanner.take("-");
      return this.#negated("something behind -");
    }
    const { at } = scanner;
    if (!scanner.take("(")) return this.#term(isWhole);
    const inside = this.#nested(() => this.#or());
    if (!scanner.take(")")) {
      scanner.fail(`a parenthesis that closes the one at character ${at + 1}`);
    }
    return inside ?? scanner.fail("something between the parentheses", at + 1);
  }

  #negated(expected: string): Expression {
    return { kind: "not", what: this.#nested(() => this.#operand(expected)) };
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > QUERY_DEPTH_MAX) {
      this.#scanner.fail(`at most ${QUERY_DEPTH_MAX} parentheses and negations within one another`);
    }
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  #term(isWhole: boolean): Expression | undefined {
    const scanner = this.#scanner;
    const { at } = scanner;
    if (++this.#terms > QUERY_TERMS_MAX) scanner.fail(`at most ${QUERY_TERMS_MAX} terms`);
    if (scanner.sees('"')) return this.#phrase(at, null);
    const start = scanner.word(":");
    if (!scanner.sees(":")) return this.#word(at, null, start);
    if (!isField(start)) return this.#word(at, null, joined(start, scanner.word()));
    scanner.take(":");
    const field = start.text.toLowerCase();
    if (field !== "sort" && field !== "limit") return this.#match(at, field);
    if (!isWhole) {
      scanner.fail(`${field}: outside of parentheses, negations and operators`, at);
    }
    if (field === "sort") this.#takeSort();
    else this.#takeLimit(at);
    return undefined;
  }

  /** Parses the value after a field and its colon. */
  #match(at: number, field: string): Expression {
    const scanner = this.#scanner;
    const operator = OPERATORS.find((it) => scanner.take(it));
    const from = scanner.at;
    if (operator !== undefined) {
      const value = scanner.value(`a value behind ${field}:${operator}`);
      return this.#checked({ kind: "comparison", field, operator, value, at }, from);
    }
    if (scanner.sees('"')) return this.#checked(this.#phrase(at, field), from);
    if (scanner.take("[")) return this.#bracketed(at, field);
    const word = scanner.word();
    if (word.text === "") scanner.fail(`a value behind ${field}:`);
    const dots = isWords(fieldNamed(field)) ? undefined : rangeDots(word);
    if (dots === undefined) return this.#checked(this.#word(at, field, word), from);
    const [first, last] = [word.text.slice(0, dots), word.text.slice(dots + 2)];
    if (first === "" && last === "") scanner.fail("a value before or behind ..", from);
    const range = { kind: "range", field, from: first || null, to: last || null, at } as const;
    return this.#checked(range, from, placeIn(word, dots + 2));
  }

  /** Parses the rest of a range in brackets, `1960 TO 1969]`. A `*` leaves an end open. */
  #bracketed(at: number, field: string): Leaf {
    const scanner = this.#scanner;
    const end = (what: string) => {
      scanner.skipSpaces();
      const place = scanner.at;
      const isOpen = scanner.takeKeyword("*") || (scanner.sees("*]") && scanner.take("*"));
      return { place, value: isOpen ? null : scanner.value(what, "]") };
    };
    const from = end("the value at which the range begins, or *");
    scanner.skipSpaces();
    if (!scanner.takeKeyword("TO")) scanner.fail("TO");
    const to = end("the value at which the range ends, or *");
    scanner.skipSpaces();
    if (!scanner.take("]")) scanner.fail("a bracket that closes the range");
    if (from.value === null && to.value === null) {
      scanner.fail("a value at one end of the range", to.place);
    }
    const range = { kind: "range", field, from: from.value, to: to.value, at } as const;
    return this.#checked(range, from.place, to.place);
  }

  /** Refuses values that are none of the field's, at their place in the text. */
  #checked<T extends Leaf>(leaf: T, from: number, to: number = from): T {
    conditionOf(
      leaf,
      0,
      (expected, end) => this.#scanner.fail(expected, end === "from" ? from : to),
    );
    return leaf;
  }

  #phrase(at: number, field: string | null): Phrase {
    return { kind: "phrase", field, text: this.#scanner.phrase(), at };
  }

  #word(at: number, field: string | null, { text, escaped }: BareWord): Word {
    const last = text.length - 1;
    if (text[last] === "*" && !escaped[last]) {
      if (last === 0) this.#scanner.fail("a beginning of a word before *", at);
      return { kind: "word", field, text: text.slice(0, -1), prefix: true, edits: 0, at };
    }
    const isDigit = text[last] !== undefined && text[last]! >= "0" && text[last]! <= "9";
    if (last > 0 && isDigit && text[last - 1] === "~" && !escaped[last - 1]) {
      const edits = Number(text[last]);
      const { at: end } = this.#scanner;
      if (edits > 2) this.#scanner.fail("0, 1 or 2 behind ~", end - 1);
      if (last === 1) this.#scanner.fail("a word before ~", at);
      const word = text.slice(0, -2);
      return { kind: "word", field, text: word, prefix: false, edits: edits as 0 | 1 | 2, at };
    }
    return { kind: "word", field, text, prefix: false, edits: 0, at };
  }

  #takeSort(): void {
    const scanner = this.#scanner;
    do {
      const descending = scanner.take("-");
      const at = scanner.at;
      const word = scanner.word(",");
      if (!isField(word)) scanner.fail("the name of a field to sort by", at);
      this.#sort.push({ field: word.text.toLowerCase(), descending });
    } while (scanner.take(","));
  }

  #takeLimit(at: number): void {
    const scanner = this.#scanner;
    if (this.#limit !== null) scanner.fail("one limit: alone", at);
    const from = scanner.at;
    const { text } = scanner.word();
    if (!LIMIT.test(text)) scanner.fail("a number above 0 behind limit:", from);
    this.#limit = Number(text);
  }
}

/**
 * Whether a word can be the name of a field: `re` in `re:stacks` can, `12` in `12:51` can't, since a name begins with a
 * letter.
 */
function isField({ text, escaped }: BareWord): boolean {
  const characters = [...text];
  if (characters.length === 0) return false;
  let at = 0;
  return characters.every((character, i) => {
    const isFree = escaped[at]! || FIELD_CHARACTER.test(character) &&
        (i > 0 || FIELD_START.test(character));
    at += character.length;
    return isFree;
  });
}

function joined(a: BareWord, b: BareWord): BareWord {
  return { at: a.at, text: a.text + b.text, escaped: [...a.escaped, ...b.escaped] };
}

/** Where the two dots of a range are, `1960..1969`, `..1969` or `1960..`; undefined in other words, `Wait...` included. */
function rangeDots({ text, escaped }: BareWord): number | undefined {
  const isDot = (i: number) => text[i] === "." && !escaped[i];
  for (let i = 0; i + 1 < text.length; i++) {
    if (isDot(i) && isDot(i + 1) && !isDot(i - 1) && !isDot(i + 2)) return i;
  }
  return undefined;
}

/** The place in the query of a character of a word: a backslash stands before each one that is escaped. */
function placeIn({ at, escaped }: BareWord, index: number): number {
  return at + index + escaped.slice(0, index).filter((isEscaped) => isEscaped).length;
}
