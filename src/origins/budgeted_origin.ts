import { formatBytes } from "../base/mod.ts";
import { WrappedOrigin } from "./_wrapped_origin.ts";
import type { Egress } from "./egress.ts";
import type { Origin, ReadOptions } from "./origin.ts";
import { OriginBudgetUsedUp } from "./unreachable.ts";

/**
 * An origin of which only so many bytes are read a day. When they are used up, reads fail at once, and those under way
 * with their next piece; looking at what is there goes on.
 */
export class BudgetedOrigin extends WrappedOrigin {
  readonly #egress: Egress;
  readonly #dailyBytes: number;

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
    let missing = length;
    this.#check(path);
    for await (const piece of this.inner.read(path, offset, length, options)) {
      yield piece;
      missing -= piece.length;
      if (missing > 0) this.#check(path);
    }
  }

  #check(path: string): void {
    if (this.#egress.today < this.#dailyBytes) return;
    const budget = formatBytes(this.#dailyBytes);
    throw new OriginBudgetUsedUp(
      `Cannot read ${path} of ${this.id}: its daily budget of ${budget} is used up until 00:00 UTC`,
    );
  }
}
