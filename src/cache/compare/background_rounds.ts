import { type Logger, messageOf } from "../../base/mod.ts";

export interface BackgroundRoundsParts {
  /** Does all that can be done now. */
  readonly round: () => Promise<void>;
  /** What could not be done when a round fails: `compare copies`. */
  readonly purpose: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Rounds of work that nobody waits for: one at a time, and one more when it was asked for meanwhile. */
export class BackgroundRounds {
  readonly #parts: BackgroundRoundsParts;
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(parts: BackgroundRoundsParts) {
    this.#parts = parts;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when no round is under way; begins none. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Asks for a round; resolves when it, and what was asked for meanwhile, is over. Never rejects. */
  ask(): Promise<void> {
    this.#isWanted = true;
    return this.#running ??= this.#goOn().finally(() => this.#running = undefined);
  }

  async #goOn(): Promise<void> {
    const { round, purpose, logger, signal } = this.#parts;
    while (this.#isWanted && !signal.aborted) {
      this.#isWanted = false;
      try {
        await round();
      } catch (error) {
        if (!signal.aborted) logger.error(`Cannot ${purpose}: ${messageOf(error)}`);
      }
    }
  }
}
