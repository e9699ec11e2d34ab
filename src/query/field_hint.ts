import { closest } from "../base/mod.ts";
import type { Expression, Query } from "./expression.ts";
import { fieldNamed, FIELDS } from "./fields.ts";

/**
 * Says which field may be meant by one that is nearly called so, for a query that finds nothing: `artits:abba` asks for
 * a tag of the user's own, but hardly means one. Undefined when every field is known, or like none that is.
 */
export function fieldHint({ where }: Query): string | undefined {
  const names = FIELDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  for (const field of fieldsIn(where)) {
    const meant = fieldNamed(field).isOwn ? closest(field, names) : undefined;
    if (meant !== undefined) {
      return `${field}: stands for a tag of your own; did you mean ${meant}: ?`;
    }
  }
  return undefined;
}

function fieldsIn(expression: Expression | null): string[] {
  if (expression === null) return [];
  switch (expression.kind) {
    case "and":
      return expression.all.flatMap(fieldsIn);
    case "or":
      return expression.any.flatMap(fieldsIn);
    case "not":
      return fieldsIn(expression.what);
    default:
      return expression.field === null ? [] : [expression.field];
  }
}
