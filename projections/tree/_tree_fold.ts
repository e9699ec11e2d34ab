import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import { nodeSince } from "../../src/base/mod.ts";
import { FileDetailsStore } from "../catalog/file_details.ts";
import type { FileState } from "../catalog/file_state.ts";
import { FileStore } from "../catalog/file_store.ts";
import type { Changes, Fold, FoldContext, Transitions } from "../core/projection.ts";
import { type Place, Template } from "../naming/path_naming.ts";
import { addRoot } from "./_directories.ts";
import { FormerTimes } from "./_former_times.ts";
import { inSteps } from "./_in_steps.ts";
import { TrackTree } from "./_track_tree.ts";
import { LIBRARY_TABLES } from "./_tree_tables.ts";
import { folds, isOther, parsed, templateIn, type TreeTemplate } from "./_tree_template.ts";

/** How events change the tree. */
export class TreeFold implements Fold {
  readonly #db: DatabaseSync;
  readonly #store: FileStore;
  readonly #details: FileDetailsStore;
  readonly #tree: TrackTree;
  #template: Template;

  constructor(db: DatabaseSync, context: FoldContext) {
    const rules = templateIn(db);
    this.#db = db;
    this.#store = new FileStore(db);
    this.#details = new FileDetailsStore(db);
    this.#template = new Template(rules.template, rules.names);
    this.#tree = new TrackTree(db, LIBRARY_TABLES, rules, context);
  }

  apply(
    event: StoredEvent,
    _files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown> {
    if (event.type !== "TemplateChanged" && tracks.length === 0) return;
    this.#tree.begin(event);
    if (event.type === "TemplateChanged") return this.#replace(event);
    for (const transition of tracks) {
      const { before, after } = transition;
      this.#tree.move(transition, before && this.#place(before), after && this.#place(after));
    }
    this.#tree.settle();
  }

  flush(): void {
    this.#tree.flush();
  }

  #place(state: FileState): Place {
    return this.#template.place({
      ...{ names: state.names, format: state.format!, tags: state.trackTags },
      details: () => state.details ?? this.#details.get(state.file),
    });
  }

  /** Places every track anew, in the order of the primaries' numbers, in steps. */
  *#replace({ data, seq }: { data: TreeTemplate; seq: StoredEvent["seq"] }): Generator<void> {
    const template = parsed(data);
    if (template === undefined) return;
    const tree = this.#tree;
    const { names = "linux", fold_case = false } = data;
    const isSame = !isOther(data, templateIn(this.#db));
    this.#db.prepare("UPDATE tree_state SET template = ?, names = ?, fold_case = ?")
      .run(template.text, names, fold_case ? 1 : 0);
    if (isSame) return;
    this.#template = template;
    tree.flush();
    tree.follow({ names, fold_case });
    const { root } = tree.directories;
    if (root.entries === 0) return;
    const { mtime_s, mtime_ns, born } = root;
    const former = new FormerTimes();
    yield* former.read(this.#db, folds(names, fold_case));
    this.#db.exec("DELETE FROM nodes");
    tree.forget();
    addRoot(this.#db, LIBRARY_TABLES, mtime_s, mtime_ns, nodeSince(seq), born);
    tree.raise(tree.directories.root);
    const place = (primary: FileState) => tree.place(primary, this.#place(primary));
    for (const _ of inSteps(this.#store.primaries(), place)) {
      tree.settle();
      tree.flush();
      yield;
    }
    tree.settle();
    for (const _ of inSteps(former, ([path, time]) => tree.raiseFormer(path, time))) {
      tree.flush();
      yield;
    }
    // Those who follow make rows from these.
    tree.flush();
    tree.feed.recordEverything();
  }
}
