import { printable, QUERY_DEPTH_MAX, QUERY_TERMS_MAX, shape } from "../base/mod.ts";
import {
  type Expression,
  type Field,
  type Operator,
  parseQuery,
  printQuery,
  QueryError,
  type SortKey,
} from "../query/mod.ts";
import { fieldOfNsp, valueOfNsp } from "./nsp_fields.ts";
import { PlaylistError } from "./playlist_error.ts";
import { markedText, utf8Text } from "./playlist_lines.ts";
import type { QueriedPlaylist } from "./read_playlist.ts";
import { withoutComments } from "./without_comments.ts";

/** Problems that one message names. */
const PROBLEMS_NAMED = 3;
/** Characters of a name from the file that a message shows. */
const NAME_CHARS = 60;
/** Keys of the file besides its rules. What Navidrome shows of a playlist beside its name has no place here. */
const SETTINGS: ReadonlySet<string> = new Set([
  "name",
  "comment",
  "sort",
  "order",
  "limit",
  "public",
]);
const WORD = /^[\p{L}\p{M}\p{N}]+$/u;
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/** Reads an `.nsp`: rules of Navidrome's, in JSON that may have comments, as a query. */
export function readSmartPlaylist(bytes: Uint8Array): QueriedPlaylist {
  const text = markedText(bytes) ?? utf8Text(bytes);
  if (text === null) throw new PlaylistError("it is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(withoutComments(text));
  } catch {
    throw new PlaylistError("it is not JSON");
  }
  if (!shape.isObject(value)) throw new PlaylistError("it is not a JSON object");
  return new SmartPlaylistReader(value).read();
}

class SmartPlaylistReader {
  /** By their names in lower case. */
  readonly #keys: ReadonlyMap<string, unknown>;
  readonly #problems = new Set<string>();
  readonly #remarks = new Set<string>();
  #terms = 0;

  constructor(file: Record<string, unknown>) {
    this.#keys = new Map(Object.entries(file).map(([key, value]) => [key.toLowerCase(), value]));
  }

  read(): QueriedPlaylist {
    const groups = ["all", "any"].filter((key) => this.#keys.has(key));
    const [group] = groups;
    if (group === undefined) throw new PlaylistError("it has no rules: neither all nor any");
    if (groups.length > 1) throw new PlaylistError("it has both all and any, which is ambiguous");
    for (const key of this.#keys.keys()) {
      if (key !== group && !SETTINGS.has(key)) this.#hasNo(shown(key));
    }
    const where = this.#group(group, this.#keys.get(group), 0);
    const limit = this.#limit();
    const sort = this.#sort(limit !== null);
    if (this.#problems.size > 0) throw new PlaylistError(listed([...this.#problems]));
    const query = printQuery({ where: where!, sort, limit });
    const problem = problemOf(query);
    if (problem !== null) throw new PlaylistError(`its rules make no query: ${problem}`);
    const title = this.#keys.get("name");
    return {
      kind: "query",
      title: typeof title === "string" && title.trim() !== "" ? title.trim() : null,
      query,
      remarks: [...this.#remarks],
    };
  }

  /** The rules of which all, or any, must hold. Undefined when one of them is a problem. */
  #group(key: string, rules: unknown, depth: number): Expression | undefined {
    if (depth > QUERY_DEPTH_MAX) throw new PlaylistError("its rules lie too deep in one another");
    if (!Array.isArray(rules) || rules.length === 0) {
      return this.#problem(`${key} is no list of rules`);
    }
    const parts = rules.flatMap((rule): (Expression | undefined)[] => {
      const entries = shape.isObject(rule) ? Object.entries(rule) : [];
      if (entries.length === 0) return [this.#problem(`${key} has something that is no rule`)];
      return entries.map(([name, value]) => {
        const lower = name.toLowerCase();
        return lower === "all" || lower === "any"
          ? this.#group(lower, value, depth + 1)
          : this.#rule(name, value);
      });
    });
    const known = parts.filter((part) => part !== undefined);
    if (known.length < parts.length) return undefined;
    return joined(key === "any" ? "any" : "all", known);
  }

  /** A rule such as `"is": { "artist": "Abba" }`. Of several fields each must fit. */
  #rule(operator: string, value: unknown): Expression | undefined {
    const fields = shape.isObject(value) ? Object.entries(value) : [];
    if (fields.length === 0) return this.#problem(`${shown(operator)} names no field`);
    const parts = fields.map(([name, it]) => this.#test(operator, name, it));
    const known = parts.filter((part) => part !== undefined);
    return known.length < parts.length ? undefined : joined("all", known);
  }

  #test(operator: string, name: string, value: unknown): Expression | undefined {
    if (++this.#terms > QUERY_TERMS_MAX) {
      throw new PlaylistError(`it has more than ${QUERY_TERMS_MAX} rules`);
    }
    const rule = `${shown(operator)} ${shown(name)}`;
    const field = fieldOfNsp(name);
    const lower = operator.toLowerCase();
    if (lower === "inplaylist" || lower === "notinplaylist" || field === undefined) {
      return this.#hasNo(rule);
    }
    const test = this.#madeTest(lower, field, value, rule);
    if (typeof test === "string") return this.#problem(`${rule} ${test}`);
    const leaf = test.kind === "not" ? test.what : test;
    const problem = problemOf(printQuery({ where: leaf, sort: [], limit: null }));
    if (problem !== null) return this.#problem(`${rule}: ${problem}`);
    if (field.isOwn) this.#remarks.add(`${shown(name)} is taken for a tag of your own`);
    return test;
  }

  /** The expression of a rule, or what is wrong with it. */
  #madeTest(operator: string, field: Field, value: unknown, rule: string): Expression | string {
    const compared = (sign: Operator) => {
      const text = valueOfNsp(field, value);
      return text === undefined ? "has no value of that field" : leaf(field, sign, text);
    };
    const negated = (test: Expression | string): Expression | string =>
      typeof test === "string" ? test : { kind: "not", what: test };
    switch (operator) {
      case "is":
        return compared("=");
      case "isnot":
        return negated(compared("="));
      case "gt":
      case "after":
        return compared(">");
      case "lt":
      case "before":
        return compared("<");
      case "contains":
        return this.#words(field, value, rule);
      case "notcontains":
        return negated(this.#words(field, value, rule));
      case "intherange":
        return range(field, value);
      case "inthelast":
        return younger(field, value);
      case "notinthelast":
        return negated(younger(field, value));
      default:
        return "has no counterpart among queries";
    }
  }

  /** Words in a field. Navidrome looks for characters, wherever they stand. */
  #words(field: Field, value: unknown, rule: string): Expression | string {
    if (field.kind !== "text") return "has no counterpart among queries";
    if (typeof value !== "string" || !SAYS_SOMETHING.test(value)) return "has no words";
    this.#remarks.add(`${rule} looks for whole words or their beginnings, not inside of words`);
    const text = value.trim();
    const { name } = field;
    return WORD.test(text)
      ? { kind: "word", field: name, text, prefix: true, edits: 0, at: 0 }
      : { kind: "phrase", field: name, text, at: 0 };
  }

  #limit(): number | null {
    const limit = this.#keys.get("limit") ?? 0;
    if (limit === 0) return null;
    if (Number.isSafeInteger(limit) && (limit as number) > 0) return limit as number;
    this.#problem("limit is no number of tracks");
    return null;
  }

