import type { TreeChange } from "../../../projections/tree/tree_types.ts";
import type { ChangeSource } from "./provider.ts";

/** Changes that nobody has read; with more of them everything counts as changed. */
const CHANGES_MAX = 1_000;

/** The changes of a provider that has no table of them. There is one reader, which does not ask twice. */
export class PendingChanges implements ChangeSource {
  readonly #onAdded: () => void;
  #unread: TreeChange[] = [];
  #last = 0;

  constructor(onAdded: () => void) {
    this.#onAdded = onAdded;
  }

  add(change: Omit<TreeChange, "change">): void {
    this.#unread.push({ ...change, change: ++this.#last });
    if (this.#unread.length > CHANGES_MAX) this.#unread = [];
    this.#onAdded();
  }

  lastChange(): number {
    return this.#last;
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    if (change < this.#last - this.#unread.length) return undefined;
    this.#unread = this.#unread.filter((each) => each.change > change);
    return this.#unread.slice(0, limit);
  }
}
