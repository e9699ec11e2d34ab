interface Part {
  /** Its offset in the query's text. */
  readonly at: number;
}

/** A word in one field, or in any field. */
export interface Word extends Part {
  readonly kind: "word";
  /** As it was written, in lower case (see {@link fieldNamed}); null for any field. */
  readonly field: string | null;
  readonly text: string;
  /** Whether the beginning of a word is enough: `metal*`. */
  readonly prefix: boolean;
  /** How many characters of the word may be different, missing or superfluous: `metalica~1`. */
  readonly edits: 0 | 1 | 2;
}

/** Words in this order, one directly after the other. */
export interface Phrase extends Part {
  readonly kind: "phrase";
  readonly field: string | null;
  readonly text: string;
}

export type Operator = "<" | "<=" | "=" | ">=" | ">";

/** `bitrate:>320k`. The field defines the meaning of the value, its unit included. */
export interface Comparison extends Part {
  readonly kind: "comparison";
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/** `year:1960..1969`, both ends included. An open end is null; at most one is open. */
export interface Range extends Part {
  readonly kind: "range";
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A part of a query that is compared with a track by itself. */
export type Leaf = Word | Phrase | Comparison | Range;

export interface And {
  readonly kind: "and";
  /** At least two. */
  readonly all: readonly Expression[];
}

export interface Or {
  readonly kind: "or";
  /** At least two. */
  readonly any: readonly Expression[];
}

export interface Not {
  readonly kind: "not";
  readonly what: Expression;
}

export type Expression = Leaf | And | Or | Not;

export interface SortKey {
  /** In lower case. */
  readonly field: string;
  readonly descending: boolean;
}

/** The tracks to find, and how to list them. */
export interface Query {
  /** Null when the text requires nothing of a track, so that every track is found. */
  readonly where: Expression | null;
  /** Sorted by the first key, then by the next; with no key, the best match comes first. */
  readonly sort: readonly SortKey[];
  /** The maximum number of tracks to list; null for no limit. */
  readonly limit: number | null;
}
