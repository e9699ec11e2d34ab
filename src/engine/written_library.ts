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
  /** Where the projections are. */
  readonly directory: string;
  /** Rows up to this event are committed. */
  readonly onProjected: (lastSeq: Seq) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The log and the projections behind it, as the engine writes them: what is appended is folded in at once. */
export class WrittenLibrary {
  readonly #parts: WrittenLibraryParts;
  readonly #lag: ProjectionLag;

  constructor(parts: WrittenLibraryParts) {
    this.#parts = parts;
    this.#lag = new ProjectionLag({ logger: parts.logger, follow: () => this.follow() });
  }

  /** The projections lack events of the log, or something new is being filled. */
  get busy(): boolean {
    return this.#lag.isBehind || this.#parts.projector.isFilling;
  }

  /** Resolves when the events are durable, and folded in unless the disk under the projections fails. */
  async append(events: readonly MusicEvent[]): Promise<void> {
    await this.#parts.log.append(events);
    try {
      await this.follow();
    } catch (error) {
      // What happened stands in the log: the tree follows when the disk does.
      if (!(error instanceof LibraryUnusable)) throw error;
    }
  }

  /** The same for what is of use only when it is folded in. Throws LibraryUnusable before anything is appended. */
  async appendContent(events: readonly MusicEvent[]): Promise<void> {
    if (this.#lag.isBehind) await this.follow();
    await this.append(events);
  }

  /** Brings the projections level with the log, and tells. Throws LibraryUnusable, and tries again by itself then. */
  async follow(): Promise<void> {
    const { projector, onProjected } = this.#parts;
    onProjected(await this.#lag.watch(() => projector.catchUp()));
  }

  /** Builds the projections anew from the log, while the old ones serve. */
  async replay(): Promise<ReplayResult> {
    const { projector, cache } = this.#parts;
    const { events, files, duration_ms } = await projector.rebuild();
    await projector.catchUp();
    await cache.replay();
    return { events, files, duration_ms };
  }

  /** Reads all of the library, and builds it again when it is damaged. */
  async check(): Promise<void> {
    const { projector, cache } = this.#parts;
    if (!await projector.check()) await projector.catchUp();
    await cache.check();
  }

  /** Compares what is served with what the log says. */
  async verify(): Promise<VerifyResult> {
    const { directory, log, signal, cache } = this.#parts;
    return withCache(await verifyLibrary({ directory, log, signal }), await cache.difference());
  }

  /** Tries no more to write what could not be written. */
  rest(): void {
    this.#lag.close();
  }

  async close(): Promise<void> {
    await this.#parts.projector.close();
    await this.#parts.log.close();
  }
}

/** What was found of both logs, as one: the first difference, and the position in the library log. */
export function withCache(library: VerifyResult, difference: string | null): VerifyResult {
  if (!library.identical || difference === null) return library;
  return { ...library, identical: false, difference: `in the cache: ${difference}` };
}
