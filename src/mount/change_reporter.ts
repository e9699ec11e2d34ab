import type { FileLocation } from "../../projections/tree/tree_types.ts";
import { type Exclusions, type Logger, messageOf } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { UnreportedChanges } from "./unreported_changes.ts";

export interface ChangeReporterOptions {
  readonly origins: readonly OriginSettings[];
  readonly exclusions: Exclusions;
  readonly logger: Logger;
  /** Sends a request to the engine. */
  readonly ask: (method: string, params: unknown) => Promise<unknown>;
}

/**
 * Tells the engine where it has to look: at directories in which a watch saw a change, and at directories of files
 * that were not what the tree says when they were opened. A change is kept here until the engine has it in the log.
 */
export class ChangeReporter {
  readonly #options: ChangeReporterOptions;
  readonly #ending = new AbortController();
  readonly #unreported: UnreportedChanges;

  constructor(options: ChangeReporterOptions) {
    this.#options = options;
    this.#unreported = new UnreportedChanges({
      logger: options.logger,
      signal: this.#ending.signal,
      look: (origin, directories) => this.#look(origin, directories),
    });
  }

  /** Watches every local origin from now on. What watches is loaded here: no mount has to wait for it. */
  async watch(): Promise<void> {
    const { logger, exclusions } = this.#options;
    const { watchOrigin } = await import(
      import.meta.resolve("../watch/mod.ts")
    ) as typeof import("../watch/mod.ts");
    if (this.#ending.signal.aborted) return;
    for (const { id, type, root, followLinks = false } of this.#options.origins) {
      if (type !== "local") continue;
      const watch = watchOrigin({
        root,
        followLinks,
        exclusions,
        signal: this.#ending.signal,
        onChanged: (directories) => this.#observe(id, directories),
        onOverflow: () => this.all([id]),
        onProblem: (message) => logger.warn(`${id}: ${message}`),
      });
      watch.done.catch((error) => logger.error(`${id}: Cannot watch: ${messageOf(error)}`));
    }
  }

  /** To be called when the file at a location turned out to be of another version, or gone. */
  drifted({ origin, path }: FileLocation): void {
    this.#observe(origin, [path.slice(0, Math.max(0, path.lastIndexOf("/")))]);
  }

  /** Has the engine look at everything on these origins. */
  all(origins: readonly string[]): void {
    for (const id of origins) this.#unreported.add(id, "all");
  }

  close(): void {
    this.#ending.abort();
  }

  #observe(origin: string, directories: readonly string[]): void {
    this.#unreported.add(origin, directories);
  }

  #look(origin: string, directories: readonly string[] | "all"): Promise<unknown> {
    const { ask } = this.#options;
    return directories === "all"
      ? ask("origin.rescan", { ids: [origin], full: false, wait: true })
      : ask("engine.observe", { origin, directories });
  }
}
