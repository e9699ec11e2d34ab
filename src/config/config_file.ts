import * as v from "valibot";
import { parse, TomlError } from "smol-toml";
import { closest } from "../base/mod.ts";
import { CREDENTIAL_PLACES, isCredentialName, isCredentialValue } from "./credentials.ts";
import { type FileContent, fileSchema, keysAt } from "./file_schema.ts";
import { ConfigError, type ConfigProblem, quoted } from "./problem.ts";
import { type KeyPath, TomlLines } from "./toml_lines.ts";

/** A configuration file that was read and checked, with the lines of its keys for later checks. */
export interface ConfigFile {
  readonly path: string;
  readonly content: FileContent;
  readonly lines: TomlLines;
}

/** Checks the text of the file at `path`. Throws ConfigError with every problem that was found. */
export function parseConfig(source: string, path: string): ConfigFile {
  let table: unknown;
  try {
    table = parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ""] = error.message.split("\n");
    const what = first.replace(/^Invalid TOML document: /, "");
    const message = `Cannot read the configuration as TOML: ${what}`;
    throw new ConfigError([{ source: path, line: error.line, key: null, message }]);
  }
  const lines = new TomlLines(source);
  const found = credentialsIn(table, []);
  if (found.length > 0) {
    throw new ConfigError(found.map((key) => ({
      source: path,
      line: lines.lineOf(key) ?? null,
      key: dotted(key),
      message: `Cannot use ${dotted(key)}: credentials never stand in this file, ` +
        `they come from ${CREDENTIAL_PLACES}`,
    })));
  }
  const result = v.safeParse(fileSchema, table);
  if (result.success) return { path, content: result.output as FileContent, lines };
  throw new ConfigError(
    allIssues(result.issues, table).map((issue) => toProblem(issue, table, path, lines))
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  );
}

/**
 * All issues of a table. Valibot reports only the first unknown key, so the table is checked again without the keys
 * reported so far.
 */
function allIssues(first: readonly Issue[], table: unknown): Issue[] {
  const rest = structuredClone(table);
  const unknown: Issue[] = [];
  let issues = first;
  for (;;) {
    const named = issues.filter(({ expected }) => expected === "never");
    if (named.length === 0) return [...unknown, ...issues];
    unknown.push(...named);
    for (const { path } of named) {
      const key = (path ?? []).map((item) => item.key as string | number);
      delete (valueAt(rest, key.slice(0, -1)) as Record<string | number, unknown>)[key.at(-1)!];
    }
    issues = v.safeParse(fileSchema, rest).issues ?? [];
  }
}

type Issue = v.BaseIssue<unknown>;

function toProblem(
  issue: v.BaseIssue<unknown>,
  table: unknown,
  path: string,
  lines: TomlLines,
): ConfigProblem {
  const key = (issue.path ?? []).map((item) => item.key as string | number);
  const value = valueAt(table, key);
  const place = { source: path, line: lines.lineOf(key) ?? null, key: dotted(key) };
  if (value === undefined) {
    const name = JSON.stringify(String(key.at(-1)));
    return { ...place, message: `Cannot use ${dotted(key.slice(0, -1))} as it must have ${name}` };
  }
  if (issue.expected === "never") {
    const table_ = key.slice(0, -1);
    const type = valueAt(table, [...table_, "type"]);
    const meant = closest(String(key.at(-1)), keysAt(table_, type));
    const suggestion = meant === undefined
      ? `expected one of ${keysAt(table_, type).join(", ")}`
      : `did you mean ${JSON.stringify(meant)}?`;
    return { ...place, message: `Unknown key ${dotted(key)}: ${suggestion}` };
  }
  const meant = issue.type === "picklist" && typeof value === "string"
    ? closest(value, optionsOf(issue))
    : undefined;
  return {
    ...place,
    message: `Cannot use ${dotted(key)} = ${quoted(value)}: ${whyOf(issue)}` +
      (meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`),
  };
}

function whyOf(issue: v.BaseIssue<unknown>): string {
  switch (issue.type) {
    case "picklist":
      return `expected one of ${optionsOf(issue).map(quoted).join(", ")}`;
    case "array":
      return `expected an array of tables such as [[${String(issue.path?.[0]?.key)}]]`;
    case "raw_transform":
      return issue.expected ?? issue.message;
    default:
      return "expected a table";
  }
}

/** The choices of a picklist, which valibot words as `("local" | "nfs")`. */
function optionsOf(issue: v.BaseIssue<unknown>): string[] {
  return [...(issue.expected ?? "").matchAll(/"([^"]+)"/g)].map(([, option]) => option!);
}

/** Every key that looks like a secret, wherever it stands, and every URL that holds a password. */
function credentialsIn(value: unknown, path: KeyPath): KeyPath[] {
  if (typeof value === "string") {
    return isCredentialValue(String(path.at(-1)), value) ? [path] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => credentialsIn(item, [...path, i]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, key];
    return isCredentialName(key) ? [at] : credentialsIn(item, at);
  });
}

function valueAt(table: unknown, path: KeyPath): unknown {
  let value: unknown = table;
  for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return value;
}

/** The path as text, such as `origins[1].type`; indexes begin with 0. */
export function dotted(path: KeyPath): string {
  return path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)
    .join("");
}
