import type { FileState } from "./file_state.ts";

/** The priority of each origin that the log has named. A lower number is better. */
export class Priorities {
  readonly #byOrigin: Map<string, number>;

  constructor(entries: Iterable<readonly [origin: string, priority: number]>) {
    this.#byOrigin = new Map(entries);
  }

  get size(): number {
    return this.#byOrigin.size;
  }

  has(origin: string): boolean {
    return this.#byOrigin.has(origin);
  }

  set(origin: string, priority: number): void {
    this.#byOrigin.set(origin, priority);
  }

  origins(): Iterable<string> {
    return this.#byOrigin.keys();
  }

  /** The origins from the best to the worst, as one text. */
  ranking(): string {
    return [...this.#byOrigin].sort(([one, first], [other, second]) =>
      first - second || (one < other ? -1 : 1)
    ).map(([origin]) => origin).join("\0");
  }

  /** The copies of a track, from the best to the worst; the first is the primary. */
  sorted(copies: Iterable<FileState>): FileState[] {
    return [...copies].sort((one, other) =>
      this.#of(one) - this.#of(other) ||
      (one.origin < other.origin ? -1 : one.origin > other.origin ? 1 : one.file - other.file)
    );
  }

  #of({ origin }: FileState): number {
    return this.#byOrigin.get(origin) ?? 0;
  }
}
