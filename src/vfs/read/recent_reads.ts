import { type NodeId, setNewest } from "../../base/mod.ts";

/** The nodes that were read last, up to a maximum, with the bytes read of each. The oldest is dropped first. */
export class RecentReads {
  readonly #bytes = new Map<NodeId, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(node: NodeId): boolean {
    return this.#bytes.has(node);
  }

  /** The bytes of the node's present content that were read through closed handles. */
  bytes(node: NodeId): number {
    return this.#bytes.get(node) ?? 0;
  }

  add(node: NodeId, bytes: number): void {
    setNewest(this.#bytes, node, this.bytes(node) + bytes, this.#most);
  }

  /** To be called when the node's content has changed: nothing of the new content was read. */
  contentChanged(node: NodeId): void {
    if (this.#bytes.has(node)) this.#bytes.set(node, 0);
  }
}
