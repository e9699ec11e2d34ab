/** The nodes that were added last, at most so many; the one added first is dropped first. */
export class RecentNodes {
  readonly #nodes = new Set<number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(node: number): boolean {
    return this.#nodes.has(node);
  }

  add(node: number): void {
    this.#nodes.add(node);
    if (this.#nodes.size <= this.#most) return;
    for (const oldest of this.#nodes) {
      this.#nodes.delete(oldest);
      break;
    }
  }
}
