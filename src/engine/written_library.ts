import type { EventLog, MusicEvent } from "../../events/mod.ts";
import { type LibraryProjector, LibraryUnusable, verifyLibrary } from "../../projections/mod.ts";
import type { Logger, Seq } from "../base/mod.ts";
import type { ReplayResult, VerifyResult } from "../control/protocol.ts";
import type { WrittenCache } from "./written_cache.ts";
import { ProjectionLag } from "./projection_lag.ts";

export interface WrittenLibraryParts {
  readonly log: EventLog;
  readonly projector: LibraryProjector;
  readonly cache: WrittenCache;
  /** The directory of the projections. */
  readonly directory: string;
  /** Called when the rows up to this event are committed. */
  readonly onProjected: (lastSeq: Seq) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The log and the projections behind it, as the engine writes them: appended events are folded at once. */
export class WrittenLibrary {
  readonly #parts: WrittenLibraryParts;
  readonly #lag: ProjectionLag;

  constructor(parts: WrittenLibraryParts) {
    this.#parts = parts;
    this.#lag = new ProjectionLag({ logger: parts.logger, follow: () => this.follow() });
  }

  /** Whether the projections lack events of the log, or a new projection is being filled. */
  get busy(): boolean {
    return this.#lag.isBehind || this.#parts.projector.isFilling;
  }

  /** Resolves when the events are durable, and folded unless the disk under the projections fails. */
  async append(events: readonly MusicEvent[]): Promise<void> {
    await this.#parts.log.append(events);
    try {
      await this.follow();
    } catch (error) {
      // The log has the events: the tree shows them once the disk works again.
      if (!(error instanceof LibraryUnusable)) throw error;
    }
  }

  /**
   * Like `append`, for events that are only of use once they are folded. When earlier ones can't be folded, rejects
   * with LibraryUnusable and appends nothing.
   */
  async appendContent(events: readonly MusicEvent[]): Promise<void> {
    if (this.#lag.isBehind) await this.follow();
    await this.append(events);
  }

  /**
   * Brings the projections level with the log, and calls `onProjected`. Rejects with LibraryUnusable when the disk
   * fails, which is then retried until it works.
   */
  async follow(): Promise<void> {
    const { projector, onProjected } = this.#parts;
    onProjected(await this.#lag.watch(() => projector.catchUp()));
  }

  /** Builds new projections from the log, while the old ones serve. */
  async replay(): Promise<ReplayResult> {
    const { projector, cache } = this.#parts;
    const { events, files, duration_ms } = await projector.rebuild();
    await projector.catchUp();
    await cache.replay();
    return { events, files, duration_ms };
  }

  /** Reads all rows of the library, and builds them again when they are damaged. */
  async check(): Promise<void> {
    const { projector, cache } = this.#parts;
    if (!await projector.check()) await projector.catchUp();
    await cache.check();
  }

  /** Compares the served rows with the logs. */
  async verify(): Promise<VerifyResult> {
    const { directory, log, signal, cache } = this.#parts;
    return withCache(await verifyLibrary({ directory, log, signal }), await cache.difference());
  }

  /** Stops retrying to bring the projections level. */
  rest(): void {
    this.#lag.close();
  }

  async close(): Promise<void> {
    await this.#parts.projector.close();
    await this.#parts.log.close();
  }
}

/** Combines the results of both logs: the first difference, and the position in the library log. */
export function withCache(library: VerifyResult, difference: string | null): VerifyResult {
  if (!library.identical || difference === null) return library;
  return { ...library, identical: false, difference: `in the cache: ${difference}` };
}
