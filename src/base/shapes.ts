/**
 * A small language for the shape of plain values, as JSON has them. A shape is written once and gives three things: the
 * TypeScript type ({@link ShapeOf}), the check of a value from outside, and the JSON Schema for the documentation.
 *
 * A check answers null when the value is as it should be, else where it is not and what was expected there:
 * `[1].id is not a text`. It builds no text while all is well. Values are checked and never changed.
 *
 * @module
 */

/** JSON Schema, as far as shapes need it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Shape<out T> {
  /** What it is in a sentence: "a text". */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** Null for a value of this shape; else what is wrong, to be put behind the name of the value. */
  problem(value: unknown): string | null;
  /** The type alone; no shape has such a member. */
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

function simple<T>(
  expected: string,
  schema: JsonSchema,
  fits: (value: unknown) => boolean,
): Shape<T> {
  const wrong = ` is not ${expected}`;
  return { expected, schema, problem: (value) => fits(value) ? null : wrong };
}

export const text: Shape<string> = simple(
  "a text",
  { type: "string" },
  (value) => typeof value === "string",
);

export const flag: Shape<boolean> = simple(
  "true or false",
  { type: "boolean" },
  (value) => typeof value === "boolean",
);

export const number: Shape<number> = simple("a number", { type: "number" }, Number.isFinite);

/** A whole number of at least 0 that a double holds exactly. */
export const count: Shape<number> = simple(
  "a whole number of at least 0",
  { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);

export const integer: Shape<number> = simple(
  "a whole number",
  { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  Number.isSafeInteger,
);

export const nothing: Shape<null> = simple(
  "null",
  { type: "null" },
  (value) => value === null,
);

/** One of these texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  const set = new Set<unknown>(allowed);
  return simple(`one of ${allowed.join(", ")}`, { enum: allowed }, (value) => set.has(value));
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  const { schema, expected } = shape;
  return {
    expected: `${expected}, or null`,
    schema: typeof schema.type === "string" && schema.enum === undefined
      ? { ...schema, type: [schema.type, "null"] }
      : { anyOf: [schema, { type: "null" }] },
    problem: (value) => value === null ? null : shape.problem(value),
  };
}

/** A field that may be missing, or undefined, which is the same in JSON. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  return {
    ...shape,
    optional: true,
    problem: (value) => value === undefined ? null : shape.problem(value),
  };
}

export function list<T>(shape: Shape<T>): Shape<T[]> {
  const expected = `a list of which each is ${shape.expected}`;
  return {
    expected,
    schema: { type: "array", items: shape.schema },
    problem(value) {
      if (!Array.isArray(value)) return ` is not ${expected}`;
      for (let i = 0; i < value.length; i++) {
        const problem = shape.problem(value[i]);
        if (problem !== null) return `[${i}]${problem}`;
      }
      return null;
    },
  };
}

/** An object with these fields at least: one that a later program adds is let through. */
export function object<const F extends Fields>(fields: F): ObjectShape<Flat<ValuesOf<F>>> {
  const entries = Object.entries(fields);
  return {
    expected: "an object",
    schema: objectSchema(fields),
    fields,
    problem(value) {
      if (!isObject(value)) return " is not an object";
      for (const [name, shape] of entries) {
        // What an object inherits was not sent.
        const problem = shape.problem(Object.hasOwn(value, name) ? value[name] : undefined);
        if (problem !== null) return fieldProblem(name, shape, problem, value);
      }
      return null;
    },
  };
}

/** What one of the shapes lets through. */
export function anyOf<S extends readonly Shape<unknown>[]>(
  ...shapes: S
): Shape<ShapeOf<S[number]>> {
  return simple(
    shapes.map(({ expected }) => expected).join(", or "),
    { anyOf: shapes.map(({ schema }) => schema) },
    (value) => shapes.some((shape) => shape.problem(value) === null),
  );
}

/** The same shape with a description for the documentation: of what, in which unit. */
export function about<S extends Shape<unknown>>(description: string, shape: S): S {
  return { ...shape, schema: { ...shape.schema, description } };
}

export function isOptional(shape: Shape<unknown>): boolean {
  return (shape as Partial<Optional<unknown>>).optional === true;
}

/** Whether a value has a shape, for the compiler as well. */
export function fits<T>(shape: Shape<T>, value: unknown): value is T {
  return shape.problem(value) === null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Written out, so that an editor shows the fields and not how they came about. */
export type Flat<T> = { [Name in keyof T]: T[Name] };

function fieldProblem(
  name: string,
  { expected }: Shape<unknown>,
  problem: string,
  value: Record<string, unknown>,
): string {
  return Object.hasOwn(value, name) ? `.${name}${problem}` : `.${name} is missing: ${expected}`;
}

function objectSchema(fields: Fields): JsonSchema {
  const names = Object.keys(fields);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, fields[name]!.schema])),
    required: names.filter((name) => !isOptional(fields[name]!)),
  };
}
