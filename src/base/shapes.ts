/**
 * A small language for the shapes of plain values, as JSON has them. A shape is written once and gives three things:
 * the TypeScript type ({@link ShapeOf}), the check of a value from outside, and the JSON Schema for the
 * documentation.
 *
 * A check returns null for a good value. Otherwise it returns the place of the fault and what was expected there,
 * such as `[1].id is not a text`. It builds no text while all is well, and never changes a value.
 *
 * @module
 */
import type { ContentVersion, FileId, NodeId, Seq, TrackId } from "./ids.ts";

/** JSON Schema, as far as shapes need it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Shape<out T> {
  /** What a value of the shape is, as a noun: "a text". */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** Null for a value of this shape; otherwise what is wrong, worded to follow the name of the value. */
  readonly problem: (value: unknown) => string | null;
  /** Carries the type for the compiler; no shape has this property. */
  readonly type?: T;
}

/** A field that may be missing. */
export interface Optional<out T> extends Shape<T> {
  readonly optional: true;
}

export type Fields = { readonly [name: string]: Shape<unknown> };

/** An object with named fields. */
export interface ObjectShape<out T> extends Shape<T> {
  readonly fields: Fields;
}

/** The type of the values of a shape. */
export type ShapeOf<S extends Shape<unknown>> = S extends Shape<infer T> ? T : never;

type Names<F extends Fields, IsOptional> = {
  [Name in keyof F]: F[Name] extends Optional<unknown> ? IsOptional extends true ? Name : never
    : IsOptional extends true ? never
    : Name;
}[keyof F];

/** The type of an object with these fields. */
export type ValuesOf<F extends Fields> =
  & { -readonly [Name in Names<F, false>]: ShapeOf<F[Name]> }
  & { -readonly [Name in Names<F, true>]?: ShapeOf<F[Name]> };

// Each simple shape has a function of its own, and a composed shape calls those directly. Every file of a replay
// passes through here, and with one function for all shapes a replay took half as long again.

export const text: Shape<string> = {
  expected: "a text",
  schema: { type: "string" },
  problem: (value) => typeof value === "string" ? null : " is not a text",
};

export const flag: Shape<boolean> = {
  expected: "true or false",
  schema: { type: "boolean" },
  problem: (value) => typeof value === "boolean" ? null : " is not true or false",
};

export const number: Shape<number> = {
  expected: "a number",
  schema: { type: "number" },
  problem: (value) => Number.isFinite(value) ? null : " is not a number",
};

/** A whole number of at least 0 that a double represents exactly. */
export const count: Shape<number> = {
  expected: "a whole number of at least 0",
  schema: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  problem: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0
      ? null
      : " is not a whole number of at least 0",
};

/** Numbers that name things: from here on none is taken for another. */
export const fileId = count as Shape<FileId>;
export const trackId = count as Shape<TrackId>;
export const nodeId = count as Shape<NodeId>;
export const contentVersion = count as Shape<ContentVersion>;
export const seq = count as Shape<Seq>;

/** A whole number of at least 0 and at most `most`. */
export function countTo(most: number): Shape<number> {
  const expected = `a whole number from 0 to ${most}`;
  const wrong = ` is not ${expected}`;
  return {
    expected,
    schema: { type: "integer", minimum: 0, maximum: most },
    problem: (value) =>
      Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most
        ? null
        : wrong,
  };
}

export const integer: Shape<number> = {
  expected: "a whole number",
  schema: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  problem: (value) => Number.isSafeInteger(value) ? null : " is not a whole number",
};

export const nothing: Shape<null> = {
  expected: "null",
  schema: { type: "null" },
  problem: (value) => value === null ? null : " is not null",
};

/** One of the given texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  const set = new Set<unknown>(allowed);
  const names = allowed.join(", ");
  const wrong = ` is none of ${names}`;
  return {
    expected: `one of ${names}`,
    schema: { enum: allowed },
    problem: (value) => set.has(value) ? null : wrong,
  };
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  const { schema, expected, problem } = shape;
  return {
    expected: `${expected}, or null`,
    schema: typeof schema.type === "string" && schema.enum === undefined
      ? { ...schema, type: [schema.type, "null"] }
      : { anyOf: [schema, { type: "null" }] },
    problem: (value) => value === null ? null : problem(value),
  };
}

/** A field that may be missing or undefined, which is the same in JSON. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  const { problem } = shape;
  return {
    ...shape,
    optional: true,
    problem: (value) => value === undefined ? null : problem(value),
  };
}

export function list<T>(shape: Shape<T>): Shape<T[]> {
  const expected = `a list of which each is ${shape.expected}`;
  const each = shape.problem;
  return {
    expected,
    schema: { type: "array", items: shape.schema },
    problem(value) {
      if (!Array.isArray(value)) return ` is not ${expected}`;
      for (let i = 0; i < value.length; i++) {
        const problem = each(value[i]);
        if (problem !== null) return `[${i}]${problem}`;
      }
      return null;
    },
  };
}

/** An object with any names, whose values all have one shape. */
export function map<T>(shape: Shape<T>): Shape<{ [name: string]: T }> {
  const each = shape.problem;
  return {
    expected: `an object of which each value is ${shape.expected}`,
    schema: { type: "object", additionalProperties: shape.schema },
    problem(value) {
      if (!isObject(value)) return " is not an object";
      for (const name in value) {
        const problem = each(value[name]);
        if (problem !== null) return `.${name}${problem}`;
      }
      return null;
    },
  };
}

/** An object with at least these fields. Further fields pass, since a later program may add some. */
export function object<const F extends Fields>(fields: F): ObjectShape<Flat<ValuesOf<F>>> {
  const entries = Object.entries(fields).map(([name, { problem }]) => {
    // A name such as `toString` is found on every object, whether or not it was sent.
    const isInherited = name in Object.prototype;
    return [name, problem, isInherited] as const;
  });
  return {
    expected: "an object",
    schema: objectSchema(fields),
    fields,
    problem(value) {
      if (!isObject(value)) return " is not an object";
      for (const [name, field, isInherited] of entries) {
        const isGiven = !isInherited || Object.hasOwn(value, name);
        const problem = field(isGiven ? value[name] : undefined);
        if (problem !== null) return `.${name}${problem}`;
      }
      return null;
    },
  };
}

/** A value that fits at least one of the shapes. */
export function anyOf<S extends readonly Shape<unknown>[]>(
  ...shapes: S
): Shape<ShapeOf<S[number]>> {
  const expected = shapes.map(({ expected }) => expected).join(", or ");
  const wrong = ` is not ${expected}`;
  const problems = shapes.map(({ problem }) => problem);
  return {
    expected,
    schema: { anyOf: shapes.map(({ schema }) => schema) },
    problem: (value) => problems.some((problem) => problem(value) === null) ? null : wrong,
  };
}

/** The same shape with a description for the documentation: what the value is, and its unit. */
export function about<S extends Shape<unknown>>(description: string, shape: S): S {
  return { ...shape, schema: { ...shape.schema, description } };
}

export function isOptional(shape: Shape<unknown>): boolean {
  return (shape as Partial<Optional<unknown>>).optional === true;
}

/** Whether a value has a shape; narrows its type. */
export function fits<T>(shape: Shape<T>, value: unknown): value is T {
  return shape.problem(value) === null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same type written out, so that an editor shows its fields and not how they came about. */
export type Flat<T> = { [Name in keyof T]: T[Name] };

function objectSchema(fields: Fields): JsonSchema {
  const names = Object.keys(fields);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, fields[name]!.schema])),
    required: names.filter((name) => !isOptional(fields[name]!)),
  };
}
