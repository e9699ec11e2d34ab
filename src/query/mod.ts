/**
 * The language in which tracks are searched for: its text, and the meaning of the text. Nothing here knows the tracks,
 * the fields or the meanings of their values. These belong to the code that answers a query; for its errors, `at` says
 * where in the text a part stands.
 *
 *     metallica "master of puppets"      all words and phrases, in any field and order
 *     metal* metalica~1                  the beginning of a word; a word with up to 1 (or 2) mistakes
 *     artist:metallica album:"kill em"   in one field only; any tag is a field
 *     year:1980..1989 year:[1980 TO *]   a range that includes both ends, one of which may be open
 *     bitrate:>320k duration:<=3m        a comparison by < <= = >= >
 *     jazz OR blues -live (a OR b) NOT c AND binds closer than OR; it is implied between two parts
 *     sort:-added,artist limit:50        for the query as a whole, outside of parentheses
 *     \- \: \" \AND                      a backslash takes the meaning from the character or keyword after it
 *
 * `AND`, `OR`, `NOT` and `TO` are written in capitals. Text that can have no other meaning is a word: `12:51`,
 * `M*A*S*H`, a `-` with spaces around it. Parsing throws `QueryError` only, with the place and what was expected there.
 * The length of a query, the number of its terms and the depth of its nesting are limited, so code that walks an
 * expression may recurse.
 *
 * @module
 */
export type {
  And,
  Comparison,
  Expression,
  Not,
  Operator,
  Or,
  Phrase,
  Query,
  Range,
  SortKey,
  Word,
} from "./expression.ts";
export { parseQuery } from "./parse_query.ts";
export { printQuery } from "./print_query.ts";
export { QueryError } from "./query_error.ts";
