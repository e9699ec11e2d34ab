/** A part of a query's text that is compared with what a track says; `at` is where it begins in the text. */
interface Leaf {
  readonly at: number;
}

/** A word; with a field, of that field alone, else of any. */
export interface Word extends Leaf {
  readonly kind: "word";
  /** Lower case; null for any field. */
  readonly field: string | null;
  readonly text: string;
  /** A beginning of the word is enough: `metal*`. */
  readonly prefix: boolean;
  /** So many characters of the word may be others, missing or too many: `metalica~1`. */
  readonly edits: 0 | 1 | 2;
}

/** Words one behind the other. */
export interface Phrase extends Leaf {
  readonly kind: "phrase";
  readonly field: string | null;
  readonly text: string;
}

export type Operator = "<" | "<=" | "=" | ">=" | ">";

/** `bitrate:>320k`; what a value means, its unit too, is the field's affair. */
export interface Comparison extends Leaf {
  readonly kind: "comparison";
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/** `year:1960..1969`, both ends included; null for an end that is open, and at most one is. */
export interface Range extends Leaf {
  readonly kind: "range";
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface And {
  readonly kind: "and";
  /** Two at least. */
  readonly all: readonly Expression[];
}

export interface Or {
  readonly kind: "or";
  /** Two at least. */
  readonly any: readonly Expression[];
}

export interface Not {
  readonly kind: "not";
  readonly what: Expression;
}

export type Expression = Word | Phrase | Comparison | Range | And | Or | Not;

export interface SortKey {
  /** Lower case. */
  readonly field: string;
  readonly descending: boolean;
}

/** What is searched for, and how it is listed. */
export interface Query {
  /** Null when the text names nothing that a track must have: everything is found. */
  readonly where: Expression | null;
  /** By the first, then the next; none: the best match first. */
  readonly sort: readonly SortKey[];
  /** The most that is listed; null for no bound. */
  readonly limit: number | null;
}
