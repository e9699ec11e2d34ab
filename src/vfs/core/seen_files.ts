import type { Node } from "../../../projections/tree/tree_types.ts";
import type { NodeId } from "../../base/mod.ts";

/** Places: the files of a few hundred albums, in 128 KiB. Two that fall on one place take turns. */
const PLACES = 16_384;

/**
 * The files of the tree that were named last, as it is since its newest change: an open of one of them can be answered
 * without asking the tree whether it is there.
 */
export class SeenFiles {
  /** Numbers, negative those of large files; 0 where there is none. */
  readonly #nodes = new Float64Array(PLACES);
  readonly #largeBytes: number;
  #change: number | undefined;

  /** Files of `largeBytes` and more are large. */
  constructor(largeBytes: number) {
    this.#largeBytes = largeBytes;
  }

  /** The tree names the node since its change `change`, or longer. */
  add({ id, kind, size }: Node, change: number): void {
    if (kind !== "track") return;
    if (change !== this.#change) {
      this.#nodes.fill(0);
      this.#change = change;
    }
    this.#nodes[id & (PLACES - 1)] = size < this.#largeBytes ? id : -id;
  }

  /** Whether the node was named, as the tree is with `change` as its newest; `small`: and is not large. */
  has(id: NodeId, change: number, small: boolean): boolean {
    if (change !== this.#change) return false;
    const seen = this.#nodes[id & (PLACES - 1)];
    return seen === id || (!small && seen === -id);
  }
}
