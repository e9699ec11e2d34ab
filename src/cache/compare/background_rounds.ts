import { type Logger, messageOf } from "../../base/mod.ts";

export interface BackgroundRoundsParts {
  /** Does all work that can be done now. */
  readonly round: () => Promise<void>;
  /** What a round does, for the message when one fails: `compare copies`. */
  readonly purpose: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Runs rounds of background work: one at a time, and another one when one was asked for meanwhile. */
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

  /** Resolves when no round is running; begins none. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Asks for a round. Resolves when it is over, and any round that was asked for meanwhile. Never rejects. */
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
