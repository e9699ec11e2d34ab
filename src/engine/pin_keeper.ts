import type { CacheQueries } from "../../projections/mod.ts";
import { type FileId, type Logger, messageOf } from "../base/mod.ts";
import type { Fetcher } from "../cache/mod.ts";
import type { CacheWorks } from "./cache_works.ts";

/** Bytes that are fetched at a time: a reader that needs the connection meanwhile waits for no more than these. */
const PIECE_BYTES = 2 * 1024 * 1024;
/** After a round that left files incomplete, the next one is due this much later, in ms. */
const RETRY_MS = 5 * 60_000;

export interface PinKeeperParts {
  readonly content: () => CacheQueries;
  readonly complete: Fetcher["complete"];
  /** Whether the origin answers now. */
  readonly isAtHand: (origin: string) => boolean;
  readonly works: CacheWorks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/**
 * Keeps pinned tracks complete. It fetches their missing bytes in the background, whenever bytes may have been lost or
 * an origin may be back. Readers go first.
 */
export class PinKeeper {
  readonly #parts: PinKeeperParts;
  #round: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isAgain = false;
  /** When the files that the last round left are due again, in ms since the epoch; null when it left none. */
  #dueAt: number | null = null;

  constructor(parts: PinKeeperParts) {
    this.#parts = parts;
  }

  /** Whether pinned tracks are being fetched. */
  get busy(): boolean {
    return this.#isRunning;
  }

  get dueAt(): number | null {
    return this.#dueAt;
  }

  /** Fetches the missing bytes of pinned tracks, if there are any. */
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

  /** Resolves when no pinned tracks are being fetched. */
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

  /** Fetches all missing bytes; resolves with how many files could not be completed. */
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
