/**
 * The language in which tracks are searched for: its text, the meaning of the text, and the fields (`fields.ts`). Nothing
 * here knows the tracks: whoever answers a query asks {@link conditionOf} what each part of it wants of one.
 *
 *     metallica "master of puppets"      all words and phrases, in any field and order
 *     metal* metalica~1                  the beginning of a word; a word with up to 1 (or 2) mistakes
 *     artist:metallica album:"kill em"   in one field only; any tag is a field
 *     label:="blue note"                 the whole value, not only words of it
 *     year:1980..1989 year:[1980 TO *]   a range that includes both ends, one of which may be open
 *     bitrate:>320k duration:<=3m        a comparison by < <= = >= >
 *     added:<30d played:never            moments: ages, dates, and none at all
 *     missing:genre                      no such tag
 *     jazz OR blues -live (a OR b) NOT c AND binds closer than OR; it is implied between two parts
 *     sort:-added,artist limit:50        for the query as a whole, outside of parentheses
 *     \- \: \" \AND                      a backslash takes the meaning from the character or keyword after it
 *
 * `AND`, `OR`, `NOT` and `TO` are written in capitals. Text that can have no other meaning is a word: `12:51`,
 * `M*A*S*H`, a `-` with spaces around it. Parsing throws `QueryError` only, with the place and what was expected there; a
 * value that its field can't have is such an error too, so a query that was parsed can be answered. A field of an
 * unknown name is no error, but a tag of the user's own.
 *
 * The length of a query, the number of its terms and the depth of its nesting are limited, so code that walks an
 * expression may recurse.
 *
 * @module
 */
export { type Condition, conditionOf } from "./condition.ts";
export type {
  And,
  Comparison,
  Expression,
  Leaf,
  Not,
  Operator,
  Or,
  Phrase,
  Query,
  Range,
  SortKey,
  Word,
} from "./expression.ts";
export type { Bound, Span } from "./field_value.ts";
export {
  dateNumber,
  type Field,
  fieldKey,
  type FieldKind,
  fieldNamed,
  FIELDS,
  VALUES_OF,
} from "./fields.ts";
export { fieldHint } from "./field_hint.ts";
export { parseMatch } from "./parse_match.ts";
export { parseQuery } from "./parse_query.ts";
export { printQuery } from "./print_query.ts";
export { QueryError } from "./query_error.ts";
