import { conditionOf } from "./condition.ts";
import type { Expression } from "./expression.ts";
import { parseQuery } from "./parse_query.ts";
import { QueryError } from "./query_error.ts";

/**
 * Parses a query that says of each track for itself whether it matches, by its file and tags alone: without an order
 * and a limit, without what was heard, and without moments, which are reckoned from the present and in the time zone of
 * whoever asks. Null when every track matches.
 *
 * @throws QueryError for any other text.
 */
export function parseMatch(text: string): Expression | null {
  const { where, sort, limit } = parseQuery(text);
  if (sort.length > 0 || limit !== null) {
    const at = Math.max(0, text.search(/(?:sort|limit):/i));
    throw new QueryError(text, at, "conditions alone (a collection has an order and a limit)");
  }
  if (where !== null) checkAll(text, where);
  return where;
}

function checkAll(text: string, part: Expression): void {
  switch (part.kind) {
    case "and":
      return part.all.forEach((it) => checkAll(text, it));
    case "or":
      return part.any.forEach((it) => checkAll(text, it));
    case "not":
      return checkAll(text, part.what);
  }
  // `missing:played` is about another field than the one it names first.
  const { field } = conditionOf(part, 0);
  if (field === null || field.kind !== "moment" && field.name !== "plays") return;
  const expected =
    `a condition on the tags or the sound (${field.name} depends on the time, or on what was heard: ` +
    "a collection can have it)";
  throw new QueryError(text, part.at, expected);
}
