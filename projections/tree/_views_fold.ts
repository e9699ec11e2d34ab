import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { foldCase, type NodeId, nodeSince, VIEWS_ID } from "../../src/base/mod.ts";
import { FileDetailsStore } from "../catalog/file_details.ts";
import type { FileState } from "../catalog/file_state.ts";
import { FileStore } from "../catalog/file_store.ts";
import type { Changes, Fold, Transitions } from "../core/projection.ts";
import { Query } from "../core/query.ts";
import { addRoot } from "./_directories.ts";
import { inSteps } from "./_in_steps.ts";
import { TrackTree } from "./_track_tree.ts";
import { VIEW_TABLES } from "./_tree_tables.ts";
import { View } from "./_view.ts";
import {
  isOtherRules,
  isSameNaming,
  isSameView,
  putViewRules,
  type ViewRules,
  viewRulesIn,
} from "./view_rules.ts";
import { DIRECTORY } from "./node_kinds.ts";
import type { MatcherOf } from "./views.ts";

const ROWS_A_STEP = 256;

interface ViewsFoldOptions {
  readonly feed: boolean;
  readonly matcherOf: MatcherOf;
}

/** How events change the views. */
export class ViewsFold implements Fold {
  readonly #db: DatabaseSync;
  readonly #options: ViewsFoldOptions;
  #kept: Kept | undefined;

  constructor(db: DatabaseSync, options: ViewsFoldOptions) {
    this.#db = db;
    this.#options = options;
    if (viewRulesIn(db).views.length > 0) this.#kept = new Kept(db, options);
  }

  apply(
    event: StoredEvent,
    _files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown> {
    if (event.type === "ViewsChanged") {
      if (this.#kept === undefined && event.data.views.length === 0) return;
      return (this.#kept ??= new Kept(this.#db, this.#options)).replace(event);
    }
    if (tracks.length > 0) this.#kept?.follow(event, tracks);
  }

  flush(): void {
    this.#kept?.tree.flush();
  }
}

/** The views of a library that has some, or had some since the program began to fold. */
class Kept {
  readonly tree: TrackTree;
  readonly #db: DatabaseSync;
  readonly #matcherOf: MatcherOf;
  readonly #store: FileStore;
  readonly #details: FileDetailsStore;
  #views: readonly View[];

  constructor(db: DatabaseSync, { feed, matcherOf }: ViewsFoldOptions) {
    const rules = viewRulesIn(db);
    this.#db = db;
    this.#matcherOf = matcherOf;
    this.#store = new FileStore(db);
    this.#details = new FileDetailsStore(db);
    this.tree = new TrackTree(db, VIEW_TABLES, rules, { feed });
    // The rows may be of a program that could not read one of the views: they are made by the next event about views.
    const there = this.#directories();
    this.#views = this.#read(rules).filter(({ directory }) => there.includes(directory));
  }

  follow(event: StoredEvent, tracks: Changes["tracks"]): void {
    const { tree } = this;
    tree.begin(event);
    for (const transition of tracks) {
      const { before, after } = transition;
      const [detailsBefore, detailsAfter] = [this.#detailsOf(before), this.#detailsOf(after)];
      for (const view of this.#views) {
        const from = before && view.place(before, detailsBefore);
        const to = after && view.place(after, detailsAfter);
        if (from !== undefined || to !== undefined) tree.move(transition, from, to);
      }
    }
    tree.settle();
  }

  /** Makes the rows of views that are new, removes those of views that are gone, and keeps the others. */
  *replace(event: Extract<StoredEvent, { type: "ViewsChanged" }>): Generator<void> {
    const { data, seq } = event;
    const { tree } = this;
    const rules = viewRulesIn(this.#db);
    putViewRules(this.#db, data);
    if (!isOtherRules(data, rules)) return;
    tree.begin(event);
    tree.flush();
    const wanted = this.#read(data);
    const isSame = isSameNaming(data, rules);
    const stays = (one: View, others: readonly View[]) =>
      isSame && others.some((other) => isSameView(one.rule, other.rule));
    const staying = this.#views.filter((view) => stays(view, wanted));
    const there = this.#directories();
    for (const name of there) {
      if (!staying.some(({ directory }) => directory === name)) yield* this.#remove(name);
    }
    if (there.length === 0) addRoot(this.#db, VIEW_TABLES, 0, 0, nodeSince(seq), null);
    tree.follow(data);
    const added = wanted.filter((view) => !stays(view, staying));
    this.#views = wanted;
    for (const view of added) tree.keep(view.directory);
    tree.settle();
    tree.raise(tree.directories.root);
    tree.flush();
    if (added.length > 0) yield* this.#fill(added);
    if (wanted.length === 0) {
      this.#db.exec("DELETE FROM view_nodes");
      tree.directories.forget();
    }
    tree.feed.recordEverything();
  }

  *#fill(views: readonly View[]): Generator<void> {
    const { tree } = this;
    const place = (primary: FileState) => {
      const details = this.#detailsOf(primary);
      for (const view of views) {
        const place = view.place(primary, details);
        if (place === undefined) continue;
        tree.place(primary, place);
        tree.raise(tree.directories.byPath(place.directory)!);
      }
    };
    for (const _ of inSteps(this.#store.primaries(), place)) {
      tree.settle();
      tree.flush();
      yield;
    }
    tree.settle();
    tree.flush();
  }

  /** Removes the rows of a view, in steps. */
  *#remove(directory: string): Generator<void> {
    const { tree } = this;
    const first = new Query(
      this.#db,
      `SELECT name, id, kind FROM view_nodes WHERE parent = ? LIMIT ${ROWS_A_STEP}`,
    );
    const remove: StatementSync = this.#db.prepare(
      "DELETE FROM view_nodes WHERE parent = ? AND name = ?",
    );
    const removeSpellings = this.#db.prepare("DELETE FROM view_spellings WHERE directory = ?");
    const pending = [tree.directories.byPath(directory)!.id];
    for (let at; (at = pending.pop()) !== undefined;) {
      removeSpellings.run(at);
      for (let rows; (rows = first.all(at)).length > 0;) {
        for (const [name, id, kind] of rows as [string, NodeId, number][]) {
          remove.run(at, name);
          if (kind === DIRECTORY) pending.push(id);
        }
        yield;
      }
    }
    tree.directories.forget();
    tree.drop(tree.directories.byPath(directory)!);
    tree.settle();
    tree.flush();
  }

  /** The names of the directories of views. */
  #directories(): string[] {
    return new Query(this.#db, "SELECT name FROM view_nodes WHERE parent = ?").all(VIEWS_ID)
      .map(([name]) => name as string);
  }

  #detailsOf(state: FileState | undefined): () => NonNullable<FileState["details"]> {
    let known = state?.details;
    return () => known ??= this.#details.get(state!.file);
  }

  /** The views that can be read, each with a directory of its own. */
  #read({ views, names }: ViewRules): View[] {
    const read: View[] = [];
    const taken = new Set([""]);
    for (const rule of views) {
      try {
        const view = new View(this.#db, rule, names, this.#matcherOf);
        const key = foldCase(view.directory);
        if (!taken.has(key)) read.push(view);
        taken.add(key);
      } catch {
        // Every event in the log must fold.
      }
    }
    return read;
  }
}
