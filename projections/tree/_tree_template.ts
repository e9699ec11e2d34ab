import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { Query } from "../core/query.ts";
import { Template } from "../naming/path_naming.ts";

/** What places tracks, as an event has it. */
export type TreeTemplate = Extract<StoredEvent, { type: "TemplateChanged" }>["data"];

/** The template by which the tracks are placed now. */
export function templateIn(db: DatabaseSync): Required<TreeTemplate> {
  const [template, names, fold] = new Query(db, "SELECT template, names, fold_case FROM tree_state")
    .get() as [string, NamesFor, number];
  return { template, names, fold_case: fold !== 0 };
}

/** A template that this program can't read changes nothing: what is in the log has to fold. */
export function parsed({ template, names }: TreeTemplate): Template | undefined {
  try {
    return new Template(template, names ?? "linux");
  } catch {
    return undefined;
  }
}

/** Whether another template, which can be read, places tracks otherwise. */
export function isOther(
  data: TreeTemplate,
  { template, names, fold_case }: Required<TreeTemplate>,
): boolean {
  const { names: others = "linux", fold_case: fold = false } = data;
  const text = parsed(data)?.text;
  return text !== undefined &&
    (text !== template || others !== names || folds(others, fold) !== folds(names, fold_case));
}

/** Whether directories that differ by case alone are one: a client of Windows could not tell them apart. */
export function folds(names: NamesFor, foldCase: boolean): boolean {
  return foldCase || names === "windows";
}
