import type { CacheQueries } from "../../projections/mod.ts";
import { type FileId, type Logger, messageOf } from "../base/mod.ts";
import type { Fetcher } from "../cache/mod.ts";
import type { CacheWorks } from "./cache_works.ts";

/** Fetched in one go: a reader who needs the way meanwhile waits for no more than this. */
const PIECE_BYTES = 2 * 1024 * 1024;
/** After a round that left something, the next one is due so much later, ms. */
const RETRY_MS = 5 * 60_000;

export interface PinKeeperParts {
  readonly content: () => CacheQueries;
  readonly complete: Fetcher["complete"];
  /** Whether bytes can be had from the origin now. */
  readonly isAtHand: (origin: string) => boolean;
  readonly works: CacheWorks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/**
 * A pin is a state that is wanted: whatever of pinned tracks is not stored is fetched in the background, as often as
 * something may have taken it away or an origin that lacked may be back. Who reads goes first.
 */
export class PinKeeper {
  readonly #parts: PinKeeperParts;
  #round: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isAgain = false;
  /** When what the last round left is due again, ms since the epoch; null when it left nothing. */
  #dueAt: number | null = null;

  constructor(parts: PinKeeperParts) {
    this.#parts = parts;
  }

  /** Something is being fetched. */
  get busy(): boolean {
    return this.#isRunning;
  }

  get dueAt(): number | null {
    return this.#dueAt;
  }

  /** Looks whether something is missing, and fetches that. */
  wake(): void {
    this.#isAgain = true;
    if (this.#isRunning) return;
    this.#dueAt = null;
    if (this.#parts.content().missingOfPins().length === 0) return;
    this.#isRunning = true;
    this.#round = this.#rounds()
      .catch((error) => {
        if (!this.#parts.signal.aborted) this.#parts.logger.error(messageOf(error));
      })
      .finally(() => this.#isRunning = false);
  }

  /** Resolves when nothing is fetched any more. */
  idle(): Promise<void> {
    return this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false;
      const left = await this.#fetchMissing();
      this.#dueAt = left === 0 ? null : this.#parts.now() + RETRY_MS;
    }
  }

  /** Returns how many files it could not complete. */
  async #fetchMissing(): Promise<number> {
    const { content, works, signal } = this.#parts;
    const missing = content().missingOfPins();
    if (missing.length === 0) return 0;
    const total = missing.reduce((sum, { size, stored }) => sum + size - stored, 0);
    return await works.follow("pin", total, async (at) => {
      /** Origins that failed in this round. */
      const failed = new Set<string>();
      let left = 0;
      let done = 0;
      for (const { file, origin, size, stored } of missing) {
        signal.throwIfAborted();
        if (failed.has(origin) || !(await this.#fetch(file, origin, failed))) left++;
        else at(done += size - stored);
      }
      return left;
    });
  }

  async #fetch(file: FileId, origin: string, failed: Set<string>): Promise<boolean> {
    const { complete, isAtHand, logger, signal } = this.#parts;
    if (!isAtHand(origin)) return failed.add(origin), false;
    try {
      const { missing } = await complete(file, PIECE_BYTES, signal);
      return missing === 0;
    } catch (error) {
      signal.throwIfAborted();
      logger.debug(`Cannot fetch what is pinned of ${origin}: ${messageOf(error)}`);
      failed.add(origin);
      return false;
    }
  }
}
