import { isAbsolute, join, resolve } from "node:path";
import { EXIT, UserError } from "../base/mod.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a path begins with a variable as shells write it, `$HOME/…`. No folder is named so. */
export function beginsWithVariable(path: string): boolean {
  return /^\$(\w+|\{\w+\})(\/|$)/.test(path);
}

/** The absolute path without `.`, `..` and a slash at the end; a leading `~` becomes the home directory. */
export function expandPath(path: string, base: string, environment: Environment): string {
  if (path === "~" || path.startsWith("~/")) {
    return resolve(homeDirectory(environment), path.slice(2));
  }
  return resolve(base, path);
}

/** A base directory of the XDG specification, which demands that a relative path in the variable be ignored. */
export function xdgDirectory(environment: Environment, variable: string, fallback: string): string {
  const named = environment[variable];
  if (named !== undefined && isAbsolute(named)) return named;
  return join(homeDirectory(environment), fallback);
}

export function hasHome(environment: Environment): boolean {
  return isAbsolute(environment["HOME"] ?? "");
}

function homeDirectory(environment: Environment): string {
  const home = environment["HOME"];
  if (home !== undefined && isAbsolute(home)) return home;
  throw new UserError("Cannot find the home directory as HOME is not set to an absolute path", {
    exitCode: EXIT.usage,
    hint: "set HOME, or give --config, --state-dir and --cache-dir",
  });
}
