/** What could not be noted is tried again after this long, and at the most after the other. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

export interface InsistenceParts {
  /** Looks at directories of an origin; resolves when the log has what was found there. */
  readonly observe: (origin: string, directories: readonly string[]) => Promise<void>;
  /** Aborted when nothing is to be tried any more. */
  readonly signal: AbortSignal;
}

/** Has directories looked at that are other than the log says, again and again until the log has them right. */
export class Insistence {
  readonly #parts: InsistenceParts;
  /** Directories that the log does not have right, by origin and path. */
  readonly #open = new Set<string>();

  constructor(parts: InsistenceParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#open.size > 0;
  }

  async insist(origin: string, directory: string): Promise<void> {
    const key = `${origin}/${directory}`;
    if (this.#open.has(key)) return;
    this.#open.add(key);
    const { observe, signal } = this.#parts;
    for (let wait = AGAIN_MS; !signal.aborted; wait = Math.min(2 * wait, AGAIN_MS_MAX)) {
      const isNoted = await observe(origin, [directory]).then(() => true, () => false);
      if (isNoted) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
    this.#open.delete(key);
  }
}
