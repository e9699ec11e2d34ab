import type { DatabaseSync } from "node:sqlite";
import type { FileDetails } from "../../events/facts/files.ts";
import type { NamesFor } from "../../events/facts/library.ts";
import type { FileState } from "../catalog/file_state.ts";
import { type Place, Template } from "../naming/path_naming.ts";
import { safeDirectoryName } from "../naming/path_segment.ts";
import { windowsName } from "../naming/windows_name.ts";
import type { ViewRule } from "./view_rules.ts";
import type { MatcherOf, TrackMatcher } from "./views.ts";

/** One view at work. */
export class View {
  readonly rule: ViewRule;
  /** The name of its directory. */
  readonly directory: string;
  readonly #template: Template;
  /** Undefined when every track matches. */
  readonly #matches: TrackMatcher | undefined;

  constructor(db: DatabaseSync, rule: ViewRule, names: NamesFor, matcherOf: MatcherOf) {
    const { name, match, template } = rule;
    this.rule = rule;
    this.directory = viewDirectory(name, names);
    this.#template = new Template(template, names);
    this.#matches = match.trim() === "" ? undefined : matcherOf(db, match);
  }

  /** The place of a track; undefined when it is not in the view. */
  place(state: FileState, details: () => FileDetails): Place | undefined {
    if (this.#matches?.(state, details()) === false) return undefined;
    const { directory, name } = this.#template.place({
      ...{ names: state.names, format: state.format!, tags: state.trackTags, details },
    });
    return {
      directory: directory === "" ? this.directory : `${this.directory}/${directory}`,
      name,
    };
  }
}

/** The directory of a view; "" when the name can't be one. */
function viewDirectory(name: string, names: NamesFor): string {
  const safe = safeDirectoryName(name.replaceAll("/", "_"));
  return names === "windows" ? windowsName(safe) : safe;
}
