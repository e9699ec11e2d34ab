/** How many answers are remembered: enough that a single slow one does not count, few enough to notice a change. */
const ANSWERS = 15;

/** How quickly an origin answers. */
export class Latency {
  readonly #newest: number[] = [];

  add(ms: number): void {
    this.#newest.push(ms);
    if (this.#newest.length > ANSWERS) this.#newest.shift();
  }

  /** The median of the newest answers in ms; null before the first. */
  get median(): number | null {
    const sorted = this.#newest.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }
}
