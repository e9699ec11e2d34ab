import { LibraryUnusable } from "../../projections/mod.ts";
import { type Logger, messageOf } from "../base/mod.ts";

/** How often a library that could not be written is tried again, in ms. */
const RETRY_MS = 2_000;

export interface ProjectionLagParts {
  /** Brings the projections level with the log. It goes through {@link ProjectionLag.watch} itself. */
  readonly follow: () => Promise<void>;
  readonly logger: Logger;
  readonly retryMs?: number;
}

/**
 * Notices when the disk under the projections fails. It logs that once, tries again until the disk works, and logs
 * that. The log and readers of the library go on meanwhile.
 */
export class ProjectionLag {
  readonly #parts: ProjectionLagParts;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(parts: ProjectionLagParts) {
    this.#parts = parts;
  }

  /** Whether the log has events that the projections lack. */
  get isBehind(): boolean {
    return this.#timer !== undefined;
  }

  /** Runs work that brings the projections level; throws what the work throws. */
  async watch<T>(catchUp: () => Promise<T>): Promise<T> {
    try {
      const result = await catchUp();
      this.#isLevel();
      return result;
    } catch (error) {
      if (error instanceof LibraryUnusable) this.#fellBehind(error);
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #fellBehind(error: LibraryUnusable): void {
    if (this.isBehind) return;
    const { logger, follow, retryMs = RETRY_MS } = this.#parts;
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    logger.error(`${messageOf(error)}; what changes is noted and shown later${hint}`);
    this.#timer = setInterval(() => void follow().catch(() => {}), retryMs);
  }

  #isLevel(): void {
    if (!this.isBehind) return;
    this.close();
    this.#parts.logger.info("the library can be written again, and is level with the log");
  }
}
