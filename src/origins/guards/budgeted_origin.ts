import { formatBytes } from "../../base/mod.ts";
import { WrappedOrigin } from "./wrapped_origin.ts";
import type { Egress } from "./egress.ts";
import type { Origin, ReadOptions } from "../origin.ts";
import { OriginBudgetUsedUp } from "../unreachable.ts";

/**
 * An origin of which at most so many bytes a day are read. No read requests more than is left, since every byte that
 * an origin sends counts, whether or not it is used. When the budget is used up, new reads fail at once and those
 * under way after their share; listings and stats go on.
 */
export class BudgetedOrigin extends WrappedOrigin {
  readonly #egress: Egress;
  readonly #dailyBytes: number;
  /** Bytes that were requested and have not arrived yet. */
  #expected = 0;

  constructor(inner: Origin, egress: Egress, dailyBytes: number) {
    super(inner);
    this.#egress = egress;
    this.#dailyBytes = dailyBytes;
  }

  override async *read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const to = offset + length;
    for (let at = offset; at < to;) {
      const asked = Math.min(to - at, this.#left(path));
      let missing = asked;
      this.#expected += asked;
      try {
        for await (const piece of this.inner.read(path, at, asked, options)) {
          at += piece.length;
          missing -= piece.length;
          this.#expected -= piece.length;
          yield piece;
        }
      } finally {
        this.#expected -= missing;
      }
      // The file ends here.
      if (missing > 0) return;
    }
  }

  #left(path: string): number {
    const left = this.#dailyBytes - this.#egress.today - this.#expected;
    if (left > 0) return left;
    const budget = formatBytes(this.#dailyBytes);
    throw new OriginBudgetUsedUp(
      `Cannot read ${path} of ${this.id}: its daily budget of ${budget} is used up until 00:00 UTC`,
    );
  }
}
