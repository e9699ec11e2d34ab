import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { Query } from "../core/query.ts";

/** What the views are, as an event has it. */
export type ViewRules = Extract<StoredEvent, { type: "ViewsChanged" }>["data"];
export type ViewRule = ViewRules["views"][number];

export function initViewRules(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE view_rules (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      views TEXT NOT NULL,  -- JSON, as in the event
      names TEXT NOT NULL,
      fold_case INTEGER NOT NULL
    );
    INSERT INTO view_rules VALUES (1, '[]', 'linux', 0);
  `);
}

/** What the views are now. */
export function viewRulesIn(db: DatabaseSync): ViewRules {
  const [views, names, fold] = new Query(db, "SELECT views, names, fold_case FROM view_rules")
    .get() as [string, NamesFor, number];
  return { views: JSON.parse(views) as ViewRule[], names, fold_case: fold !== 0 };
}

export function putViewRules(db: DatabaseSync, { views, names, fold_case }: ViewRules): void {
  db.prepare("UPDATE view_rules SET views = ?, names = ?, fold_case = ?")
    .run(JSON.stringify(views), names, fold_case ? 1 : 0);
}

/** Whether these rules place any track in another way than the others. */
export function isOtherRules(one: ViewRules, other: ViewRules): boolean {
  if (one.views.length === 0 && other.views.length === 0) return false;
  return !isSameNaming(one, other) || one.views.length !== other.views.length ||
    one.views.some((view, i) => !isSameView(view, other.views[i]!));
}

export function isSameNaming(one: ViewRules, other: ViewRules): boolean {
  return one.names === other.names && one.fold_case === other.fold_case;
}

export function isSameView(one: ViewRule, other: ViewRule): boolean {
  return one.name === other.name && one.match === other.match && one.template === other.template;
}
