import { FIELD_CHARACTER, FIELD_START } from "./_field_names.ts";
import type { Expression, Query } from "./expression.ts";

/**
 * Characters that have no meaning in a bare word: those of `PLAIN` at any place, the others after the first character.
 */
const PLAIN = /[\p{L}\p{M}\p{N}_'’&,;!?%+/#@]/u;
const PLAIN_INSIDE = /-/;
const KEYWORDS: ReadonlySet<string> = new Set(["AND", "OR", "NOT", "TO"]);

/** The text of a query. Parsed, it is the same query again, except for the places of its parts. */
export function printQuery({ where, sort, limit }: Query): string {
  const keys = sort.map(({ field, descending }) => `${descending ? "-" : ""}${nameOf(field)}`);
  return [
    ...where === null ? [] : [print(where)],
    ...keys.length === 0 ? [] : [`sort:${keys.join(",")}`],
    ...limit === null ? [] : [`limit:${limit}`],
  ].join(" ");
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case "and":
      return expression.all.map((it) => isList(it) ? `(${print(it)})` : print(it)).join(" ");
    case "or":
      return expression.any.map((it) => it.kind === "or" ? `(${print(it)})` : print(it))
        .join(" OR ");
    case "not":
      return isList(expression.what)
        ? `-(${print(expression.what)})`
        : `-${print(expression.what)}`;
    case "phrase":
      return prefixOf(expression.field) + quoted(expression.text);
    case "word": {
      const { field, text, prefix, edits } = expression;
      return prefixOf(field) + bare(text) + (prefix ? "*" : edits > 0 ? `~${edits}` : "");
    }
    case "comparison":
      return prefixOf(expression.field) + expression.operator + bare(expression.value);
    case "range": {
      const end = (value: string | null) => value === null ? "*" : bare(value);
      return `${prefixOf(expression.field)}[${end(expression.from)} TO ${end(expression.to)}]`;
    }
  }
}

function isList({ kind }: Expression): boolean {
  return kind === "and" || kind === "or";
}

function prefixOf(field: string | null): string {
  return field === null ? "" : `${nameOf(field)}:`;
}

function bare(text: string): string {
  if (KEYWORDS.has(text)) return `\\${text}`;
  const isRange = text.includes("..");
  return escaped(
    text,
    (character, isFirst) =>
      character === "."
        ? !isRange
        : PLAIN.test(character) || !isFirst && PLAIN_INSIDE.test(character),
  );
}

function nameOf(field: string): string {
  return escaped(
    field,
    (character, isFirst) => (isFirst ? FIELD_START : FIELD_CHARACTER).test(character),
  );
}

/** The text with a backslash before every character that is not plain at its place. */
function escaped(text: string, isPlain: (character: string, isFirst: boolean) => boolean): string {
  return [...text].map((it, i) => isPlain(it, i === 0) ? it : `\\${it}`).join("");
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
