import type { CacheWork } from "../control/protocol.ts";

/** How often it is told how far something is, at most; ms. */
const TELL_MS = 100;

/** What the cache does because a person asked for it, and how far it is. */
export class CacheWorks {
  readonly #tell: (work: CacheWork | null) => void;
  readonly #running = new Set<CacheWork>();
  #toldAt = -Infinity;

  /** `tell` hears of the one that began first, and null when none is left. */
  constructor(tell: (work: CacheWork | null) => void) {
    this.#tell = tell;
  }

  /** Does it; `at` is to be called with the bytes that are done. */
  async follow<T>(
    what: CacheWork["what"],
    totalBytes: number,
    work: (at: (doneBytes: number) => void) => Promise<T>,
  ): Promise<T> {
    const entry: CacheWork = { what, done_bytes: 0, total_bytes: totalBytes };
    this.#running.add(entry);
    this.#tellNow();
    try {
      return await work((doneBytes) => {
        entry.done_bytes = doneBytes;
        if (performance.now() - this.#toldAt >= TELL_MS) this.#tellNow();
      });
    } finally {
      this.#running.delete(entry);
      this.#tellNow();
    }
  }

  #tellNow(): void {
    const [first] = this.#running;
    this.#toldAt = performance.now();
    this.#tell(first === undefined ? null : { ...first });
  }
}
