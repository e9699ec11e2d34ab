import type { CacheWork } from "../control/protocol.ts";

/** The shortest time between two reports of progress, in ms. */
const TELL_MS = 100;

/** The work that the cache does because a person asked for it, with its progress. */
export class CacheWorks {
  readonly #tell: (work: CacheWork | null) => void;
  readonly #running = new Set<CacheWork>();
  #toldAt = -Infinity;

  /** `tell` gets the work that began first, and null when there is none. */
  constructor(tell: (work: CacheWork | null) => void) {
    this.#tell = tell;
  }

  /** Runs `work`, which is to call `at` with the bytes that are done. */
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