  /** The order. When it can't be had, the tracks are the same ones still, unless the first of them are asked for. */
  #sort(isLimited: boolean): SortKey[] {
    const [sort, order] = [this.#keys.get("sort") ?? "title", this.#keys.get("order") ?? "asc"];
    if (typeof sort !== "string" || typeof order !== "string") {
      this.#problem("sort or order is no text");
      return [];
    }
    const isTurned = order.trim().toLowerCase() === "desc";
    return sort.split(",").flatMap((part) => {
      const [, sign, name] = /^\s*([+-]?)\s*(.*?)\s*$/s.exec(part)!;
      if (name === "") return [];
      const field = fieldOfNsp(name!);
      if (field !== undefined) {
        return [{ field: field.name, descending: (sign === "-") !== isTurned }];
      }
      if (isLimited) this.#hasNo(`sort by ${shown(name!)}`);
      else this.#remarks.add(`there is no order by ${shown(name!)}`);
      return [];
    });
  }

  #hasNo(what: string): undefined {
    return this.#problem(`${what} has no counterpart among queries`);
  }

  #problem(problem: string): undefined {
    this.#problems.add(problem);
  }
}

function leaf({ name }: Field, operator: Operator, value: string): Expression {
  return { kind: "comparison", field: name, operator, value, at: 0 };
}

function range(field: Field, value: unknown): Expression | string {
  if (!Array.isArray(value) || value.length !== 2) return "has no two values";
  const [from, to] = value.map((it) => valueOfNsp(field, it));
  if (from === undefined || to === undefined) return "has no values of that field";
  return { kind: "range", field: field.name, from, to, at: 0 };
}

/** The last days. */
function younger(field: Field, value: unknown): Expression | string {
  if (field.kind !== "moment") return "has no counterpart among queries";
  const days = typeof value === "string" ? Number(value) : value;
  if (!Number.isSafeInteger(days) || (days as number) < 1) return "has no number of days";
  return leaf(field, "<", `${days}d`);
}

function joined(how: "all" | "any", parts: readonly Expression[]): Expression {
  if (parts.length === 1) return parts[0]!;
  return how === "all" ? { kind: "and", all: parts } : { kind: "or", any: parts };
}

/** What is wrong with the text of a query; null when nothing is. */
function problemOf(query: string): string | null {
  try {
    parseQuery(query);
    return null;
  } catch (error) {
    if (error instanceof QueryError) return `expected ${error.expected}`;
    throw error;
  }
}

function shown(name: string): string {
  return printable(name.length > NAME_CHARS ? `${name.slice(0, NAME_CHARS)}…` : name);
}

function listed(problems: readonly string[]): string {
  const more = problems.length - PROBLEMS_NAMED;
  return problems.slice(0, PROBLEMS_NAMED).join("; ") + (more > 0 ? `; and ${more} more` : "");
}
