import { abortableSleep } from "../base/mod.ts";

/** The wait before directories are scanned again after a failure, in ms: the first one, and the longest. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

export interface InsistenceParts {
  /** Looks at directories of an origin; resolves once the log has what was found there. */
  readonly observe: (origin: string, directories: readonly string[]) => Promise<void>;
  /** Aborted when no more attempts are to be made. */
  readonly signal: AbortSignal;
}

/** Has directories scanned in which the log is wrong, again and again until the log is right. */
export class Insistence {
  readonly #parts: InsistenceParts;
  /** Directories in which the log is wrong, by origin and path. */
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
      await abortableSleep(wait, signal);
    }
    this.#open.delete(key);
  }
}
