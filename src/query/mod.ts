/**
 * The language in which tracks are asked for: its text, and what the text says. Nothing here knows a track, or which
 * fields there are and what their values mean: that is for whoever answers, and `at` says where in the text it stands.
 *
 *     metallica "master of puppets"      all words and phrases, in any field and order
 *     metal* metalica~1                  a beginning of a word; a word with up to 1 (or 2) mistakes
 *     artist:metallica album:"kill em"   in one field alone; any tag is a field
 *     year:1980..1989 year:[1980 TO *]   a range, both ends included, one of them open perhaps
 *     bitrate:>320k duration:<=3m        a comparison by < <= = >= >
 *     jazz OR blues -live (a OR b) NOT c AND binds closer than OR, and is what stands between two parts anyway
 *     sort:-added,artist limit:50        for the query as a whole, outside of parentheses
 *     \- \: \" \AND                      a backslash takes its meaning from what follows
 *
 * `AND`, `OR`, `NOT` and `TO` are written in capitals. What can mean nothing else is a word: `12:51`, `M*A*S*H`, a `-`
 * with spaces around it. Parsing throws `QueryError` alone, with the place and what was expected there, and is bounded:
 * in length, in terms, and in how deep parts lie within one another, so that whoever walks an expression may recurse.
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
