import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { Query } from "../core/query.ts";
import { Template } from "../naming/path_naming.ts";

/** The settings that place tracks, as an event has them. */
export type TreeTemplate = Extract<StoredEvent, { type: "TemplateChanged" }>["data"];

/** The settings by which the tracks are placed now. */
export function templateIn(db: DatabaseSync): Required<TreeTemplate> {
  const [template, names, fold] = new Query(db, "SELECT template, names, fold_case FROM tree_state")
    .get() as [string, NamesFor, number];
  return { template, names, fold_case: fold !== 0 };
}

/**
 * The parsed template; undefined when this program can't read it. Then the event changes nothing, since every event in
 * the log must fold.
 */
export function parsed({ template, names }: TreeTemplate): Template | undefined {
  try {
    return new Template(template, names ?? "linux");
  } catch {
    return undefined;
  }
}

/** Whether these settings can be read and place tracks in another way than the present ones. */
export function isOther(
  data: TreeTemplate,
  { template, names, fold_case }: Required<TreeTemplate>,
): boolean {
  const { names: others = "linux", fold_case: fold = false } = data;
  const text = parsed(data)?.text;
  return text !== undefined &&
    (text !== template || others !== names || folds(others, fold) !== folds(names, fold_case));
}

/** Whether directories that differ by case alone are one: a Windows client could not tell them apart. */
export function folds(names: NamesFor, foldCase: boolean): boolean {
  return foldCase || names === "windows";
}
