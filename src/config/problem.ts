import { EXIT, UserError } from "../base/mod.ts";

/** One thing that is wrong with the configuration: where it stands, and what was expected. */
export interface ConfigProblem {
  /** Path of the file, name of the environment variable, or the flag. */
  readonly source: string;
  /** The line in the file, beginning with 1; null for variables and flags. */
  readonly line: number | null;
  /** Dotted, as in `cache.size` or `origins[1].type`; null when the file as a whole can't be read. */
  readonly key: string | null;
  readonly message: string;
}

/** The configuration can't be used. The message holds every problem that was found, one a line. */
export class ConfigError extends UserError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describe).join("\n"), { exitCode: EXIT.usage });
    this.problems = problems;
  }
}

function describe(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.source : `${problem.source}:${problem.line}`;
  return `${place}: ${problem.message}`;
}

/** A value as it would stand in the file, cut when it is long. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
