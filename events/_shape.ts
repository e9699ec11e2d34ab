/**
 * The smallest way to say what a value must look like. A check answers null when the value is as it should
 * be, else where it is not; it builds no text while all is well, since it runs over every file of a replay.
 */
export type Check = (value: unknown) => string | null;

export const text: Check = (value) => typeof value === "string" ? null : " is not a text";
export const flag: Check = (value) => typeof value === "boolean" ? null : " is not true or false";
export const number: Check = (value) => Number.isFinite(value) ? null : " is not a number";
export const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : " is not a whole number";
export const integer: Check = (value) =>
  Number.isSafeInteger(value) ? null : " is not a whole number, negative or not";

export function oneOf(...allowed: readonly string[]): Check {
  const set = new Set<unknown>(allowed);
  return (value) => set.has(value) ? null : ` is none of ${allowed.join(", ")}`;
}

export function nullOr(check: Check): Check {
  return (value) => value === null ? null : check(value);
}

export function optional(check: Check): Check {
  return (value) => value === undefined ? null : check(value);
}

export function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return " is not a list";
    for (let i = 0; i < value.length; i++) {
      const problem = check(value[i]);
      if (problem !== null) return `[${i}]${problem}`;
    }
    return null;
  };
}

/** What one of the checks lets through. */
export function anyOf(...checks: readonly Check[]): Check {
  return (value) =>
    checks.some((check) => check(value) === null) ? null : " is of no kind that is expected";
}

/** An object with values of one kind under any names. */
export function mapOf(check: Check): Check {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return " is not an object";
    }
    for (const name in value) {
      const problem = check((value as Record<string, unknown>)[name]);
      if (problem !== null) return `.${name}${problem}`;
    }
    return null;
  };
}

/** An object with these fields at least: what a later program adds without a new version is let through. */
export function fields<Shape>(checks: { readonly [Name in keyof Shape]-?: Check }): Check {
  const entries = Object.entries(checks) as [string, Check][];
  return (value) => {
    if (typeof value !== "object" || value === null) return " is not an object";
    for (const [name, check] of entries) {
      const problem = check((value as Record<string, unknown>)[name]);
      if (problem !== null) return `.${name}${problem}`;
    }
    return null;
  };
}
