import { assert } from "../base/mod.ts";
import type { Comparison, Leaf, Operator, Phrase, Range, Word } from "./expression.ts";
import { type Field, fieldNamed, isWords, MISSING, VALUES_OF } from "./fields.ts";
import { type Bound, type FieldValue, fieldValue, flagValue, type Span } from "./field_value.ts";

/**
 * What one part of a query asks of a track:
 *
 * - `words`: these words in the field, or in any field when it is null;
 * - `whole`: a value of the field that is this text and no more, apart from case and accents;
 * - `span`: a value of the field in this span. The values of a field of the user's own are texts: those that are
 *   numbers count;
 * - `flag`: that the flag is set; or that it is not set, or not there;
 * - `never`: no value of the field, and where its values are tags, no tag: a title that the path gives is none.
 */
export type Condition =
  | { readonly is: "words"; readonly field: Field | null; readonly words: Word | Phrase }
  | { readonly is: "whole"; readonly field: Field; readonly text: string }
  | { readonly is: "span"; readonly field: Field; readonly span: Span }
  | { readonly is: "flag"; readonly field: Field; readonly value: boolean }
  | { readonly is: "never"; readonly field: Field };

/** Refuses a value. `end` tells the two values of a range apart; any other value is `from`. */
export type Refuse = (expected: string, end: "from" | "to") => never;

/**
 * The condition of a part of a query. `now`, in ms since 1970, is what ages and `yesterday` are reckoned from.
 *
 * `refuse` is called when a value is none of the field's. The parser does that for every part, so nobody else needs to.
 */
export function conditionOf(leaf: Leaf, now: number, refuse: Refuse = parsed): Condition {
  const field = leaf.field === null ? null : fieldNamed(leaf.field);
  if (field === null) return { is: "words", field, words: leaf as Word | Phrase };
  if (field.name === MISSING) {
    const name = nameIn(leaf);
    if (name !== undefined) return { is: "never", field: lacked(name, refuse) };
  }
  switch (leaf.kind) {
    case "word":
    case "phrase":
      return field.kind === "text"
        ? { is: "words", field, words: leaf }
        : named(field, leaf, now, refuse);
    case "comparison":
      return compared(field, leaf, now, refuse);
    case "range":
      return { is: "span", field, span: ranged(field, leaf, now, refuse) };
  }
}

function nameIn(leaf: Leaf): string | undefined {
  if (leaf.kind === "comparison") return leaf.operator === "=" ? leaf.value : undefined;
  return leaf.kind === "range" ? undefined : leaf.text;
}

function lacked(name: string, refuse: Refuse): Field {
  const field = fieldNamed(name.trim());
  return name.trim() === "" || field.name === MISSING
    ? refuse("the name of a field", "from")
    : field;
}

function parsed(expected: string): never {
  assert(false, `the parser let a value pass where ${expected} was expected`);
}

function named(field: Field, leaf: Word | Phrase, now: number, refuse: Refuse): Condition {
  if (leaf.kind === "word" && (leaf.prefix || leaf.edits > 0)) {
    refuse(`${VALUES_OF[field.kind]}, without * or ~`, "from");
  }
  return equal(field, leaf.text, now, refuse);
}

function compared(field: Field, leaf: Comparison, now: number, refuse: Refuse): Condition {
  const { operator, value: text } = leaf;
  if (operator === "=") {
    return field.kind === "text" ? { is: "whole", field, text } : equal(field, text, now, refuse);
  }
  if (field.kind === "flag") refuse(VALUES_OF.flag, "from");
  if (isWords(field)) {
    refuse(`words, since ${field.name} has no order`, "from");
  }
  const value = valueOf(field, text, now, (expected) => refuse(expected, "from"));
  if (value === "never") return refuse("a date or an age", "from");
  const span = "age" in value ? younger(operator, value.age) : beyond(operator, value);
  return { is: "span", field, span };
}

function equal(field: Field, text: string, now: number, refuse: Refuse): Condition {
  if (field.kind === "flag") {
    const value = flagValue(text) ?? refuse(VALUES_OF.flag, "from");
    return { is: "flag", field, value };
  }
  const value = valueOf(field, text, now, (expected) => refuse(expected, "from"));
  if (value === "never") return { is: "never", field };
  // "added:30d" can only mean the last 30 days.
  return { is: "span", field, span: "age" in value ? younger("<=", value.age) : value };
}

function ranged(field: Field, { from, to }: Range, now: number, refuse: Refuse): Span {
  if (field.kind === "flag" || isWords(field)) {
    refuse(
      `${VALUES_OF[field.kind]}, since ${field.name} has no order`,
      from === null ? "to" : "from",
    );
  }
  const [first, last] = ([["from", from], ["to", to]] as const).map(([end, text]) => {
    if (text === null) return null;
    const value = valueOf(field, text, now, (expected) => refuse(expected, end));
    return value === "never" ? refuse("a date or an age", end) : value;
  }) as [Exclude<FieldValue, "never"> | null, Exclude<FieldValue, "never"> | null];
  if (isAge(first) || isAge(last)) {
    if (first !== null && !isAge(first)) refuse("an age, as at the end of the range", "from");
    if (last !== null && !isAge(last)) refuse("an age, as at the beginning of the range", "to");
    // The greater the age, the earlier the moment.
    return { from: atAge(last), to: atAge(first) };
  }
  return { from: first?.from ?? null, to: last?.to ?? null };
}

function isAge(value: FieldValue | null): value is { readonly age: number } {
  return value !== null && value !== "never" && "age" in value;
}

function atAge(value: FieldValue | null): Bound | null {
  return isAge(value) ? { value: value.age, included: true } : null;
}

/** The moments of things that are less (or more) than so old. */
function younger(operator: Exclude<Operator, "=">, age: number): Span {
  const bound = { value: age, included: operator.endsWith("=") };
  return operator.startsWith("<") ? { from: bound, to: null } : { from: null, to: bound };
}

/** The numbers below, or above, a span of them. */
function beyond(operator: Exclude<Operator, "=">, { from, to }: Span): Span {
  switch (operator) {
    case "<":
      return { from: null, to: other(from) };
    case "<=":
      return { from: null, to };
    case ">":
      return { from: other(to), to: null };
    case ">=":
      return { from, to: null };
  }
}

function other(bound: Bound | null): Bound | null {
  return bound && { value: bound.value, included: !bound.included };
}

function valueOf(
  field: Field,
  text: string,
  now: number,
  refuse: (expected: string) => never,
): FieldValue {
  const { kind, units } = field;
  const names = Object.keys(units);
  const value = fieldValue(field, text, now);
  if (value !== undefined) return value;
  if (kind === "text") return refuse(VALUES_OF.number);
  return refuse(
    names.length === 0 ? VALUES_OF[kind] : `${VALUES_OF[kind]}, or one with ${names.join(" or ")}`,
  );
}
